"""Pages of applicants and members."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from headwater.calls.clocks import timeline
from headwater.calls.documents import application_data
from headwater.calls.facts import check_applications
from headwater.calls.forms import AttachForm, MemberForm, RecheckForm
from headwater.calls.models import Application, Call, Letter, Participant
from headwater.calls.rules import Outcome
from headwater.calls.schemes import Scheme, scheme_of
from headwater.calls.services.applications import (
    add_members, attach, confirm_participation, create_draft, detach, remove_member, save_application, submit_application, withdraw_application,
)
from headwater.calls.services.checking import ask_recheck
from headwater.calls.services.letters import letter_data
from headwater.calls.states import ResearchClass, State
from headwater.core import clock
from headwater.core.documents import render_pdf
from headwater.core.errors import Refused
from headwater.core.listing import Column, Listing
from headwater.core.parameters import Parameters
from headwater.core.permission import PUBLIC, access, page
from headwater.core.web import attempt, download
from headwater.registry.models import Discipline, Person, PriorityField

RELATED = ("call__scheme", "host", "leader__account", "discipline")


def mine(request: HttpRequest) -> Any:
    return Application.objects.visible_to(request.user).select_related(*RELATED)


@page("calls.apply")
def applications(request: HttpRequest) -> HttpResponse:
    rows = mine(request).filter(Q(leader__account=request.user) | Q(participants__person__account=request.user)).distinct()
    listing = Listing(
        request, rows, name="applications", order="-id", search=("title_zh", "number"),
        columns=[
            Column(_("项目名称"), lambda a: a.title_zh or _("未命名"), kind="title", url=lambda a: f"/applications/{a.pk}/"), Column(_("编号"), lambda a: a.number),
            Column(_("批次"), lambda a: a.call.title_zh), Column(_("角色"), lambda a: _("申请人") if a.leader.account_id == request.user.pk else _("参与者")),
            Column(_("状态"), lambda a: a.public_state, kind="state"), Column(_("保存时间"), lambda a: a.saved_at, sort="saved_at", kind="date"),
        ],
        empty_title=_("您还没有申请书"), empty_hint=_("从“申报”中选择正在受理的批次开始填写。"),
    )  # fmt: skip
    waiting = Participant.objects.filter(person__account=request.user, confirmed_at__isnull=True, application__state=State.DRAFT).select_related("application__leader")
    return listing.export() or render(request, "calls/applications.html", {
        "list": listing, "waiting": waiting, "open": Call.objects.open_at(clock.now()).select_related("scheme"),
    })  # fmt: skip


@page("calls.apply")
def apply(request: HttpRequest, code: str) -> HttpResponse:
    call = get_object_or_404(Call.objects.visible_to(request.user).select_related("scheme"), code=code)
    person = request.user.person  # type: ignore[union-attr]
    have = Application.objects.filter(call=call, leader=person, state=State.DRAFT).first()
    if have:
        return redirect("application_edit", pk=have.pk, section="info")
    if request.method == "POST":
        try:
            made = create_draft(call=call, leader=person, actor=request.actor)  # type: ignore[attr-defined]
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("call", code=code)
        return redirect("application_edit", pk=made.pk, section="info")
    trial = Application(call=call, leader=person, host=person.organisation, limit_year=call.year, limit_group=scheme_of(call).limit_group, pk=0)
    results = check_applications([trial], call)[0] if person.organisation else []
    personal = [r for r in results if r.rule in {"qualified", "max_age", "not_student", "not_fund_staff", "no_ban", "one_per_year", "no_running_project", "registered_host"}]
    return render(request, "calls/apply.html", {"call": call, "results": personal, "person": person})


@page("calls.application.list")
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application as its viewer may see it; a draft opens in the editor for its author."""
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    if row.state == State.DRAFT and row.leader.account_id == request.user.pk:
        return redirect("application_edit", pk=pk, section="info")
    own = row.leader.account_id == request.user.pk
    decided = row.state in {State.APPROVED, State.REJECTED}
    return render(request, "calls/application.html", {
        **shown(row), "own": own, "steps": timeline(row), "letters": row.letters.all(), "opinions": released_opinions(row) if decided and own else [],
        "can_recheck": own and row.state == State.NOT_ACCEPTED and not row.check_result.recheck_at,
        "can_withdraw": own and row.state == State.HOST_REVIEW and row.call.is_open, "award": getattr(row, "award", None) if decided else None,
    })  # fmt: skip


OPINIONS: list[Any] = []
"""Filled by review: a function that gives the released opinions of an application without their authors."""


def released_opinions(row: Application) -> list[dict[str, Any]]:
    return [o for function in OPINIONS for o in function(row)]


def shown(row: Application) -> dict[str, Any]:
    """What every page that shows an application needs."""
    scheme = scheme_of(row.call)
    return {
        "application": row, "scheme": scheme, "sections": [(s, [(f, row.answers.get(f.code, "")) for f in s.fields]) for s in scheme.sections],
        "members": row.participants.select_related("person", "organisation"), "attachments": row.attachments.select_related("file"),
        "kinds": {a.kind: a for a in scheme.attachments}, "field": PriorityField.objects.filter(code=row.priority_field).first() if row.priority_field else None,
    }  # fmt: skip


def draft(request: HttpRequest, pk: int) -> Application:
    row: Application = access(request.user, "calls.application.edit", mine(request), pk=pk)
    return row


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
    typed: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        typed, problems = read_values(request.POST, [n for n in request.POST if n != "csrfmiddlewaretoken"], scheme)
        errors = problems
        try:
            row = save_application(application=row, values={k: v for k, v in typed.items() if k not in problems}, actor=request.actor)  # type: ignore[attr-defined]
        except Refused as refused:
            errors |= {r.field: r.text for r in refused.reasons}
        if not errors:
            messages.success(request, _("已保存。"))
            return redirect("application_edit", pk=pk, section=request.POST.get("_next") or section)
        status = 422
    results = check_applications([row], row.call)[row.pk]
    return render(request, f"calls/edit_{section if section in {'info', 'members', 'attachments', 'submit'} else 'section'}.html", {
        **shown(row), "section_code": section, "section": scheme.section(section), "results": sorted(results, key=lambda r: r.outcome != Outcome.FAILED),
        "tabs": tabs(row, scheme), "errors": errors, "typed": request.POST if errors else None, "classes": ResearchClass.choices,
        "disciplines": Discipline.objects.filter(level=2), "fields_known": PriorityField.objects.all(), "member_form": MemberForm(),
        "attach_form": attach_form(scheme), "blocking": [r for r in results if r.outcome == Outcome.FAILED and r.blocks],
        "amount_limit": Parameters(row.call.scheme.region, row.call.closes_at.date()).get("amount_fen", scheme.code),
    }, status=status)  # fmt: skip


def attach_form(scheme: Scheme, *args: Any) -> AttachForm:
    form = AttachForm(*args)
    form.fields["kind"].choices = [(a.kind, a.label_zh) for a in scheme.attachments]  # type: ignore[attr-defined]
    return form


def tabs(row: Application, scheme: Scheme) -> list[tuple[str, str, str]]:
    """(code, title, completeness) of the editor's sections."""
    basic = [row.title_zh, row.abstract_zh, row.keywords_zh, row.discipline_id]
    out = [("info", _("基本信息"), f"{sum(1 for b in basic if b)}/{len(basic)}")]
    for s in scheme.sections:
        done = sum(1 for f in s.fields if len(str(row.answers.get(f.code, "")).strip()) >= max(1, f.min_chars))
        out.append((s.code, s.title_zh, f"{done}/{len(s.fields)}"))
    members = row.participants.count()
    waiting = row.participants.filter(confirmed_at__isnull=True).count()
    out.append(("members", _("参与者"), f"{members - waiting}/{members}" if members else ""))
    out.append(("attachments", _("附件"), str(row.attachments.count() or "")))
    out.append(("submit", _("核对并提交"), ""))
    return out


def read_values(post: Any, names: list[str], scheme: Scheme) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values of the named fields, and what could not be read, by field."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    known = {f.code for s in scheme.sections for f in s.fields} | set(
        "title_zh title_en abstract_zh abstract_en keywords_zh keywords_en research_class priority_field discipline".split()
    )
    for name in names:
        text = post.get(name, "").replace("\r\n", "\n")
        if name in known:
            values[name] = text
        elif name == "amount_wan":
            try:
                values["amount_fen"] = round(float(text or 0) * 1_000_000)
            except (ValueError, OverflowError):
                errors[name] = _("请填写数字，单位万元")
        elif name == "months":
            if text.isdecimal() and len(text) < 5:
                values["months"] = int(text)
            else:
                errors[name] = _("请填写整月数")
        elif name == "starts_on":
            try:
                day = parse_date(text)
            except ValueError:
                day = None
            if day:
                values["starts_on"] = day
            elif text:
                errors[name] = _("应为 2026-07-01 这样的日期")
        elif name == "flags":
            values["flags"] = [v for v in post.getlist("flags") if v]
        elif name == "unsuitable":
            values["unsuitable"] = [x for x in text.replace("，", "\n").replace("、", "\n").splitlines() if x.strip()]
    return values, errors


@page("calls.apply", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the fields that changed; answers with the time, errors by field, and the rules as they now stand."""
    row = draft(request, pk)
    scheme = scheme_of(row.call)
    values, errors = read_values(request.POST, request.POST.getlist("_fields"), scheme)
    try:
        row = save_application(application=row, values=values, actor=request.actor)  # type: ignore[attr-defined]
    except Refused as refused:
        errors |= {r.field or "_": r.text for r in refused.reasons}
    results = sorted(check_applications([row], row.call)[row.pk], key=lambda r: r.outcome != Outcome.FAILED)
    return JsonResponse({
        "message": _("已自动保存 %s") % f"{timezone.localtime(clock.now()):%H:%M:%S}", "errors": errors, "revision": row.revision,
        "rules": render_to_string("components/rules.html", {"results": results, "LANGUAGE_CODE": request.LANGUAGE_CODE}),  # type: ignore[attr-defined]
    })  # fmt: skip


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
        attempt(request, lambda: remove_member(participant=participant, actor=request.actor), success=_("已移除。"))  # type: ignore[attr-defined]
        return redirect("application_edit", pk=pk, section="members")
    form = MemberForm(request.POST)
    if form.is_valid():
        people = find_person(form.cleaned_data["member"])
        if len(people) == 1:
            attempt(request, lambda: add_members(application=row, members=[(people[0], form.cleaned_data["months"])], actor=request.actor),  # type: ignore[attr-defined]
                    success=_("已加入；请对方登录确认，或把确认链接发给对方。"))  # fmt: skip
        else:
            messages.error(request, _("没有找到这个人；请其单位先在系统中登记") if not people else _("有多个同名的人，请加上单位或用电子邮箱"))
    else:
        messages.error(request, "；".join(e for es in form.errors.values() for e in es))
    return redirect("application_edit", pk=pk, section="members")


@page("calls.apply", methods=("POST",))
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    row = draft(request, pk)
    if request.POST.get("remove"):
        found = get_object_or_404(row.attachments.select_related("application__leader", "file"), pk=request.POST["remove"])
        attempt(request, lambda: detach(attachment=found, actor=request.actor), success=_("已删除。"))  # type: ignore[attr-defined]
        return redirect("application_edit", pk=pk, section="attachments")
    form = attach_form(scheme_of(row.call), request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        attempt(request, lambda: attach(application=row, kind=form.cleaned_data["kind"], name=upload.name, content=upload.read(), actor=request.actor),  # type: ignore[attr-defined]
                success=_("已上传。"))  # fmt: skip
    else:
        messages.error(request, "；".join(e for es in form.errors.values() for e in es))
    return redirect("application_edit", pk=pk, section="attachments")


@page("calls.apply", methods=("POST",))
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    row = draft(request, pk)
    if attempt(request, lambda: submit_application(application=row, actor=request.actor, agree=bool(request.POST.get("agree"))),  # type: ignore[attr-defined]
               success=_("已提交依托单位审核。")):  # fmt: skip
        return redirect("application", pk=pk)
    return redirect("application_edit", pk=pk, section="submit")


@page("calls.apply", methods=("POST",))
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.application.withdraw", mine(request), pk=pk)
    attempt(request, lambda: withdraw_application(application=row, actor=request.actor), success=_("已撤回。"))  # type: ignore[attr-defined]
    return redirect("application", pk=pk)


@page("calls.application.list")
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.application.view", mine(request), pk=pk)
    content = render_pdf("calls/typst/application.typ", application_data(row))
    return download(content, f"{row.number or _('草稿')}-{row.title_zh[:30] or _('申请书')}.pdf", "application/pdf")


@page("calls.application.list")
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Letter.objects.select_related("application__leader", "application__host"), pk=pk)
    access(request.user, "calls.letter.view", mine(request), pk=row.application_id)
    return download(render_pdf("calls/typst/letter.typ", letter_data(row)), f"{row.number}.pdf", "application/pdf")


@page("calls.apply")
def recheck(request: HttpRequest, pk: int) -> HttpResponse:
    row = access(request.user, "calls.recheck", mine(request), pk=pk)
    form = RecheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and attempt(
        request, lambda: ask_recheck(application=row, text=form.cleaned_data["text"], actor=request.actor), form=form, success=_("复审申请已提交。")  # type: ignore[attr-defined]
    ):  # fmt: skip
        return redirect("application", pk=pk)
    return render(request, "calls/recheck.html", {"application": row, "form": form}, status=422 if form.errors else 200)


@page(PUBLIC)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A member's link: shows what one is asked to join; confirming asks for the member's own log-in."""
    row = get_object_or_404(Participant.objects.select_related("application__call__scheme", "application__leader", "application__host", "person__account"), token=token)
    if not request.user.is_authenticated:
        from django.contrib.auth.views import redirect_to_login

        return redirect_to_login(request.get_full_path())
    if row.person.account_id != request.user.pk:
        raise Http404
    if request.method == "POST":
        attempt(request, lambda: confirm_participation(participants=[row], actor=request.actor), success=_("已确认参与。"))  # type: ignore[attr-defined]
        return redirect("applications")
    return render(request, "calls/confirm.html", {"participant": row, "text": scheme_of(row.application.call).commitments["member"]})
