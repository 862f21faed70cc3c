"""What holds of requests."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from headwater.casework.requests.models import Request
from headwater.casework.subjects import SUBJECTS
from headwater.core.invariants import invariant, worked_out

invariant(
    "requests_have_cases",
    _("审批中的申请有一项审批中的事项，办结的与其结果一致"),
    """SELECT 'request ' || r.id || ' is ' || r.state || ', its case ' || coalesce(c.state, 'is missing') FROM requests_request r
    LEFT JOIN LATERAL (SELECT state FROM core_approvalcase c WHERE c.subject_kind = 'requests.request' AND c.subject_id = r.id
        ORDER BY c.id DESC LIMIT 1) c ON true
    WHERE r.state <> 'draft' AND c.state IS DISTINCT FROM r.state
        AND NOT (c.state IS NULL AND (r.state = 'approved' OR (r.state = 'withdrawn' AND r.submitted_at IS NULL)))
        AND NOT (r.state = 'withdrawn' AND c.state = 'sent_back')""",
)


def lost_subjects() -> list[str]:
    """Return the requests whose record is gone, or of a kind that no app declares."""
    lines, rows = [], Request.objects.all()
    for kind in rows.order_by("subject_kind").values_list("subject_kind", flat=True).distinct():
        there: Any = SUBJECTS[kind].model._base_manager.values("pk") if kind in SUBJECTS else []
        some = rows.filter(subject_kind=kind).exclude(subject_id__in=there)
        lines += [f"request {pk} about {kind} {subject}" for pk, subject in some.values_list("pk", "subject_id")]
    return lines


worked_out("requests_have_records", _("每项申请所指的记录存在"), lost_subjects)


def early_starts() -> list[str]:
    """Return the requests that took effect before their day."""
    early = Request.objects.filter(applied_at__date__lt=F("effective_on")).order_by("pk")
    return [f"request {pk} took effect before {day}" for pk, day in early.values_list("pk", "effective_on")]


worked_out("requests_start_on_their_day", _("已批准的申请在生效日期当日或之后生效"), early_starts)
