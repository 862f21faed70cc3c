"""Transition tables. The same table moves records, shows buttons, draws the diagram and generates tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from headwater.core.command import Log
from headwater.core.errors import Reason, Refused
from headwater.core.permission import may
from headwater.core.prepared import write
from headwater.core.register import Register

Guard = Callable[[Any], Reason | None]


@dataclass(frozen=True)
class Transition:
    """`verb` moves a record from `source` to `target`; `action` says who may; guards say when not."""

    source: str
    verb: str
    target: str
    action: str
    label: str | Promise
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Prospect:
    """What a verb would do to a record: its transition, and every reason against it."""

    record: Any
    transition: Transition | None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """All transitions of one model's `state` field."""

    name: str
    model: str
    states: type[models.TextChoices]
    transitions: tuple[Transition, ...]
    index: dict[tuple[str, str], Transition] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for t in self.transitions:
            if (t.source, t.verb) in self.index:
                raise ValueError(f"{self.name}: two transitions {t.verb!r} from {t.source!r}")
            self.index[t.source, t.verb] = t
        WORKFLOWS.add(self.name, self)

    def buttons(self, record: Any, user: Any) -> list[Transition]:
        """Return the transitions open to `user` from the record's state."""
        return [t for t in self.transitions if t.source == record.state and may(user, t.action, record)]

    def find(self, record: Any, verb: str) -> Transition | Reason:
        transition = self.index.get((record.state, verb))
        if transition:
            return transition
        state = self.states(record.state).label
        return Reason(_("%(record)s 处于“%(state)s”状态，不能执行该操作") % {"record": record, "state": state}, code="state")

    def weigh(self, record: Any, verb: str, account: Any) -> Prospect:
        """Return what `verb` would do to `record`, changing nothing: a preview asks this, and so does the change itself.

        `account` is None for the system, which may do everything.
        """
        match = self.find(record, verb)
        if isinstance(match, Reason):
            return Prospect(record, None, (match,))
        if account is not None and not may(account, match.action, record):
            return Prospect(record, match, (Reason(_("您无权对 %(record)s 执行该操作") % {"record": record}, code="permission"),))
        return Prospect(record, match, tuple(r for guard in match.guards if (r := guard(record))))

    def diagram(self) -> str:
        """Return the table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        lines += [f"    {t.source} --> {t.target}: {t.verb}" for t in self.transitions]
        return "\n".join(lines)

    def apply(self, queryset: models.QuerySet[Any], verb: str, log: Log, **changes: Any) -> list[Any]:
        """Move every row of `queryset` by `verb`: all of them, or none.

        Rows are locked in key order; states, permissions and guards are checked after the lock; `changes` are written with
        the new state; one event is logged for each row. Runs three queries, whatever the number of rows.

        Raises:
            Refused: with every reason of every row.
        """
        return self.move(list(queryset.select_for_update(of=("self",)).order_by("pk")), verb, log, **changes)

    def move(self, rows: list[Any], verb: str, log: Log, **changes: Any) -> list[Any]:
        """Move rows like `apply`, which the caller has locked already in this transaction."""
        prospects = [self.weigh(row, verb, log.actor.account) for row in rows]
        reasons = list(dict.fromkeys(r for w in prospects for r in w.reasons))
        if reasons:
            raise Refused(reasons)
        moves = [(w.record, w.transition) for w in prospects if w.transition]
        self._write(moves, log, changes)
        return rows

    def _write(self, moves: Sequence[tuple[Any, Transition]], log: Log, changes: dict[str, Any]) -> None:
        by_target: dict[str, list[Any]] = {}
        for row, transition in moves:
            log(row, before={"state": row.state}, after={"state": transition.target, **_plain(changes)})
            by_target.setdefault(transition.target, []).append(row)
        for target, rows in by_target.items():
            write(type(rows[0]), [r.pk for r in rows], {"state": target, **changes})
            for row in rows:
                row.state = target
                for name, value in changes.items():
                    setattr(row, name, value)


WORKFLOWS: Register[Workflow] = Register("workflow")


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    simple = (str, int, float, bool, type(None), list, dict)
    return {k: (v if isinstance(v, simple) else v.pk if isinstance(v, models.Model) else str(v)) for k, v in changes.items()}


def groups(states: Iterable[str]) -> frozenset[str]:
    return frozenset(states)
