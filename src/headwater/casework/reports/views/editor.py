"""The editor of a report: its sections, files, and the page on which it is read once more and submitted."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from headwater.casework.reports.checking import failed_checks, lacking, problems_in
from headwater.casework.reports.figures import known_of, weighed
from headwater.casework.reports.forms import AttachForm
from headwater.casework.reports.models import Report
from headwater.casework.reports.services.files import attach, detach
from headwater.casework.reports.services.filing import submit_report
from headwater.casework.reports.showing import hints_of
from headwater.casework.reports.views.parts import report_for, writing_for
from headwater.casework.reports.writing import FILES, SUBMIT, ReportWriting
from headwater.core.i18n import named
from headwater.core.models import StoredFile
from headwater.core.permission import page
from headwater.core.web import attempt, key_in
from headwater.forms import editing, version_pages
from headwater.forms.editing import keep_for_later


@page("reports.own", signed_out=keep_for_later)
def edit(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show one page of the editor. Without script its button saves; with script every change is saved as it is made."""
    writing = writing_for(request, pk)
    if writing.is_open and section not in writing.pages:
        raise Http404
    return editing.edit(request, writing, section, partial(editor_page, request, writing, section))


def editor_page(
    request: HttpRequest,
    writing: ReportWriting,
    section: str,
    *,
    errors: dict[str, str] | None = None,
    base: dict[str, Any] | None = None,
    status: int = 200,
    attach_form: AttachForm | None = None,
) -> HttpResponse:
    """Draw one page of the editor, with the typed words where something is wrong."""
    context = editing.section_context(request, writing, section, errors or {}, base or {})
    filing = writing.filing
    known = known_of(filing)
    context |= {
        "report": writing.report,
        "filing": filing,
        "tabs": tabs(writing),
        "asides": hints_of(filing, known),
        "back": filing.about.url(filing.record),
    }
    if request.GET.get("check"):
        for q in context["questions"]:
            if not q.hidden:
                q.problems = [*lacking(writing.answers, q.field), *q.problems]
    if section == FILES:
        context |= files_context(writing, attach_form)
    if section == SUBMIT:
        context |= submit_context(writing, weighed(writing.answers, known)[1])
    template = {FILES: "reports/edit_files.html", SUBMIT: "reports/edit_submit.html"}.get(section, "reports/editor.html")
    return render(request, template, context, status=status)


def tabs(writing: ReportWriting) -> list[tuple[str, str, str]]:
    entries = editing.section_tabs(writing.answers)
    if writing.form.attachments:
        entries.append((FILES, _("附件"), str(sum(writing.context.attached().values()) or "")))
    return [*entries, (SUBMIT, _("核对并提交"), "")]


def submit_context(writing: ReportWriting, self_reported: list[str]) -> dict[str, Any]:
    """Return every problem with the section in which it is mended, the rules that fail, and the figures that are only reported."""
    answers, problems = writing.answers, problems_in(writing.answers)
    gaps = [
        (s.code, named(s, "title"), [(f.code, named(f, "label"), problems[f.code]) for f in fields if f.code in problems])
        for s, fields in answers.asked_sections
    ]
    fields = {f.code: named(f, "label") for f in writing.form.fields}
    return {
        "gaps": [gap for gap in gaps if gap[2]],
        "failed": failed_checks(answers),
        "self_reported": [fields[code] for code in self_reported],
    }


def files_context(writing: ReportWriting, form: AttachForm | None) -> dict[str, Any]:
    labels = {a.kind: named(a, "label") for a in writing.form.attachments}
    rows = StoredFile.objects.filter(owner_type=Report._meta.label_lower, owner_id=writing.key).order_by("pk")
    return {
        "files": [(labels.get(f.kind, f.kind), f) for f in rows],
        "checking": any(f.state == StoredFile.State.CHECKING for f in rows),
        "attach_form": form or AttachForm(choices=list(labels.items())),
    }


@page("reports.own", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    refusal = editing.wrong_account(request)
    return refusal if refusal is not None else editing.autosave(request, writing_for(request, pk))


@page("reports.own", methods=("POST",))
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    return editing.presence(request, writing_for(request, pk))


@page("reports.own", methods=("POST",))
def drop_unsaved(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    return editing.drop_unsaved(request, writing_for(request, pk), section)


@page("reports.own", methods=("POST",))
def files(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach a file, or take one away."""
    writing = writing_for(request, pk)
    back = writing.address("edit", FILES)
    if request.POST.get("remove"):
        attempt(
            request,
            lambda: detach(report=writing.report, file=key_in(request.POST, "remove"), actor=request.actor),
            success=_("已删除。"),
        )
        return redirect(back)
    choices = [(a.kind, named(a, "label")) for a in writing.form.attachments]
    form = AttachForm(request.POST, request.FILES, choices=choices)

    def work() -> None:
        sent = form.cleaned_data["file"]
        kind = form.cleaned_data["kind"]
        attach(report=writing.report, kind=kind, name=sent.name, content=sent.read(), actor=request.actor)

    if form.is_valid() and attempt(request, work, form=form, success=_("已上传，系统正在检查。")):
        return redirect(back)
    return editor_page(request, writing, FILES, attach_form=form, status=422)


@page("reports.own", methods=("POST",))
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit a report; what keeps it from being submitted is said beside its question, on the page that lists it."""
    report = report_for(request, pk, "reports.write")
    if not report.is_open:  # sent again because the first answer got lost: it is where it should be
        return redirect("report", pk=pk)
    revision = request.POST.get("_revision", "")
    seen = int(revision) if revision.isdecimal() and len(revision) < 10 else -1
    done = attempt(
        request, lambda: submit_report(report=report, actor=request.actor, seen=seen), success=_("已提交，可在本页查看审核进展。")
    )
    return redirect("report", pk=pk) if done else redirect("report_edit", pk=pk, section=SUBMIT)


@page("reports.view")
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    return version_pages.versions(request, writing_for(request, pk, "reports.view"))


@page("reports.view")
def compare_versions(request: HttpRequest, pk: int) -> HttpResponse:
    return version_pages.compared(request, writing_for(request, pk, "reports.view"))


@page("reports.own", methods=("POST",))
def restore_version(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    return version_pages.restored(request, writing_for(request, pk), version)
