"""Translates between an application and the controls of its pages: what a form sent, and what its controls would send now."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from headwater.calls.applying.services.assigning import PLAIN
from headwater.calls.contents import BASIC, PRIVATE, plain, questions_of, stored
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import ResearchClass
from headwater.core.i18n import named
from headwater.core.money import wan_typed
from headwater.core.numbers import BadNumber, read_wan, read_whole
from headwater.forms.answers.reading import read_answer
from headwater.forms.fieldtype import Pairs
from headwater.forms.shapes import Section
from headwater.registry.models import PriorityField
from headwater.schemes import Scheme

CONTROLS = {"amount_fen": "amount_wan"}
"""Fields whose control has another name, because it takes another unit."""
FIELDS = {control: name for name, control in CONTROLS.items()}


def control_of(name: str) -> str:
    return CONTROLS.get(name, name)


CODES = ("discipline", "second_discipline")
TEXTS = (*PLAIN, *CODES)


def read_values(post: Any, names: list[str], scheme: Scheme) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the typed values of the named fields; also return what could not be read, by control. A table is read whole."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    questions = {f.code: f for f in scheme.fields if not f.value and f.of.is_stored}
    for code in dict.fromkeys(name.partition(".")[0] for name in names):
        text = post.get(code, "")
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
            values["unsuitable"] = [text] if text.strip() else []
        elif code in READERS:
            field, read = READERS[code]
            try:
                values[field] = read(text.strip())
            except BadNumber as bad:
                errors[code] = str(bad)
            except ValueError:
                errors[code] = _("应为 2026-07-01 这样的日期")
    return values, errors


def read_amount(text: str) -> int:
    """Read 万元 as typed, into fen."""
    return read_wan(text) if text else 0


def read_day(text: str) -> date | None:
    """Read a day; nothing typed is no day."""
    if not text:
        return None
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return day


READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "amount_wan": ("amount_fen", read_amount),
    "months": ("months", read_whole),
    "starts_on": ("starts_on", read_day),
}


def read_base(post: Any) -> dict[str, Any]:
    """Read what the writer saw in the fields before changing them, by field. A page without it merges nothing."""
    try:
        base = json.loads(post.get("_base", "") or "{}")
    except (ValueError, RecursionError):
        return {}
    return {FIELDS.get(k, k): v for k, v in base.items()} if isinstance(base, dict) else {}


def names_on(row: Application, section: Section | None, *, own: bool) -> list[str]:
    """Return the fields of one page of the editor; without a section, those of the page of basic information."""
    if section is None:
        return [name for name in BASIC if own or name not in PRIVATE]
    return [f.code for f in section.fields if not f.value and f.of.is_stored]


def base_of(row: Application, names: list[str], overrides: dict[str, Any] | None = None) -> str:
    """Return the stored values of fields as the page carries them; `overrides` replace those that their writer has not seen."""
    values = {control_of(name): stored(row, name) for name in names}
    return json.dumps(values | {control_of(k): v for k, v in (overrides or {}).items()}, ensure_ascii=False)


def basic_context(row: Application, typed: Any) -> dict[str, Any]:
    """Return what the questions of basic information show: the typed or else the stored values, and the answers to choose from."""
    scheme = scheme_of(row.call)
    topics = [(t["code"], f"{t['code']} {named(t)}") for t in row.call.topics]
    priority_fields = [(f.code, str(named(f))) for f in PriorityField.objects.all()]
    return {
        "values": typed or {control: text for name in BASIC for control, text in pairs_of(row, name)},
        "flags": typed.getlist("flags") if typed else row.flags,
        "topics": [("", ""), *topics],
        "fields_known": [("", _("不属于优先领域")), *priority_fields],
        "classes": [c for c in ResearchClass.choices if c[0] in scheme.research_classes],
    }


def pairs_of(row: Application, name: str) -> Pairs:
    """Return what the controls of a field send when they hold its stored value."""
    f = questions_of(row).get(name)
    if f is not None:
        return f.of.pairs(f, row.answers.get(name))
    value = plain(getattr(row, name))
    if name == "amount_fen":
        return [("amount_wan", wan_typed(value))]
    if name == "flags":
        return [("flags", ""), *(("flags", v) for v in value)]
    if name == "unsuitable":
        return [("unsuitable", "\n".join(value))]
    if name in CODES and (record := getattr(row, name)):
        return [(name, f"{record.code} {named(record)}")]
    return [(name, "" if value is None else str(value))]
