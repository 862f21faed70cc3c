"""The history of an entry from its events, and what it was on any earlier day. No other history is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from headwater.core.i18n import named
from headwater.core.indicators import through
from headwater.core.models import Event
from headwater.core.sentences import act_words, who_words
from headwater.forms.fieldtype import label
from headwater.registers.kinds import kind_of
from headwater.registers.values import told, values_of

SILENT = frozenset({"version", "group", "is_public", "origin_id", "origin_code", "state_due"})
"""Columns whose changes a page does not tell: they follow from others."""
MOST = 300


def events_of(entry: Any) -> Any:
    return Event.objects.filter(subject_type=entry._meta.label_lower, subject_id=entry.pk)


def as_of(entry: Any, day: date) -> dict[str, Any] | None:
    """Return what events tell of an entry as it was at the end of a day: plain values by column; None where it was not there yet (1 query).

    The present values are worked back: each later event has what stood before it.
    """
    names, values = {name for name, _attribute in told(type(entry))}, values_of(entry)
    later = events_of(entry).filter(at__gte=through(day)).order_by("-id").values_list("before", "after")
    for before, after in later:
        if before is None and after and "number" in after:
            return None
        for name, value in (before or {}).items():
            if name in names:
                values[name] = value
    return {name: value for name, value in values.items() if value not in (None, "", {})}


@dataclass(frozen=True)
class Line:
    """One act in the history of an entry: when, who, what, about what and why, and what changed: (name, before, after)."""

    at: Any
    who: str
    act: str
    reason: str
    changes: Sequence[tuple[str, str, str]]


def lines(entry: Any, *, restricted: bool) -> list[Line]:
    """Return the history of an entry, the latest first; restricted answers only for those who may read them (1 query, and one for each kind of
    record that the events refer to).
    """
    events = list(events_of(entry).order_by("-id")[:MOST])
    words = Words(entry, restricted=restricted)
    words.load([part for e in events for part in (e.before or {}, e.after or {})])
    return [_line(event, words) for event in events]


def _line(event: Event, words: Words) -> Line:
    before, after = event.before or {}, event.after or {}
    verb = words.kind.verb.get(after.get("verb", ""))
    act = str(verb.label) if verb else act_words(event.command)
    is_first = event.before is None and "number" in after
    why = "。".join(str(after[name]) for name in ("about", "reason") if after.get(name))
    return Line(event.at, who_words(event), act, why, [] if is_first else words.changes(before, after))


class Words:
    """What the columns and answers of an entry are called, and their values in words."""

    def __init__(self, entry: Any, *, restricted: bool) -> None:
        self.model, self.kind = type(entry), kind_of(entry)
        self.restricted = restricted
        self.columns = {name for name, _attribute in told(self.model)} - SILENT
        self.records: dict[str, dict[int, Any]] = {}

    def load(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Read the records to which values refer: one query for each column that does."""
        for name in self.columns:
            model = self.model._meta.get_field(name).related_model
            keys = {p[name] for p in parts if isinstance(p.get(name), int)} if model else set()
            if keys and isinstance(model, type):
                self.records[name] = model._default_manager.in_bulk(keys)  # type: ignore[attr-defined]

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        lines = []
        for name in {**before, **after}:
            if name == "answers":
                lines += self._answers(before.get(name) or {}, after.get(name) or {})
            elif name in self.columns and before.get(name) != after.get(name):
                lines.append((self.label(name), self.value(name, before.get(name)), self.value(name, after.get(name))))
        return lines

    def label(self, name: str) -> str:
        try:
            return str(self.model._meta.get_field(name).verbose_name)
        except (FieldDoesNotExist, AttributeError):
            return name

    def value(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return _("空")
        if name == "state":
            return str(self.kind.state[value].label) if value in self.kind.state else str(value)
        if name in self.records:
            record = self.records[name].get(value)
            return named(record) if record else str(value)
        choices = dict(getattr(self.model._meta.get_field(name), "flatchoices", ()))
        if value in choices:
            return str(choices[value])
        if isinstance(value, bool):
            return _("是") if value else _("否")
        return str(value)

    def _answers(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        rows = []
        for f in self.kind.form.fields:
            if before.get(f.code) != after.get(f.code) and (self.restricted or not f.restricted):
                rows.append((label(f), _cell(f, before.get(f.code)), _cell(f, after.get(f.code))))
        return rows

    def facts(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the columns of a state of the entry in words, in the order of its table, then its answers."""
        names = [
            name for name, _attribute in told(self.model) if name in self.columns and name not in {"answers", "kind", "invented"}
        ]
        rows = [(self.label(n), self.value(n, values[n])) for n in names if values.get(n) not in (None, "")]
        answers = values.get("answers") or {}
        visible = [
            f
            for f in self.kind.form.fields
            if answers.get(f.code) not in (None, "", []) and (self.restricted or not f.restricted)
        ]
        return rows + [(label(f), _cell(f, answers[f.code])) for f in visible]


def _cell(f: Any, value: Any) -> str:
    if value in (None, "", []):
        return _("空")
    rows = f.of.rows_of(value)
    return _("%d 行") % len(rows) if rows is not None else f.of.text(f, value)
