"""What a request holds: its answers worked out, and what it asks of its record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from headwater.casework.requests.declared import REQUESTS, Asked, RequestsOf
from headwater.casework.requests.models import Request
from headwater.casework.requests.versions import kind_of
from headwater.casework.subjects import SUBJECTS, subject_of
from headwater.core import clock
from headwater.forms.answers.state import Answers
from headwater.forms.context import Context
from headwater.forms.expressions import Value


@dataclass(frozen=True)
class RequestContext:
    """What the form of a request may ask: all that its record gives, and the files of the request."""

    of_record: Context
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def built_in(self) -> Mapping[str, Value]:
        return self.of_record.built_in()

    def parameter(self, key: str) -> Any:
        return self.of_record.parameter(key)

    def attached(self) -> Mapping[str, int]:
        return {kind: len(names) for kind, names in self.files.items()}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return self.files

    def asked_fen(self) -> int | None:
        return self.of_record.asked_fen()

    def lump_fen(self) -> int:
        return self.of_record.lump_fen()

    def day(self) -> date:
        return self.of_record.day()


def declared_of(request: Request) -> RequestsOf:
    return REQUESTS[request.subject_kind]


def record_of(request: Request) -> Any:
    """Return the record that a request is about.

    Raises:
        LookupError: it is gone.
    """
    return subject_of(request.subject_kind, request.subject_id)


def context_of(request: Request, record: Any) -> RequestContext:
    """Return what the form may ask, as of the day of submission, or of today while it is written (1 query, and those of the record)."""
    names: dict[str, list[str]] = defaultdict(list)
    if request.pk:
        for kind, name in request.files.filter(comment=None).order_by("pk").values_list("kind", "file__name"):
            names[kind].append(name)
    day = clock.local_day(request.submitted_at) if request.submitted_at and not request.is_writable else clock.today()
    return RequestContext(SUBJECTS[request.subject_kind].context(record, day), names)


def answers_of(request: Request, record: Any, stored: Mapping[str, Any] | None = None) -> Answers:
    """Return the answers worked out: those submitted, or `stored` ones."""
    values = request.answers if stored is None else stored
    return Answers(kind_of(request).form, values, context_of(request, record))


def asked_of(request: Request, record: Any, answers: Answers) -> Asked:
    """Return what a request asks, by the answers given."""
    kind = kind_of(request)
    values = {f.code: answers.get(f.code) for f in kind.form.fields}
    return Asked(record, kind, values, day_asked(request, values), request.pk, request.proposed_by)


def day_asked(request: Request, values: Mapping[str, Any]) -> date:
    """Return the day from which a request holds: the one that was asked for, else the present one, until it is fixed by acceptance."""
    kind = kind_of(request)
    if kind.starts_at_once:
        return request.effective_on or clock.today()
    text = values.get(kind.start)
    return date.fromisoformat(text) if isinstance(text, str) and text else clock.today()
