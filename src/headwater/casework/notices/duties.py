"""What notices wait for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from headwater.casework.notices.models import Notice, NoticeRow, Objection, ObjectionState
from headwater.casework.notices.permissions import answers_for
from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.core.i18n import named
from headwater.core.permission import may
from headwater.registry.models import own_records


@DUTIES.under("notices.officers")
def of_officers(account: Any) -> Iterator[Duty]:
    """Yield objections to answer or to settle, ends whose day is not certain, and lines whose effect failed."""
    if not answers_for(account, None):
        return
    running = Notice.objects.filter(closed_at__isnull=True).select_related("kind").order_by("ends_at", "pk")
    notices = [n for n in running if answers_for(account, n)]
    waits = Q(state=ObjectionState.OPEN) | Q(state=ObjectionState.PROPOSED) & ~Q(answered_by=account)
    rows = Objection.objects.filter(waits, row__notice__in=notices)
    unanswered = rows.exclude(row__people__overlap=own_records(account)).order_by()
    counts = dict(unanswered.values_list("row__notice").annotate(n=Count("pk")))
    failures = NoticeRow.objects.filter(notice__in=notices).exclude(failure="").order_by()
    failed = dict(failures.values_list("notice").annotate(n=Count("pk")))
    for notice in notices:
        url, title = f"/office/notices/cases/{notice.pk}/", named(notice, "title")
        if n := counts.get(notice.pk):
            yield Duty(_("答复异议：%s") % title, url, notice.ends_at, n)
        if n := failed.get(notice.pk):
            yield Duty(_("公示期满未能生效，请处理：%s") % title, url, None, n)
        if notice.without_calendar and clock.now() > notice.ends_at:
            yield Duty(_("核定公示期满日并办结：%s") % title, url, notice.ends_at)


@DUTIES.under("notices.concerned")
def of_concerned(account: Any) -> Iterator[Duty]:
    """Yield the objections to lines that concern one, while there is time for a reply."""
    mine = Q(row__people__overlap=own_records(account))
    mine |= Q(row__organisation__in=account.scopes("host_manager", "organisation"))
    rows = Objection.objects.filter(mine, state=ObjectionState.OPEN, replied_at__isnull=True, reply_by__gte=clock.now())
    for objection in rows.select_related("row").order_by("reply_by", "pk"):
        title = _("可就公示异议陈述：%s") % objection.row.title
        yield Duty(title, f"/notices/mine/{objection.row_id}/", objection.reply_by)


@DUTIES.under("notices.watch")
def of_integrity(account: Any) -> Iterator[Duty]:
    """Yield what an integrity officer follows: objections that are not settled."""
    if not may(account, "notices.watch"):
        return
    unsettled = Objection.objects.filter(state__in=[ObjectionState.OPEN, ObjectionState.PROPOSED])
    totals = unsettled.aggregate(n=Count("pk"), due=Min("row__notice__ends_at"))
    if totals["n"]:
        yield Duty(_("跟进批次之外的公示异议"), "/integrity/objections/cases/", totals["due"], totals["n"])
