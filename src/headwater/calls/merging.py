"""The consequences for applications when one record of a person comes to stand for another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _

from headwater.calls.models import Application, Participant
from headwater.calls.states import UNSUBMITTED, State
from headwater.registry.merging import EFFECTS, Effect
from headwater.registry.models import Person, records_of
from headwater.schemes.shapes import UNLIMITED


@EFFECTS.under("calls")
def of_applications(person: Person, into: Person) -> Iterable[Effect]:
    """Yield the applications that count for one person from now on. Two live ones where the limits let one through must be
    settled first.
    """
    both = list(records_of([person.pk, into.pk]))
    rows = (
        Application.objects.filter(leader__in=both)
        .order_by("pk")
        .only("number", "title_zh", "title_en", "state", "limit_group", "limit_year", "leader")
    )
    live: dict[tuple[str, int], list[Application]] = defaultdict(list)
    for row in rows:
        if row.state not in UNSUBMITTED and row.limit_group != UNLIMITED:
            live[row.limit_group, row.limit_year].append(row)
    for (_group, year), applications in live.items():
        if len(applications) > 1:
            text = _("%d 年度两条记录各有一份有效申请，只能保留一份：请先撤回或不予受理其中一份") % year
            yield Effect(text, tuple(map(str, applications)), blocks=True)
    own = [str(row) for row in rows if row.leader_id == person.pk]
    if own:
        yield Effect(_("其申请计入现行记录的限项和查重"), tuple(own))
    drafts = [row for row in rows if row.state == State.DRAFT]
    if len({row.leader_id for row in drafts}) > 1:
        yield Effect(_("两条记录都有填写中的申请书，提交时按一个人限项"), tuple(map(str, drafts)))
    joined = Participant.objects.filter(person=person).select_related("application").order_by("pk")
    if joined:
        yield Effect(_("其参与的申请计入现行记录的限项"), tuple(str(p.application) for p in joined))
    same = Application.objects.filter(participants__person__in=both, leader__in=both).distinct()
    if same:
        yield Effect(_("在这些申请中既是申请人又是参与者"), tuple(map(str, same)))
