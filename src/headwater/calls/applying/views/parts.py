"""Builds one page of the editor from its parts. The pages of members and referees answer with it too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import warnings_in
from headwater.calls.applying.services.attachments import MOST, open_uploads
from headwater.calls.applying.services.presence import is_shared
from headwater.calls.applying.views.hosting import host_context
from headwater.calls.applying.views.typed import base_of, basic_context, control_of, names_on, read_values
from headwater.calls.avoided import avoided_of
from headwater.calls.comparing import Difference, basic_fields, difference
from headwater.calls.contents import BASIC, plain, questions_of, stored
from headwater.calls.facts import check_applications
from headwater.calls.forms import AttachForm, HostForm, MemberForm, OutsideForm, RefereeForm
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, Party, Unsaved, Version
from headwater.calls.pages import application_context
from headwater.calls.printing import boxes_of
from headwater.calls.schemes import scheme_of
from headwater.calls.stores import APPLICATIONS
from headwater.calls.versions import changed_since_confirmed, open_clashes
from headwater.core.files import MAX_BYTES
from headwater.core.i18n import named
from headwater.core.models import StoredFile
from headwater.core.web import key_in
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.judging import is_complete
from headwater.forms.answers.merging import same
from headwater.forms.answers.references import MOST_NAMESAKES, Registry, find_person
from headwater.forms.answers.state import Answers
from headwater.forms.autosaving import size_of
from headwater.forms.binding import bind
from headwater.forms.presence import Other, tell_presence
from headwater.forms.results import Verdict
from headwater.forms.shapes import Field
from headwater.forms.signing import asked
from headwater.forms.unsaved import signature
from headwater.registry.models import is_own
from headwater.schemes import Scheme

PAGES = ("info", "members", "referees", "attachments", "submit")
"""Pages of the editor beside the sections of the scheme."""


def editor_page(
    request: HttpRequest,
    row: Application,
    section: str,
    *,
    errors: dict[str, str] | None = None,
    base: dict[str, Any] | None = None,
    referee_form: RefereeForm | None = None,
    more: dict[str, Any] | None = None,
    host_form: HostForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show one page of the editor, with the typed words where something is wrong."""
    context = editor_context(request, row, section, errors or {}, base or {})
    if section == "info" and context["own"]:
        context |= host_context(row, host_form)
    if section == "referees":
        context |= referee_context(row, referee_form)
    if section == "submit":
        others = [x for x in context["lines"] if x.party != Party.APPLICANT]
        context |= {"signs": asked(scheme_of(row.call), Party.APPLICANT, answers_of(row)), "others": others}
        context |= {"changed": changed_since_confirmed(row), "boxes": boxes_of(row, answers_of(row))}
        context |= {"warnings": warnings_in(context["results"])}
    context |= more or {}
    return render(request, f"calls/applying/edit_{section if section in PAGES else 'section'}.html", context, status=status)


def editor_context(
    request: HttpRequest, row: Application, section: str, errors: dict[str, str], base: dict[str, Any]
) -> dict[str, Any]:
    """Return what the page of one section shows. A refused field keeps what its writer had seen before."""
    scheme = scheme_of(row.call)
    results = check_applications([row], row.call)[row.pk]
    answers, part = answers_of(row), scheme.section(section)
    own = is_own(request.user, row.leader)
    names = names_on(row, part, own=own) if part or section == "info" else []
    bad = {name.partition(".")[0] for name in errors}
    return {
        **application_context(row),
        "own": own,
        "section_code": section,
        "section": part,
        "base": base_of(row, names, {n: base[n] for n in names if n in base and (control_of(n) in bad or "_" in bad)}),
        "who": signature(APPLICATIONS.of(row.pk), request.user.pk),
        "clashes": clash_notices(row, request.user, set(names)),
        "questions": bind(part.fields, answers, request.POST if errors else None, errors) if part else [],
        "results": sorted(results, key=lambda r: r.outcome != Verdict.FAILED),
        "tabs": tabs(row, scheme, answers),
        "errors": errors,
        **basic_context(row, request.POST if errors else None),
        **(member_context(request) if section == "members" else {}),
        **(attachment_context(row, request) if section == "attachments" else {}),
        "attach_form": attach_form(scheme, initial={"kind": request.GET.get("kind", "")}),
        "blocking": [r for r in results if r.outcome == Verdict.FAILED and r.blocks],
        "avoided": avoided_of([row]).get(row.pk) if own and section == "info" else None,
        "size": f"{size_of(row.answers):,}",
        **presence_context(row, request.user),
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
    for s, fields in answers.asked_sections:
        own = [f for f in fields if not f.value]
        entries.append((s.code, named(s, "title"), f"{sum(1 for f in own if is_complete(answers, f))}/{len(own)}" if own else ""))
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


@dataclass(frozen=True)
class Notice:
    """A notice beside a field in which somebody else had written in the same place: their words against those that stand now."""

    version: int
    name: str
    label: str
    other: str
    at: datetime
    difference: Difference
    both: bool


def clash_notices(row: Application, user: Any, names: set[str]) -> dict[str, Notice]:
    """Return the notices by field, for the writer whose words stand."""
    notices: dict[str, Notice] = {}
    versions = open_clashes(row, user)
    if not versions:
        return notices
    fields = fields_of(row)
    for v in versions:
        earlier = Version.objects.filter(application=row, pk__lt=v.pk).order_by("-id").select_related("author").first()
        other = str(earlier.author) if earlier and earlier.author and earlier.author != user else _("您在另一窗口")
        for name, clash in v.clashes.items():
            if name in names and name not in notices:
                changed = difference(fields[name], v.before.get(name), stored(row, name))
                notices[name] = Notice(v.pk, name, changed.label, other, v.at, changed, clash["both"] is not None)
    return notices


def fields_of(row: Application) -> dict[str, Field]:
    return {f.code: f for f in basic_fields(row, scheme_of(row.call), own=True)} | questions_of(row)


def presence_context(row: Application, user: Any) -> dict[str, Any]:
    """Return who else is at work on the draft. A draft with one writer takes no more queries."""
    shared = not is_own(user, row.leader) or is_shared(row)
    return {"shared": shared, "others": tell_presence(APPLICATIONS.of(row.pk), user) if shared else list[Other]()}


def unsaved_context(row: Application, unsaved: Unsaved) -> dict[str, Any]:
    """Return what a form sent after the session was over, so that its author reads it and sends it again unchanged."""
    post = QueryDict(unsaved.body)
    fields = fields_of(row)
    values, _errors = read_values(post, [n for n in post if not n.startswith("_")], scheme_of(row.call))
    registry = Registry()
    stored_values = {n: as_stored(row, fields[n], v, registry) for n, v in values.items() if n in fields}
    differences = [difference(fields[n], stored(row, n), v) for n, v in stored_values.items() if not same(stored(row, n), v)]
    pairs = [(name, value) for name, texts in post.lists() for value in texts]
    return {"unsaved": unsaved, "differences": differences, "pairs": pairs}


def as_stored(row: Application, f: Field, value: Any, registry: Registry) -> Any:
    """Return a typed value as it would be stored, or unchanged where it cannot be stored."""
    if f.code in BASIC:
        return plain(value.partition(" ")[0] if f.code == "discipline" else value)
    cleaned = clean(f, value, registry)
    return value if cleaned.errors else cleaned.value
