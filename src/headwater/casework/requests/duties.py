"""What waits for who proposed a request, or approved one that could not take effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from headwater.casework.requests.models import Request
from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.core.models import ApprovalAnswer


@DUTIES.under("requests")
def of_requests(account: Any) -> Iterator[Duty]:
    mine = Request.objects.filter(proposed_by=account)
    writing = mine.filter(state__in=("draft", "sent_back")).order_by()
    found = dict(writing.values_list("state").annotate(n=Count("pk")))
    if "sent_back" in found:
        yield Duty(_("修改退回的申请"), "/requests/?part=mine&state=sent_back", None, found["sent_back"])
    if "draft" in found:
        yield Duty(_("提交填写中的申请"), "/requests/?part=mine&state=draft", None, found["draft"])
    approved = ApprovalAnswer.objects.counting().filter(account=account, case__subject_kind=Request._meta.label_lower)
    stuck = Request.objects.waiting_to_start().exclude(trouble="").filter(pk__in=approved.values("case__subject_id"))
    totals = stuck.aggregate(n=Count("pk"), since=Min("effective_on"))
    if totals["n"]:
        yield Duty(_("处理未能生效的申请"), "/requests/?start=trouble", clock.end_of_day(totals["since"]), totals["n"], late=True)
