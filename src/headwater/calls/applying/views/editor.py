"""The editor of an application: sections, autosave, members, submission."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import (
    add_members,
    allow_editing,
    change_host,
    remove_member,
    submit_application,
)
from headwater.calls.applying.services.attachments import check_now
from headwater.calls.applying.views.hosting import read_host
from headwater.calls.applying.views.parts import PAGES, editor_page
from headwater.calls.applying.writing import ApplicationWriting
from headwater.calls.forms import HostForm, MemberForm
from headwater.calls.joining.views.links import member_link, member_link_end
from headwater.calls.models import Application
from headwater.calls.pages import draft, mine, own_draft
from headwater.calls.states import State
from headwater.core.i18n import named
from headwater.core.permission import access, page
from headwater.core.web import attempt, key_in, keys_in
from headwater.forms import editing
from headwater.forms.answers.references import find_person
from headwater.forms.editing import keep_for_later


def writable(request: HttpRequest, pk: int) -> Application:
    """Return the draft for those who may write in it: the applicant, and the members whom the applicant lets."""
    row: Application = access(request.user, "calls.application.write", mine(request), pk=pk)
    return row


@page("calls.apply", signed_out=keep_for_later)
def edit(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Show the editor. Without script its button saves; with script every change is saved as it is made."""
    writing = ApplicationWriting(writable(request, pk), request.user)
    if writing.is_open and section not in {*PAGES, *(s.code for s in writing.scheme.sections)}:
        raise Http404
    return editing.edit(request, writing, section, partial(editor_page, request, writing, section))


@page("calls.apply", methods=("POST",))
def autosave(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the fields that changed, and answer as `editing.autosave` says."""
    refusal = editing.wrong_account(request)
    if refusal is not None:
        return refusal
    row = own_draft(request, pk, "calls.application.write")
    return editing.autosave(request, ApplicationWriting(row, request.user))


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
    return editor_page(request, ApplicationWriting(row, request.user), "members", more={"member_form": form}, status=422)


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
    return editor_page(request, ApplicationWriting(row, request.user), "info", host_form=form, status=422)


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
