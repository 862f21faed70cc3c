"""Builds one page of the editor from its parts. The pages of members and referees answer with it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import warnings_in
from headwater.calls.applying.services.attachments import MOST, open_uploads
from headwater.calls.applying.typed import basic_context
from headwater.calls.applying.views.hosting import host_context
from headwater.calls.applying.writing import ApplicationWriting
from headwater.calls.avoided import avoided_of
from headwater.calls.forms import AttachForm, HostForm, MemberForm, OutsideForm, RefereeForm
from headwater.calls.models import Application, Party
from headwater.calls.pages import application_context
from headwater.calls.printing import boxes_of
from headwater.calls.schemes import scheme_of
from headwater.calls.versions import changed_since_confirmed
from headwater.core.files import MAX_BYTES
from headwater.core.i18n import named
from headwater.core.models import StoredFile
from headwater.core.web import key_in
from headwater.forms import editing
from headwater.forms.answers.references import MOST_NAMESAKES, find_person
from headwater.forms.answers.state import Answers
from headwater.forms.results import Verdict
from headwater.forms.signing import asked
from headwater.registry.models import is_own
from headwater.schemes import Scheme

PAGES = ("info", "members", "referees", "attachments", "submit")
"""Pages of the editor beside the sections of the scheme."""


def editor_page(
    request: HttpRequest,
    writing: ApplicationWriting,
    section: str,
    *,
    errors: Mapping[str, str] | None = None,
    base: Mapping[str, Any] | None = None,
    referee_form: RefereeForm | None = None,
    more: dict[str, Any] | None = None,
    host_form: HostForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show one page of the editor, with the typed words where something is wrong."""
    row = writing.row
    context = editor_context(request, writing, section, errors or {}, base or {})
    if section == "info" and context["own"]:
        context |= host_context(row, host_form)
    if section == "referees":
        context |= referee_context(row, referee_form)
    if section == "submit":
        others = [x for x in context["lines"] if x.party != Party.APPLICANT]
        context |= {"signs": asked(writing.scheme, Party.APPLICANT, writing.answers), "others": others}
        context |= {"changed": changed_since_confirmed(row), "boxes": boxes_of(row, writing.answers)}
        context |= {"warnings": warnings_in(context["results"])}
    context |= more or {}
    return render(request, f"calls/applying/edit_{section if section in PAGES else 'section'}.html", context, status=status)


def editor_context(
    request: HttpRequest, writing: ApplicationWriting, section: str, errors: Mapping[str, str], base: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the page of one section shows. A refused field keeps what its writer had seen before."""
    row, own = writing.row, is_own(request.user, writing.row.leader)
    context = application_context(row) | editing.section_context(request, writing, section, errors, base)
    return {
        **context,
        "own": own,
        "tabs": tabs(row, writing.scheme, writing.answers),
        **basic_context(row, request.POST if errors else None),
        **(member_context(request) if section == "members" else {}),
        **(attachment_context(row, request) if section == "attachments" else {}),
        "attach_form": attach_form(writing.scheme, initial={"kind": request.GET.get("kind", "")}),
        "blocking": [r for r in context["results"] if r.outcome == Verdict.FAILED and r.blocks],
        "avoided": avoided_of([row]).get(row.pk) if own and section == "info" else None,
    }


def member_context(request: HttpRequest) -> dict[str, Any]:
    """Return the forms that add members, and the people whom a name means when there are several."""
    who, months = request.GET.get("who", ""), str(key_in(request.GET, "months") or 6)
    return {
        "member_form": MemberForm(initial={"member": who, "months": months}),
        "outside_form": OutsideForm(),
        "candidates": find_person(who) if who else [],
        "most_namesakes": MOST_NAMESAKES,
        "months": months,
    }


def tabs(row: Application, scheme: Scheme, answers: Answers) -> list[tuple[str, str, str]]:
    """List (code, title, completeness) of the editor's sections. A section without a question that is asked is left out."""
    asks = scheme.asks
    basic = [row.title_zh, *([row.abstract_zh, row.keywords_zh] if "abstract" in asks else [])]
    basic += [row.discipline_id] if "discipline" in asks else []
    entries = [("info", _("基本信息"), f"{sum(1 for b in basic if b)}/{len(basic)}")]
    entries += editing.section_tabs(answers)
    if scheme.members_max:
        many = row.participants.aggregate(all=Count("pk"), confirmed=Count("confirmed_at"))
        entries.append(("members", _("参与者"), f"{many['confirmed']}/{many['all']}" if many["all"] else ""))
    if scheme.referees:
        letters = row.referees.filter(written_at__isnull=False).count()
        entries.append(("referees", _("推荐专家"), str(letters or "")))
    if scheme.attachments:
        entries.append(("attachments", _("附件"), str(sum(answers.context.attached().values()) or "")))
    entries.append(("submit", _("核对并提交"), ""))
    return entries


def attach_form(scheme: Scheme, *args: Any, **more: Any) -> AttachForm:
    form = AttachForm(*args, **more)
    form.fields["kind"].choices = [(a.kind, named(a, "label")) for a in scheme.attachments]
    return form


def attachment_context(row: Application, request: HttpRequest) -> dict[str, Any]:
    """Return what the list of attachments shows: files with the state of their check, and broken-off uploads."""
    listed = list(row.attachments.select_related("file"))
    return {
        "attachments": listed,
        "checking": any(a.file.state == StoredFile.State.CHECKING for a in listed),
        "waiting": open_uploads(row, request.actor),
        "room": MOST - len(listed),
        "most": MOST,
        "upload_limit": MAX_BYTES,
    }


def referee_context(row: Application, form: RefereeForm | None = None) -> dict[str, Any]:
    """Return the applicant's list of referees: the state of each, and the letter only where the scheme lets the applicant read
    it.
    """
    rules = scheme_of(row.call).referees
    referees = list(row.referees.select_related("discipline"))
    named = sum(1 for r in referees if not r.declined_at)
    return {
        "referees": referees,
        "referee_rules": rules,
        "referee_room": rules.most - named if rules else 0,
        "referee_form": form or RefereeForm(initial={"discipline": row.discipline.code if row.discipline else ""}),
    }
