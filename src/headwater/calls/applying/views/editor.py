"""The editor of an application: sections, autosave, members, submission."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import (
    Saved,
    add_members,
    allow_editing,
    change_host,
    remove_member,
    save_fields,
    submit_application,
)
from headwater.calls.applying.services.attachments import check_now
from headwater.calls.applying.services.restoring import decide_clash, restore
from headwater.calls.applying.views.hosting import read_host
from headwater.calls.applying.views.parts import PAGES, clash_notices, editor_page, unsaved_context
from headwater.calls.applying.views.typed import control_of, names_on, pairs_of, read_base, read_values
from headwater.calls.avoided import avoided_of
from headwater.calls.contents import stored
from headwater.calls.facts import check_applications
from headwater.calls.forms import HostForm, MemberForm
from headwater.calls.joining.views.links import member_link, member_link_end
from headwater.calls.loading import answers_of
from headwater.calls.models import Application
from headwater.calls.pages import draft, mine, own_draft
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.calls.stores import APPLICATIONS
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.i18n import named
from headwater.core.permission import access, page
from headwater.core.web import attempt, key_in, keys_in
from headwater.forms.answers.references import find_person
from headwater.forms.autosaving import size_of
from headwater.forms.binding import live
from headwater.forms.results import Verdict
from headwater.forms.unsaved import forget_unsaved, keep_unsaved, unsaved_of
from headwater.registry.models import is_own
from headwater.schemes import Scheme


def writable(request: HttpRequest, pk: int) -> Application:
    """Return the draft for those who may write in it: the applicant, and the members whom the applicant lets."""
    row: Application = access(request.user, "calls.application.write", mine(request), pk=pk)
    return row


def keep_for_later(request: HttpRequest, pk: int, section: str) -> None:
    """Keep typed words that cannot be taken now, mostly because the session is over, until their author comes back."""
    keep_unsaved(pk=pk, section=section, signature=request.POST.get("_who", ""), body=request.POST.urlencode())


@page("calls.apply", signed_out=keep_for_later)
def edit(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show the editor. Without script its button saves; with script every change is saved as it is made."""
    row = writable(request, pk)
    if row.state != State.DRAFT:
        if request.method == "POST":
            keep_for_later(request, pk, section)
            messages.warning(request, _("申请书已提交，刚才的修改没有存入；一小时内退回或撤回后可在原处存入。"))
        return redirect("application", pk=pk)
    scheme = scheme_of(row.call)
    if section not in {*PAGES, *(s.code for s in scheme.sections)}:
        raise Http404
    if request.method == "GET" and (unsaved := unsaved_of(APPLICATIONS.of(row.pk), request.user, section)):
        return render(
            request, "calls/applying/unsaved.html", {"application": row, "section_code": section, **unsaved_context(row, unsaved)}
        )
    errors: dict[str, str] = {}
    base: dict[str, Any] = {}
    if request.method == "POST":
        base = read_base(request.POST)
        values, errors = read_values(request.POST, [n for n in request.POST if not n.startswith("_")], scheme)
        saved, refused = keep(row, values, base, request)
        errors |= refused
        if not errors:
            forget_unsaved(APPLICATIONS.of(row.pk), section=section, actor=request.actor)
            choose(request, row)
            return redirect(after_save(request, pk, section, saved))
        row = writable(request, pk)
    return editor_page(request, row, section, errors=errors, base=base, status=422 if errors else 200)


def after_save(request: HttpRequest, pk: int, section: str, saved: Saved | None) -> str:
    """Say what became of a save, and choose the page that follows."""
    if saved and saved.changes.merged:
        messages.info(request, _("已保存；其他人同时所做的修改已合并，请核对。"))
    elif not request.POST.get("_take"):
        messages.success(request, _("已保存。"))
    at = (request.POST.get("_row") or request.POST.get("_take", "").partition(":")[2]).partition(":")[0]
    return reverse("application_edit", args=[pk, section]) + (f"#q-{at}" if len(at) <= 40 and at.isidentifier() else "")


def choose(request: HttpRequest, row: Application) -> None:
    """Apply the button beside a field in which somebody else had written too: "version:field:side"."""
    version, _colon, rest = request.POST.get("_take", "").partition(":")
    name, _colon, side = rest.partition(":")
    if not version.isdecimal() or len(version) > 18 or side not in {"before", "both", "mine"}:
        return
    if side == "mine":
        attempt(request, lambda: decide_clash(application=row, version=int(version), name=name, actor=request.actor))
    else:
        attempt(
            request,
            lambda: restore(application=row, version=int(version), names=[name], actor=request.actor, side=side),
            success=_("已采用，原来的文字保存在历史版本中。"),
        )


def keep(
    row: Application, values: dict[str, Any], base: dict[str, Any], request: HttpRequest
) -> tuple[Saved | None, dict[str, str]]:
    """Save what can be saved: a refused value does not keep the others from being saved. Returns the errors by control too."""
    errors: dict[str, str] = {}
    for _attempt in range(2):
        try:
            return save_fields(application=row, values=values, base=base, actor=request.actor), errors
        except Refused as refused:
            errors |= {control_of(r.field) or "_": r.text for r in refused.reasons}
            values = {k: v for k, v in values.items() if k not in {r.field.partition(".")[0] for r in refused.reasons}}
    return None, errors


@page("calls.apply", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the fields that changed. The answer has the time, errors by control, the rules as they now stand, what the fields
    hold now where that differs from what was sent, and what other writers have changed on this page since it was loaded
    (`fields`).
    """
    account = request.headers.get("X-Account")
    if account is not None and account != str(request.user.pk):
        return JsonResponse({"account": str(request.user)}, status=409)
    row = own_draft(request, pk, "calls.application.write")
    scheme = scheme_of(row.call)
    values, errors = read_values(request.POST, request.POST.getlist("_fields"), scheme)
    saved, refused = keep(row, values, read_base(request.POST), request)
    errors |= refused
    row = saved.application if saved else writable(request, pk)
    results = sorted(check_applications([row], row.call)[row.pk], key=lambda r: r.outcome != Verdict.FAILED)
    bad = {name.partition(".")[0] for name in errors}
    return JsonResponse(
        {
            "message": _("已自动保存 %s") % f"{timezone.localtime(clock.now()):%H:%M:%S}",
            "errors": errors,
            "revision": row.revision,
            "size": f"{size_of(row.answers):,}",
            "fields": field_states(request, row, scheme, [n for n in values if saved and control_of(n) not in bad], saved),
            "live": live(answers_of(row)),
            "rules": render_to_string("components/rules.html", {"results": results}),
        }
    )


def field_states(
    request: HttpRequest, row: Application, scheme: Scheme, names: list[str], saved: Saved | None
) -> dict[str, dict[str, Any]]:
    """Return by control `base`, the stored value; `pairs`, what the controls show then; `sent`, what was sent where that
    differs; `clash`, a notice.

    Fields that were not sent are told of when somebody else has saved since the page heard last.
    """
    revision, own = request.POST.get("_revision", ""), is_own(request.user, row.leader)
    changed = int(bool(saved and saved.changes.before))
    section = request.POST.get("_section", "")
    page_, part = [], scheme.section(section)
    if revision.isdecimal() and (int(revision) + changed != row.revision) and (part or section == "info"):
        page_ = names_on(row, part, own=own)
    merged = saved.changes.merged if saved else {}
    states: dict[str, dict[str, Any]] = {control_of(n): {"base": stored(row, n), "pairs": pairs_of(row, n)} for n in page_}
    for name in names:
        state = states.setdefault(control_of(name), {"base": stored(row, name)})
        if name in merged:
            state |= {"sent": merged[name], "pairs": pairs_of(row, name)}
    if "unsuitable" in names:
        notice = render_to_string("calls/avoided.html", {"avoided": avoided_of([row]).get(row.pk)}, request)
        states["unsuitable"] |= {"clash": notice or " "}
    if saved and saved.changes.clashes:
        for name, notice in clash_notices(row, request.user, set(names)).items():
            context = {"notice": notice}
            states[control_of(name)]["clash"] = render_to_string("calls/applying/clash.html", context)
    return states


@page("calls.apply", methods=("POST",))
def member(request: HttpRequest, pk: int) -> HttpResponse:
    row = draft(request, pk)
    verbs = {"remove", "link", "end"} & set(request.POST)
    if verbs:
        verb = verbs.pop()
        rows = row.participants.select_related("application__leader", "person")
        participant = get_object_or_404(rows, pk=key_in(request.POST, verb))
        if verb != "remove":
            return {"link": member_link, "end": member_link_end}[verb](request, participant)
        attempt(request, lambda: remove_member(participant=participant, actor=request.actor), success=_("已移除。"))
        return redirect("application_edit", pk=pk, section="members")
    if request.POST.get("editors"):
        ticked = set(keys_in(request.POST, "may_edit"))
        attempt(request, lambda: allow_editing(application=row, members=ticked, actor=request.actor), success=_("已保存。"))
        return redirect("application_edit", pk=pk, section="members")
    return add_member(request, row)


def add_member(request: HttpRequest, row: Application) -> HttpResponse:
    """Add the person whom a line of text means. Where several people have the name the applicant chooses, and the typed text
    stays.
    """
    form = MemberForm(request.POST)
    if form.is_valid():
        text, months = form.cleaned_data["member"], form.cleaned_data["months"]
        people = find_person(text)
        chosen = [p for p in people if p.pk == key_in(request.POST, "person")] or people
        if len(chosen) > 1:
            return redirect(f"/applications/{row.pk}/edit/members/?{urlencode({'who': text, 'months': months})}")
        if not chosen:
            form.add_error("member", _("没有找到这个人：请其单位先在系统中登记，境外和系统外的人员在下面邀请"))
        elif attempt(
            request,
            lambda: add_members(application=row, members=[(chosen[0], months)], actor=request.actor),
            form=form,
            success=_("已加入并发出邀请；请对方确认。"),
        ):
            return redirect("application_edit", pk=row.pk, section="members")
    return editor_page(request, row, "members", more={"member_form": form}, status=422)


@page("calls.apply", methods=("POST",))
def choose_host(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the draft go through another host. The rest of the page does not change."""
    row = draft(request, pk)
    if row.state != State.DRAFT:
        return redirect("application", pk=pk)
    form = HostForm(request.POST)
    host = read_host(form, row.leader)
    if host and attempt(
        request,
        lambda: change_host(application=row, host=host, actor=request.actor),
        form=form,
        success=_("已改由 %s 报送；请核对规则的提示。") % named(host),
    ):
        return redirect("application_edit", pk=pk, section="info")
    return editor_page(request, row, "info", host_form=form, status=422)


@page("calls.apply", methods=("POST",))
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    row = own_draft(request, pk)
    if row.state == State.HOST_REVIEW:  # sent again because the first answer got lost: it is where it should be
        return redirect("application", pk=pk)
    check_now(application=row)
    revision = request.POST.get("_revision", "")
    if not revision.isdecimal() or len(revision) > 9:
        messages.error(request, _("请在本页核对内容后再签署提交。"))
        return redirect("application_edit", pk=pk, section="submit")
    given = {"agree": request.POST.getlist("agree"), "known": request.POST.getlist("known"), "seen": int(revision)}
    if attempt(
        request, lambda: submit_application(application=row, actor=request.actor, **given), success=_("已提交依托单位审核。")
    ):
        return redirect("application", pk=pk)
    return redirect("application_edit", pk=pk, section="submit")
