"""What the page of an entry is put together from: its tabs, what may be done with it, what is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from headwater.casework.subjects import holds
from headwater.core import clock
from headwater.core.models import StoredFile
from headwater.forms.answers.reading import read_answer
from headwater.forms.answers.state import Answers
from headwater.forms.binding import Question, bind
from headwater.forms.shapes import Form
from headwater.registers.contexts import answers_of
from headwater.registers.declared import TABS, Doing, RegisterOf, guards_of
from headwater.registers.doors import page_of
from headwater.registers.files import files_of
from headwater.registers.forms import FileForm
from headwater.registers.guards import gaps_in
from headwater.registers.history import Words, as_of, lines
from headwater.registers.kinds import kind_of
from headwater.registers.models import WAITING, Proposal
from headwater.registers.panels import body_name
from headwater.registers.records import record_of
from headwater.registers.services.acting import weigh
from headwater.registers.shapes import OFFICER, Kind, Verb
from headwater.registers.undeclared import SEE_RESTRICTED

ENGINE_TABS = {
    "record": "registers/entry.html",
    "people": "registers/entry_people.html",
    "files": "registers/entry_files.html",
    "history": "registers/entry_history.html",
}
"""Tabs of every entry with their templates; the others come from apps (`TABS`)."""


@dataclass(frozen=True)
class Ready:
    """A verb that somebody may do with an entry, and what is in its way now."""

    verb: Verb
    reasons: Sequence[Any]


def reads_restricted(account: Any, entry: Any) -> bool:
    """Tell whether somebody reads the restricted answers of an entry."""
    roles = [*SEE_RESTRICTED, *kind_of(entry).roles]
    return any(holds(account, role, entry) for role in roles if role != OFFICER) or account.holds_everywhere(OFFICER)


def verbs_for(register: RegisterOf, entry: Any, account: Any) -> list[Ready]:
    """Return what somebody may do with an entry from its state, with what is in the way (the guards of the verbs ask what they need)."""
    kind = kind_of(entry)
    ready = []
    for verb in kind.verbs_from(entry.state):
        if any(holds(account, role, entry) for role in verb.by):
            prospect = weigh(register, [entry], Doing(kind=kind, verb=verb, on=clock.today(), account=account))[0]
            ready.append(Ready(verb, prospect.reasons))
    return ready


def requirements(register: RegisterOf, verb: Verb) -> list[Any]:
    """Return in words what a verb asks of an entry before it is done."""
    guards = guards_of(register)
    of_body = [_("%s表决通过") % body_name(verb.body)] if verb.body else []
    return [*of_body, *(guards[name].label for name in verb.guards)]


def tabs_of(register: RegisterOf, entry: Any, tab: str) -> list[tuple[Any, str, bool]]:
    """Return the tabs of an entry: (label, address, whether it is this one)."""
    kind = kind_of(entry)
    engine = [("record", _("登记内容"), 0), ("people", _("人员与单位"), 10), ("files", _("文件"), 80), ("history", _("历史"), 90)]
    every = engine + [(code, t.label, t.place) for code, t in TABS.items() if t.inside and t.applies(kind)]
    return [
        (label, page_of(register, entry, code if code != "record" else ""), code == tab)
        for code, label, _p in sorted(every, key=lambda x: x[2])
    ]


def entry_page(request: HttpRequest, register: RegisterOf, entry: Any, tab: str) -> dict[str, Any] | None:
    """Return what the page of an entry shows on a tab; None where it has no such tab."""
    kind, user = kind_of(entry), request.user
    restricted = reads_restricted(user, entry)
    context: dict[str, Any] = {
        "register": register,
        "entry": entry,
        "kind": kind,
        "state": kind.state[entry.state],
        "tabs": tabs_of(register, entry, tab),
        "may_change": user.has_perm("registers.change", entry),
        "may_fill": user.has_perm("registers.fill", entry),
        "may_appoint": user.has_perm("registers.appoint", entry),
        "proposal": open_proposal(entry),
    }
    if tab == "record":
        return context | {
            "record": record_of(register, entry, restricted=restricted),
            "verbs": verbs_for(register, entry, user),
            "gaps": _gaps(entry),
        }
    if tab == "people":
        return context | people_part(register, entry)
    if tab == "files":
        return context | files_part(entry, kind) | {"file_form": FileForm(kind)}
    if tab == "history":
        return context | history_part(request, entry, restricted)
    part = TABS.get(tab)
    if part is None or not part.inside or not part.applies(kind):
        return None
    template, words = part.content(request, entry, kind)
    return context | {"part": part, "content": render_to_string(template, dict(words), request)}


def open_proposal(entry: Any) -> Proposal | None:
    """Return what waits for its approval or for the end of its notice with an entry (1 query)."""
    rows = Proposal.objects.filter(state__in=WAITING, subject_kind=entry._meta.label_lower, subject_id=entry.pk)
    return rows.select_related("proposed_by").first()


def _gaps(entry: Any) -> list[str]:
    return gaps_in(answers_of(entry, files=files_of([entry]).get(entry.pk, {})))


def people_part(register: RegisterOf, entry: Any) -> dict[str, Any]:
    """Return who leads an entry and keeps its record, and who held it when (1 query)."""
    keepers = [(k, getattr(entry, k.column)) for k in register.keepers if k.role in kind_of(entry).roles]
    holders = (
        register.holders._default_manager.filter(entry=entry).select_related("organisation", "person").order_by("-since", "pk")
    )
    return {"keepers": keepers, "holders": holders}


def files_part(entry: Any, kind: Kind) -> dict[str, Any]:
    files = StoredFile.objects.filter(owner_type=entry._meta.label_lower, owner_id=entry.pk).order_by("-pk")
    labels = {a.kind: a for a in kind.form.attachments}
    return {"files": [(f, labels.get(f.kind)) for f in files], "kinds": kind.form.attachments}


def history_part(request: HttpRequest, entry: Any, restricted: bool) -> dict[str, Any]:
    """Return the history, and what the entry was on the day that the address names."""
    text, then, day = request.GET.get("on", ""), None, None
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
    part: dict[str, Any] = {
        "lines": lines(entry, restricted=restricted),
        "on": text,
        "day": day,
        "wrong": bool(text) and day is None,
    }
    if day is not None:
        then = as_of(entry, day)
        words = Words(entry, restricted=restricted)
        words.load([then] if then else [])
        part["then"] = words.facts(then) if then else None
    return part


def read_questions(form: Form, post: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the typed values of the questions that a page sent, and what cannot be read by the name of its control."""
    values, errors = dict[str, Any](), dict[str, str]()
    for f in form.fields:
        if not f.value and f.of.is_stored and any(name == f.code or name.startswith(f"{f.code}.") for name in post):
            values[f.code], wrong = read_answer(f, post)
            errors |= wrong
    return values, errors


def is_moving_rows(request: HttpRequest) -> bool:
    """Tell whether a button of a table of questions was pressed (add, move or remove a row), which saves nothing."""
    return bool(request.POST.get("_row"))


def questions_of(
    form: Form, entry: Any, stored: Mapping[str, Any], typed: Mapping[str, Any], post: Any = None, errors: Mapping[str, str] = {}
) -> list[tuple[Any, list[Question]]]:
    """Return the questions of a form by section, with what is `stored` and over it what was `typed`; those with `errors` hold what was sent."""
    values = {**stored, **{code: value for code, value in typed.items() if code not in errors}}
    answers = answers_of(entry, form, values) if entry is not None else Answers(form, values, EmptyContext())
    return [(s, bind(s.fields, answers, post if errors else None, dict(errors))) for s in form.sections]


class EmptyContext:
    """What the form of an entry that is not there yet may ask of it: nothing but the day."""

    def built_in(self) -> Mapping[str, Any]:
        return {"today": clock.today()}

    def parameter(self, key: str) -> Any:
        return None

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return {}

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return clock.today()
