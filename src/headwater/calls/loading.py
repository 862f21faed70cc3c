"""Loads the answers of applications with what they depend on: dated parameters, files, members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.calls.applicants import RecordValues, record_values_of
from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import terms_of
from headwater.core import clock
from headwater.core.money import Fen
from headwater.forms.answers.state import Answers
from headwater.forms.expressions import Value
from headwater.schemes import Scheme

AnswersOf = Callable[[Application, Mapping[str, int], int], Answers]


@dataclass(frozen=True)
class ApplicationContext:
    """What the form of a scheme may read of an application: its basic information, its members and files, the terms of its
    call, and the `record_values` of its applicant and host.
    """

    row: Application
    call: Call
    scheme: Scheme
    terms: Callable[[str], Any]
    members: int = 0
    attached_files: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    record_values: Mapping[str, Value] = field(default_factory=dict)

    def built_in(self) -> dict[str, Value]:
        row = self.row
        own: dict[str, Value] = {
            "amount": Fen(row.amount_fen or 0),
            "months": Decimal(row.months or 0),
            "starts_on": row.starts_on,
            "members": Decimal(self.members),
            "year": Decimal(self.call.year),
            "deadline": self.day(),
            "research_class": str(row.research_class),
            "flags": frozenset(f for f in row.flags or () if isinstance(f, str)),
        }
        return own | dict(self.record_values)

    def parameter(self, key: str) -> Any:
        return self.terms(key)

    def attached(self) -> Mapping[str, int]:
        return self.attached_files

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return self.files

    def asked_fen(self) -> int | None:
        return self.row.amount_fen if self.scheme.has_money else None

    def lump_fen(self) -> int:
        return self.row.amount_fen or 0

    def day(self) -> date:
        return clock.last_day(self.call.closes_at)


def _stored(row: Application) -> Mapping[str, Any]:
    return row.answers if row.answers is not None else {}


def answers_in(call: Call, rows: Sequence[Application] = ()) -> AnswersOf:
    """Return a function that makes the answers of applications of one call from what the caller has read already. It reads
    applicants and hosts of `rows` at once, where an expression of the scheme names them, and nothing else of the database.
    """
    scheme, terms = scheme_of(call), terms_of(call)
    record_values = on_record(scheme, rows)

    def make(row: Application, attached: Mapping[str, int], members: int) -> Answers:
        context = ApplicationContext(row, call, scheme, terms, members, attached, record_values=record_values.get(row.pk, {}))
        return Answers(scheme, _stored(row), context)

    return make


def on_record(scheme: Scheme, rows: Sequence[Application]) -> Mapping[int, RecordValues]:
    """Return what is on record of applicants and hosts by application, for a scheme whose expressions name it."""
    return record_values_of(rows) if rows and scheme.reads_record else {}


def answers_of(row: Application) -> Answers:
    """Return the answers of one application (2 queries)."""
    files: dict[str, list[str]] = defaultdict(list)
    for kind, name in row.attachments.order_by("pk").values_list("kind", "file__name"):
        files[kind].append(name)
    scheme, members = scheme_of(row.call), row.participants.count()
    counts = {kind: len(names) for kind, names in files.items()}
    record_values = on_record(scheme, [row]).get(row.pk, {})
    context = ApplicationContext(row, row.call, scheme, terms_of(row.call), members, counts, files, record_values)
    return Answers(scheme, _stored(row), context)
