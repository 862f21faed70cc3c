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
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.calls.facts import check_applications
from headwater.calls.forms import MemberForm
from headwater.calls.models import Application
from headwater.calls.rules import Outcome
from headwater.calls.schemes import Scheme, scheme_of
from headwater.calls.services.applications import add_members, remove_member, save_application, submit_application
from headwater.calls.states import ResearchClass, State
from headwater.calls.views.applicant import shown
from headwater.calls.views.attachments import attach_form, attachment_context, draft, own_draft
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.parameters import Parameters
from headwater.core.permission import page
from headwater.core.web import attempt
from headwater.registry.models import Discipline, Person, PriorityField


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
            return redirect("application_edit", pk=pk, section=request.POST.get("_next") or section)
        status = 422
    results = check_applications([row], row.call)[row.pk]
    return render(
        request,
        f"calls/edit_{section if section in {'info', 'members', 'attachments', 'submit'} else 'section'}.html",
        {
            **shown(row),
            "section_code": section,
            "section": scheme.section(section),
            "results": sorted(results, key=lambda r: r.outcome != Outcome.FAILED),
            "tabs": tabs(row, scheme),
            "errors": errors,
            "typed": request.POST if errors else None,
            "classes": ResearchClass.choices,
            "disciplines": Discipline.objects.filter(level=2),
            "fields_known": PriorityField.objects.all(),
            "member_form": MemberForm(initial={"member": request.GET.get("who", "")}),
            "candidates": find_person(request.GET["who"]) if request.GET.get("who") else [],
            "attach_form": attach_form(scheme),
            **(attachment_context(row, request) if section == "attachments" else {}),
            "blocking": [r for r in results if r.outcome == Outcome.FAILED and r.blocks],
            "amount_limit": Parameters(row.call.scheme.region, row.call.closes_at.date()).get("amount_fen", scheme.code),
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
            values = {k: v for k, v in values.items() if k not in {r.field for r in refused.reasons}}
    return row, errors


def tabs(row: Application, scheme: Scheme) -> list[tuple[str, str, str]]:
    """(code, title, completeness) of the editor's sections."""
    basic = [row.title_zh, row.abstract_zh, row.keywords_zh, row.discipline_id]
    out = [("info", _("基本信息"), f"{sum(1 for b in basic if b)}/{len(basic)}")]
    for s in scheme.sections:
        done = sum(1 for f in s.fields if max(1, f.min_chars) <= len(str(row.answers.get(f.code, "")).strip()) <= f.max_chars)
        out.append((s.code, named(s, "title"), f"{done}/{len(s.fields)}"))
    members = row.participants.count()
    waiting = row.participants.filter(confirmed_at__isnull=True).count()
    out.append(("members", _("参与者"), f"{members - waiting}/{members}" if members else ""))
    out.append(("attachments", _("附件"), str(row.attachments.count() or "")))
    out.append(("submit", _("核对并提交"), ""))
    return out


TEXTS = (
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "keywords_zh",
    "keywords_en",
    "research_class",
    "priority_field",
    "discipline",
)


def read_values(post: Any, names: list[str], scheme: Scheme) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values of the named fields, and what could not be read, by field."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    known = {f.code for s in scheme.sections for f in s.fields} | set(TEXTS)
    for name in names:
        text = post.get(name, "").replace("\r\n", "\n")
        if name in known:
            values[name] = text
        elif name == "flags":
            values["flags"] = [v for v in post.getlist("flags") if v]
        elif name == "unsuitable":
            values["unsuitable"] = [x for x in text.replace("，", "\n").replace("、", "\n").splitlines() if x.strip()]
        elif name in READERS:
            field, read, expected = READERS[name]
            try:
                values[field] = read(text)
            except (ValueError, OverflowError):
                errors[name] = str(expected)
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
            "rules": render_to_string("components/rules.html", {"results": results, "LANGUAGE_CODE": request.LANGUAGE_CODE}),
        }
    )


def find_person(text: str) -> list[Person]:
    """People that a line of text can mean: an e-mail, an ORCID, or a name with an institution."""
    text = text.strip()
    if "@" in text:
        return list(Person.objects.filter(email__iexact=text)[:5])
    if text.count("-") == 3:
        return list(Person.objects.filter(orcid=text)[:5])
    name, _blank, organisation = text.partition(" ")
    rows = Person.objects.filter(name_zh=name.strip()).select_related("organisation")
    if organisation.strip():
        rows = rows.filter(organisation__name_zh__contains=organisation.strip())
    return list(rows[:5])


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
