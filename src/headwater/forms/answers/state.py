"""The answers of one application worked out: which questions are asked, what is calculated, what expressions may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from headwater.core import clock
from headwater.forms.answers.budgets import direct_fen, total_fen
from headwater.forms.expressions import ExpressionError, Money, Rows, Value, evaluate, parse
from headwater.forms.shapes import Field
from headwater.schemes import Scheme

ParameterOf = Callable[[str], Any]


class Answers:
    """The answers of `row` under its scheme. Hidden questions have no answer, whatever is stored."""

    def __init__(
        self,
        scheme: Scheme,
        row: Any,
        *,
        call: Any,
        parameter: ParameterOf,
        attached: Mapping[str, int] | None = None,
        members: int = 0,
        files: Mapping[str, list[str]] | None = None,
        known: Mapping[str, Value] | None = None,
    ) -> None:
        self.scheme, self.row, self.call, self.raw_parameter = scheme, row, call, parameter
        self.file_names: Mapping[str, list[str]] = files or {}
        self.attached: Mapping[str, int] = attached or {kind: len(names) for kind, names in self.file_names.items()}
        self.members = members
        self.hidden: set[str] = set()
        self.calculated: dict[str, Any] = {}
        self.values: dict[str, Value] = self._built_in() | dict(known or {})
        late = set(scheme.order)
        for f in scheme.fields:
            if f.code not in late:
                self.values |= operands(f, self.stored(f), self)
        for code in scheme.order:
            late_one = scheme.field(code)
            if late_one is not None:
                self._work_out(late_one)

    def _built_in(self) -> dict[str, Value]:
        row = self.row
        return {
            "amount": Money(row.amount_fen or 0),
            "months": Decimal(row.months or 0),
            "starts_on": row.starts_on,
            "members": Decimal(self.members),
            "year": Decimal(self.call.year),
            "deadline": clock.last_day(self.call.closes_at),
            "research_class": str(row.research_class),
            "flags": frozenset(f for f in row.flags or () if isinstance(f, str)),
        }

    def _work_out(self, f: Field) -> None:
        if f.when and self.holds(f.when) is not True:
            self.hidden.add(f.code)
            self.values |= operands(f, None, self)
            return
        if f.value:
            self.calculated[f.code] = plain(f, self.evaluate(f.value))
        self.values |= operands(f, self.get(f.code), self)

    def stored(self, f: Field) -> Any:
        return (self.row.answers or {}).get(f.code)

    def get(self, code: str) -> Any:
        """The answer as it stands: nothing for a hidden question, the calculated value where there is one."""
        if code in self.hidden:
            return None
        f = self.scheme.field(code)
        if f is not None and f.value:
            return self.calculated.get(code)
        return self.row.answers.get(code) if self.row.answers else None

    def parameter(self, key: str) -> Value:
        """A dated parameter for expressions: "support_fen.max" is the `max` of the table `support_fen`."""
        name, _dot, part = key.partition(".")
        value = self.raw_parameter(name)
        if part:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return Money(int(value)) if name.endswith("_fen") else Decimal(str(value))

    def evaluate(self, source: str, values: Mapping[str, Value] | None = None) -> Value:
        """The value of an expression, or None when it cannot be told."""
        try:
            return evaluate(parse(source), self.values if values is None else values, self.parameter)
        except ExpressionError:
            return None

    def holds(self, source: str) -> bool | None:
        found = self.evaluate(source)
        return found if isinstance(found, bool) else None

    @cached_property
    def shown(self) -> list[tuple[Any, list[Field]]]:
        """(section, its questions that are asked); a section without any is left out."""
        found = [(s, [f for f in s.fields if f.code not in self.hidden]) for s in self.scheme.sections]
        return [(s, fields) for s, fields in found if fields]

    def rows(self, f: Field) -> list[dict[str, Any]]:
        """The rows of a table with their calculated columns."""
        return self.rows_in(f, self.get(f.code))

    def rows_in(self, f: Field, value: Any) -> list[dict[str, Any]]:
        rows = (value.get("rows") if isinstance(value, dict) else value) or []
        if not isinstance(rows, list):
            return []
        return [self._row(f, row) for row in rows if isinstance(row, dict)]

    def _row(self, f: Field, row: dict[str, Any]) -> dict[str, Any]:
        worked = [c for c in f.columns if c.value]
        if not worked:
            return row
        values = {c.code: operand(c, row.get(c.code)) for c in f.columns}
        return row | {c.code: plain(c, self.evaluate(c.value, values)) for c in worked}


def plain(f: Field, value: Value) -> Any:
    """A calculated value as it would be stored."""
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, Decimal):
        if f.type == "money":
            return 0 if value == 0 else None
        value = round(value, f.decimals)
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def operand(f: Field, value: Any) -> Value:
    """A stored answer as expressions see it; None for none, and for one that does not have the declared type."""
    if f.type == "choices":
        return frozenset(v for v in value if isinstance(v, str)) if isinstance(value, list) else frozenset()
    if value is None or value == "":
        return None
    try:
        if f.type == "number":
            return Decimal(str(value))
        if f.type == "money":
            return Money(int(value))
        if f.type == "date":
            return date.fromisoformat(str(value))
        if f.type in {"person", "organisation"}:
            return str(value["name"]) or None
    except (ArithmeticError, ValueError, TypeError, KeyError):
        return None
    return value if isinstance(value, str) else None


def operands(f: Field, value: Any, answers: Answers) -> dict[str, Value]:
    """The names that one question gives to expressions."""
    if f.type == "file":
        count = answers.attached.get(f.kind, 0)
        return {f.code: Decimal(count) if count else None}
    if f.type not in {"table", "milestones", "budget"}:
        return {f.code: operand(f, value)}
    rows = answers.rows(f) if value else []
    out: dict[str, Value] = {f.code: Rows(rows)}
    out |= {f"{f.code}.{c.code}": [operand(c, row.get(c.code)) for row in rows] for c in f.columns}
    if f.type == "budget":
        budget = value if isinstance(value, dict) else {}
        total = answers.row.amount_fen if f.regime == "lump" else total_fen(budget)
        out |= {
            f"{f.code}.total": Money(total or 0),
            f"{f.code}.direct": Money(direct_fen(budget)),
            f"{f.code}.indirect": Money(int(budget.get("indirect") or 0)),
        }
    return out
