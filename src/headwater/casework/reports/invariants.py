"""What must hold of reports whatever commands ran."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.casework.reports.models import Report
from headwater.casework.subjects import SUBJECTS
from headwater.core.invariants import invariant, worked_out
from headwater.forms.sheets import DIGEST


def without_record() -> list[str]:
    """Return the reports whose record is gone, or of a kind that nobody declares."""
    lines = []
    for kind in Report.objects.order_by("subject_kind").values_list("subject_kind", flat=True).distinct():
        rows: QuerySet[Report] = Report.objects.filter(subject_kind=kind)
        if kind in SUBJECTS:
            rows = rows.exclude(subject_id__in=SUBJECTS[kind].model._base_manager.values("pk"))
        lines += [f"report {r.pk} of {r.subject_kind} {r.subject_id}" for r in rows.order_by("pk")]
    return lines


worked_out("reports_have_records", _("定期报告所属的记录都在"), without_record)
invariant(
    "submitted_report_unchanged",
    _("已提交的定期报告，内容与最近一次提交或替换时的校验码一致"),
    f"""SELECT 'report ' || r.id FROM reports_report r
    LEFT JOIN forms_answersheet a ON a.subject_kind = 'report' AND a.subject_id = r.id
    LEFT JOIN LATERAL (SELECT v.digest FROM forms_version v WHERE v.subject_kind = 'report' AND v.subject_id = r.id AND v.digest <> ''
        ORDER BY v.id DESC LIMIT 1) v ON true
    WHERE r.state IN ('host', 'office', 'accepted') AND v.digest IS DISTINCT FROM {DIGEST} ORDER BY r.id""",  # noqa: S608
)
invariant(
    "report_follows_chain",
    _("审核中的定期报告有未办结的审批，其余的没有"),
    """SELECT 'report ' || r.id FROM reports_report r
    LEFT JOIN core_approvalcase c ON c.subject_kind = 'reports.report' AND c.subject_id = r.id AND c.state = 'open'
    WHERE (r.state IN ('host', 'office')) <> (c.id IS NOT NULL) ORDER BY r.id""",
)
invariant(
    "report_figures_kept",
    _("被替换的自报数据，原填数与系统记录都保留，且不再标为自报"),
    """SELECT 'report ' || r.id FROM reports_report r, jsonb_each(r.replaced) e
    WHERE NOT (e.value ? 'was' AND e.value ? 'now' AND e.value ? 'source') OR e.key = ANY(r.self_reported)""",
)
