"""The editor of an application: sections, autosave, members, submission."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.answers.judging import is_complete
from headwater.calls.answers.loading import answers_of
from headwater.calls.answers.reading import read_answer
from headwater.calls.answers.references import find_person
from headwater.calls.answers.state import Answers
from headwater.calls.facts import check_applications
from headwater.calls.forms import MemberForm
from headwater.calls.models import Application
from headwater.calls.rules import Outcome
from headwater.calls.schemes import Scheme, Section, scheme_of
from headwater.calls.services.applications import add_members, remove_member, save_application, submit_application
from headwater.calls.services.assigning import PLAIN
from headwater.calls.states import ResearchClass, State
from headwater.calls.views.applicant import shown
from headwater.calls.views.attachments import attach_form, attachment_context, draft, own_draft
from headwater.calls.views.questions import bind, live
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import page
from headwater.core.web import attempt
from headwater.registry.models import Discipline, Organisation, PriorityField


@page("calls.apply")
def edit(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """The editor: works without script by its save button; with script every change is saved as it is made."""
    row = draft(request, pk)
    if row.state != State.DRAFT:
        return redirect("application", pk=pk)
    scheme = scheme_of(row.call)
    if section not in {"info", "members", "attachments", "submit", *(s.code for s in scheme.sections)}:
        raise Http404
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        values, errors = read_values(request.POST, [n for n in request.POST if n != "csrfmiddlewaretoken"], scheme)
        row, refused = keep(row, values, request)
        errors |= refused
        if not errors:
            messages.success(request, _("已保存。"))
            anchor = f"#q-{request.POST['_row'].partition(':')[0]}" if request.POST.get("_row") else ""
            return redirect(reverse("application_edit", args=[pk, section]) + anchor)
        status = 422
    results = check_applications([row], row.call)[row.pk]
    answers, part = answers_of(row), scheme.section(section)
    return render(
        request,
        f"calls/edit_{section if section in {'info', 'members', 'attachments', 'submit'} else 'section'}.html",
        {
            **shown(row),
            "section_code": section,
            "section": part,
            "questions": bind(part.fields, answers, request.POST if errors else None, errors) if part else [],
            "results": sorted(results, key=lambda r: r.outcome != Outcome.FAILED),
            "tabs": tabs(row, answers),
            "errors": errors,
            "typed": request.POST if errors else None,
            "classes": ResearchClass.choices,
            "disciplines": Discipline.objects.filter(level=2),
            "fields_known": PriorityField.objects.all(),
            "member_form": MemberForm(initial={"member": request.GET.get("who", "")}),
            "candidates": find_person(request.GET["who"]) if request.GET.get("who") else [],
            **(attachment_context(row, request) if section == "attachments" else {}),
            "attach_form": attach_form(scheme, initial={"kind": request.GET.get("kind", "")}),
            "organisations": organisations(part),
            "codes": "discipline" in types_in(part),
            "blocking": [r for r in results if r.outcome == Outcome.FAILED and r.blocks],
        },
        status=status,
    )


SHOWN_AS = {"amount_fen": "amount_wan"}


def keep(row: Application, values: dict[str, Any], request: HttpRequest) -> tuple[Application, dict[str, str]]:
    """Save what can be saved: a value that is refused does not take the others with it. Returns the errors by field."""
    errors: dict[str, str] = {}
    for _attempt in range(2):
        try:
            return save_application(application=row, values=values, actor=request.actor), errors
        except Refused as refused:
            errors |= {SHOWN_AS.get(r.field, r.field) or "_": r.text for r in refused.reasons}
            values = {k: v for k, v in values.items() if k not in {r.field.partition(".")[0] for r in refused.reasons}}
    return row, errors


def organisations(section: Section | None) -> list[Organisation]:
    """Institutions to pick from, where a section asks for one."""
    return list(Organisation.objects.order_by("name_zh")) if "organisation" in types_in(section) else []


def types_in(section: Section | None) -> set[str]:
    return {g.type for f in section.fields for g in (f, *f.columns)} if section else set()


def tabs(row: Application, answers: Answers) -> list[tuple[str, str, str]]:
    """(code, title, completeness) of the editor's sections; a section without a question that is asked is left out."""
    asks = answers.scheme.asks
    basic = [row.title_zh, *([row.abstract_zh, row.keywords_zh] if "abstract" in asks else [])]
    basic += [row.discipline_id] if "discipline" in asks else []
    out = [("info", _("基本信息"), f"{sum(1 for b in basic if b)}/{len(basic)}")]
    for s, fields in answers.shown:
        own = [f for f in fields if not f.value]
        out.append((s.code, named(s, "title"), f"{sum(1 for f in own if is_complete(answers, f))}/{len(own)}" if own else ""))
    if answers.scheme.members_max:
        waiting = row.participants.filter(confirmed_at__isnull=True).count()
        out.append(("members", _("参与者"), f"{answers.members - waiting}/{answers.members}" if answers.members else ""))
    if answers.scheme.attachments:
        out.append(("attachments", _("附件"), str(sum(answers.attached.values()) or "")))
    out.append(("submit", _("核对并提交"), ""))
    return out


TEXTS = (*PLAIN, "discipline")


def read_values(post: Any, names: list[str], scheme: Scheme) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values of the named fields, and what could not be read, by control. A table is read whole."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    questions = {f.code: f for f in scheme.fields if not f.value and f.type != "file"}
    for code in dict.fromkeys(name.partition(".")[0] for name in names):
        text = post.get(code, "").replace("\r\n", "\n")
        if code in questions:
            value, bad = read_answer(questions[code], post)
            errors |= bad
            if not bad:
                values[code] = value
        elif code in TEXTS:
            values[code] = text
        elif code == "flags":
            values["flags"] = [v for v in post.getlist("flags") if v]
        elif code == "unsuitable":
            values["unsuitable"] = [x for x in text.replace("，", "\n").replace("、", "\n").splitlines() if x.strip()]
        elif code in READERS:
            field, read, expected = READERS[code]
            try:
                values[field] = read(text)
            except (ValueError, OverflowError):
                errors[code] = str(expected)
    return values, errors


def read_amount(text: str) -> int:
    """万元 as typed, in fen."""
    return round(float(text or 0) * 1_000_000)


def read_months(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise ValueError(text)
    return int(text)


def read_day(text: str) -> date:
    found = parse_date(text)
    if found is None:
        raise ValueError(text)
    return found


READERS: dict[str, tuple[str, Callable[[str], Any], Any]] = {
    "amount_wan": ("amount_fen", read_amount, gettext_lazy("请填写数字，单位万元")),
    "months": ("months", read_months, gettext_lazy("请填写整月数")),
    "starts_on": ("starts_on", read_day, gettext_lazy("应为 2026-07-01 这样的日期")),
}


@page("calls.apply", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the fields that changed; answers with the time, errors by field, and the rules as they now stand."""
    row = own_draft(request, pk)
    scheme = scheme_of(row.call)
    values, errors = read_values(request.POST, request.POST.getlist("_fields"), scheme)
    row, refused = keep(row, values, request)
    errors |= refused
    results = sorted(check_applications([row], row.call)[row.pk], key=lambda r: r.outcome != Outcome.FAILED)
    return JsonResponse(
        {
            "message": _("已自动保存 %s") % f"{timezone.localtime(clock.now()):%H:%M:%S}",
            "errors": errors,
            "revision": row.revision,
            "live": live(answers_of(row)),
            "rules": render_to_string("components/rules.html", {"results": results, "LANGUAGE_CODE": request.LANGUAGE_CODE}),
        }
    )


@page("calls.apply", methods=("POST",))
def member(request: HttpRequest, pk: int) -> HttpResponse:
    row = draft(request, pk)
    if request.POST.get("remove"):
        participant = get_object_or_404(row.participants.select_related("application__leader"), pk=request.POST["remove"])
        attempt(request, lambda: remove_member(participant=participant, actor=request.actor), success=_("已移除。"))
        return redirect("application_edit", pk=pk, section="members")
    form = MemberForm(request.POST)
    text = request.POST.get("member", "").strip()[:120]
    if not form.is_valid():
        messages.error(request, "；".join(e for es in form.errors.values() for e in es))
        return redirect(f"/applications/{pk}/edit/members/?{urlencode({'who': text})}")
    people = find_person(text)
    chosen = [p for p in people if str(p.pk) == request.POST.get("person")] or people
    if len(chosen) == 1 and attempt(
        request,
        lambda: add_members(application=row, members=[(chosen[0], form.cleaned_data["months"])], actor=request.actor),
        success=_("已加入；请对方登录确认，或把确认链接发给对方。"),
    ):
        return redirect("application_edit", pk=pk, section="members")
    if not chosen:
        messages.error(request, _("没有找到这个人；请其单位先在系统中登记"))
    return redirect(f"/applications/{pk}/edit/members/?{urlencode({'who': text})}")


@page("calls.apply", methods=("POST",))
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    row = own_draft(request, pk)
    if row.state == State.HOST_REVIEW:  # sent again because the first answer got lost: it is where it should be
        return redirect("application", pk=pk)
    if attempt(
        request,
        lambda: submit_application(application=row, actor=request.actor, agree=bool(request.POST.get("agree"))),
        success=_("已提交依托单位审核。"),
    ):
        return redirect("application", pk=pk)
    return redirect("application_edit", pk=pk, section="submit")
