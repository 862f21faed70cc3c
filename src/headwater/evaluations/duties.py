"""What evaluations wait for: grades to be drafted, approved, published; vetoes to be confirmed; consequences to be carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from headwater.calls.phases import not_yet
from headwater.core.duties import DUTIES, Duty
from headwater.core.i18n import named
from headwater.evaluations.models import Grade, GradeDraft, Round, Veto
from headwater.evaluations.services.grading import WAITING


@DUTIES.under("evaluations")
def of_rounds(account: Any) -> Iterator[Duty]:
    """Yield what waits in the open rounds that somebody may see (2 queries, and 1 for each draft)."""
    if not account.has_perm("evaluations.list"):
        return
    waiting = Count("call__applications", filter=Q(call__applications__state__in=WAITING), distinct=True)
    vetoes = Count("entrants__vetoes", filter=Q(entrants__vetoes__state=Veto.State.PROPOSED), distinct=True)
    rows = Round.objects.visible_to(account).filter(closed_at__isnull=True).select_related("call__scheme")
    drafts = {
        d.round_id: d
        for d in GradeDraft.objects.filter(round__in=rows, state__in=[GradeDraft.State.DRAFTED, GradeDraft.State.APPROVED])
    }
    published = set(
        Grade.objects.filter(entrant__round__in=rows, state=Grade.State.PUBLISHED)
        .values_list("entrant__round", flat=True)
        .distinct()
    )
    for round_ in rows.annotate(waiting=waiting, proposed=vetoes):
        yield from _of_round(account, round_, drafts.get(round_.pk), round_.pk in published)


def _of_round(account: Any, round_: Any, draft: GradeDraft | None, published: bool) -> Iterator[Duty]:
    url, title = f"/office/evaluations/{round_.pk}/", named(round_.call, "title")
    if round_.proposed and account.has_perm("evaluations.verify", round_):
        yield Duty(_("核定一票否决：%s") % title, url, None, round_.proposed)
    if draft is not None:
        draft.round = round_
        if draft.state == GradeDraft.State.DRAFTED and account.has_perm("evaluations.approve", draft):
            yield Duty(_("核准等次：%s") % title, f"{url}grades/approve/")
        elif draft.state == GradeDraft.State.APPROVED and account.has_perm("evaluations.publish", round_.call):
            yield Duty(_("公示等次：%s") % title, f"{url}grades/publish/")
    elif (
        not published
        and not round_.waiting
        and not_yet(round_.call) is None
        and account.has_perm("evaluations.draft", round_.call)
    ):
        yield Duty(_("拟定等次：%s") % title, url)
