"""The page of a report: its answers beside earlier periods, what stands behind the figures, where it waits; its PDF."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.casework.reports.documents import report_data
from headwater.casework.reports.filings import Filing, as_submitted
from headwater.casework.reports.models import IN_REVIEW, Report
from headwater.casework.reports.services.answering import reopen_report
from headwater.casework.reports.services.filing import withdraw_report
from headwater.casework.reports.showing import reading
from headwater.casework.reports.views.parts import filing_for, report_for
from headwater.core.acts import Act, ReasonForm
from headwater.core.approvals import cases_of, waiting_for
from headwater.core.documents import render_pdf
from headwater.core.permission import may, page
from headwater.core.views.acts import confirm_act, given
from headwater.core.web import download


def readable(request: HttpRequest, pk: int) -> Filing:
    """Return a report for a reader: those who do not write it see what was submitted, not what is being mended."""
    filing = filing_for(request, pk, "reports.view")
    if filing.report.is_open and not may(request.user, "reports.write", filing.report):
        return as_submitted(filing)
    return filing


@page("reports.view")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    filing = readable(request, pk)
    row, user = filing.report, request.user
    case = cases_of(row).first()
    waits = case is not None and waiting_for(user).filter(pk=case.pk).exists()
    writes = may(user, "reports.write", row)
    context = reading(filing, judging=not writes)
    context |= {
        "state": Report.State(row.state),
        "steps": steps_of(row),
        "case": case,
        "waits": waits,
        "writes": writes,
        "first": filing.form.sections[0].code if filing.form.sections else "",
        "may_withdraw": writes and row.state in IN_REVIEW and case is not None and case.proposed_by_id == user.pk,
        "may_reopen": row.state == Report.State.ACCEPTED and may(user, "reports.reopen", row),
        "subject_url": filing.about.url(filing.record),
    }
    return render(request, "reports/report.html", context)


def steps_of(row: Report) -> list[dict[str, object]]:
    """Return the way of a report as a timeline."""
    case = cases_of(row).first()
    steps: list[dict[str, object]] = [{"label": _("开始填写"), "at": row.started_at}]
    if row.submitted_at:
        steps.append({"label": _("提交"), "at": row.submitted_at})
    if case is not None and row.state in {*IN_REVIEW, Report.State.ACCEPTED}:
        for step in case.steps.order_by("place"):
            answers = case.answers.counting().filter(step=step)  # type: ignore[attr-defined]
            last = answers.last()
            now = case.is_open and step.place == case.place
            steps.append({"label": step.role_label, "at": last.answered_at if last else None, "now": now, "due": step.due_at})
    if row.state == Report.State.RETURNED:
        steps.append({"label": _("退回"), "at": row.returned_at, "note": row.note})
    if row.accepted_at:
        steps.append({"label": _("审核通过"), "at": row.accepted_at})
    return steps


@page("reports.own", methods=("POST",))
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report back; what follows is read first."""
    row = report_for(request, pk, "reports.write")
    url = reverse("report", args=[pk])
    act = Act(
        title=_("撤回报告"),
        verb=_("撤回"),
        back=url,
        changes=[_("报告回到“填写中”，可以修改后再次提交；已有的审核意见作废")],
        undo=_("再次提交即可；审核从头开始。"),
    )
    return confirm_act(request, act, lambda: withdraw_report(report=row, actor=request.actor), _("已撤回，可以修改。"), then=url)


@page("reports.reopen")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an accepted report back to its writers, with a reason."""
    filing = filing_for(request, pk, "reports.reopen")
    url, form = reverse("report", args=[pk]), ReasonForm(given(request))
    act = Act(
        title=_("重新打开：%s") % filing.full_title,
        verb=_("重新打开"),
        back=url,
        changes=[_("报告回到“已退回”，由填报人修改后再次提交并审核"), _("在此之前，这份报告重新列入待报名单")],
        told=[_("填报人，连同理由")],
        undo=_("填报人原样再次提交，审核通过后恢复。"),
        form=form,
    )
    return confirm_act(
        request,
        act,
        lambda: reopen_report(report=filing.report, reason=form.cleaned_data["reason"], actor=request.actor),
        _("已重新打开，并已通知填报人。"),
        then=url,
    )


@page("reports.view", methods=("GET", "HEAD"))
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    filing = readable(request, pk)
    content = render_pdf("casework/reports/typst/report.typ", report_data(filing))
    return download(content, f"{filing.full_title.zh}.pdf", "application/pdf")
