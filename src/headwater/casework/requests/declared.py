"""What the app of a record declares of requests about it: the kinds that are open to a record, guards, and what acceptance does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from headwater.casework.requests.kinds import RequestKind
from headwater.core.command import Log
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.core.register import Register

Text = str | Promise | Bilingual


@dataclass(frozen=True)
class Asked:
    """What a request asks of a record: its kind, its answers by question, and from which day; its key, and the account that proposed it."""

    record: Any
    kind: RequestKind
    answers: Mapping[str, Any]
    on: date
    request: int | None = None
    account: Any = None

    @property
    def sets(self) -> dict[str, Any]:
        """The answers by the value of the record that takes them."""
        return {target: self.answers.get(code) for target, code in self.kind.sets.items()}


@dataclass(frozen=True)
class Standing:
    """A value of the record that requests change: what it is called, and what stands there now in words."""

    label: Text
    now: Callable[[Any], Text]


@dataclass(frozen=True)
class Effect:
    """What acceptance does besides setting values: `label` says it in words, `work` does it with the log of the acceptance."""

    label: Text
    work: Callable[[Asked, Log], None]


Guard = Callable[[Asked], Iterable[Reason]]


@dataclass(frozen=True)
class Party:
    """Who may propose without a role: its name, and whether an account is one for a record."""

    label: Text
    holds: Callable[[Any, Any], bool]


@dataclass(frozen=True)
class RequestsOf:
    """Requests about one kind of record. `kinds` gives those that the region declares for a record, whatever its state; `state` its
    state, by which a kind may be closed; `reach` the records that anybody who is signed in may know of and ask about, beside those that one sees
    whole; `change` sets values of the record from a day on, under the lock that the engine has taken
    (`sets`: name of the value to its answer), and writes what it changed to the log. `first` gives what a form may take over from
    the record, `people` the persons who have a part in a request and approve nothing about it (without it, those of the record).
    """

    kinds: Callable[[Any], Mapping[str, RequestKind]]
    state: Callable[[Any], str]
    change: Callable[[Asked, Log], None]
    settable: Mapping[str, Standing] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    parties: Mapping[str, Party] = field(default_factory=dict)
    first: Callable[[Any], Mapping[str, Any]] = lambda _record: {}
    people: Callable[[Asked], Iterable[int]] | None = None
    reach: Callable[[], QuerySet[Any]] | None = None


REQUESTS: Register[RequestsOf] = Register("kind of record with requests")
"""By kind of record (app.model), which is also a kind of subject of casework."""


def requests_of(record: Any) -> RequestsOf | None:
    """Return what is declared of requests about a record; None where there are none about its kind."""
    label = record._meta.label_lower
    return REQUESTS.get(label)
