"""The answers of one subject worked out: which questions are asked, what is calculated, what expressions may read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from headwater.core.money import Fen
from headwater.forms.context import Context
from headwater.forms.expressions import ExpressionError, Value, evaluate, parse
from headwater.forms.shapes import Field, Form


class Answers:
    """The answers stored for one subject under its form. Hidden questions have no answer, whatever is stored."""

    def __init__(self, form: Form, stored: Mapping[str, Any], context: Context) -> None:
        self.form, self.context = form, context
        self._stored: Mapping[str, Any] = stored
        self.hidden: set[str] = set()
        self.calculated: dict[str, Any] = {}
        self.values: dict[str, Value] = dict(context.built_in())
        late = set(form.order)
        for f in form.fields:
            if f.code not in late:
                self.values |= f.of.operands(f, self.stored(f), self)
        for code in form.order:
            late_one = form.field(code)
            if late_one is not None:
                self._work_out(late_one)

    def _work_out(self, f: Field) -> None:
        if f.when and self.holds(f.when) is not True:
            self.hidden.add(f.code)
            self.values |= f.of.operands(f, None, self)
            return
        if f.value:
            self.calculated[f.code] = f.of.plain(f, self.evaluate(f.value))
        self.values |= f.of.operands(f, self.get(f.code), self)

    def stored(self, f: Field) -> Any:
        return self._stored.get(f.code)

    def get(self, code: str) -> Any:
        """The answer as it stands: nothing for a hidden question, the calculated value where there is one."""
        if code in self.hidden:
            return None
        f = self.form.field(code)
        if f is not None and f.value:
            return self.calculated.get(code)
        return self._stored.get(code)

    def parameter(self, key: str) -> Value:
        """A dated parameter for expressions: "support_fen.max" is the `max` of the table `support_fen`."""
        name, _dot, part = key.partition(".")
        value = self.context.parameter(name)
        if part:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return Fen(int(value)) if name.endswith("_fen") else Decimal(str(value))

    def evaluate(self, source: str, values: Mapping[str, Value] | None = None) -> Value:
        """The value of an expression, or None when it cannot be told."""
        try:
            return evaluate(parse(source), self.values if values is None else values, self.parameter)
        except ExpressionError:
            return None

    def holds(self, source: str) -> bool | None:
        value = self.evaluate(source)
        return value if isinstance(value, bool) else None

    @cached_property
    def asked_sections(self) -> list[tuple[Any, list[Field]]]:
        """(section, its questions that are asked); a section without any is left out."""
        parts = [(s, [f for f in s.fields if f.code not in self.hidden]) for s in self.form.sections]
        return [(s, fields) for s, fields in parts if fields]

    def rows(self, f: Field) -> list[dict[str, Any]]:
        """The rows of a table with their calculated columns."""
        return self.rows_in(f, self.get(f.code))

    def rows_in(self, f: Field, value: Any) -> list[dict[str, Any]]:
        rows = f.of.rows_of(value)
        if not isinstance(rows, list):
            return []
        return [self._row(f, row) for row in rows if isinstance(row, dict)]

    def _row(self, f: Field, row: dict[str, Any]) -> dict[str, Any]:
        worked = [c for c in f.columns if c.value]
        if not worked:
            return row
        values = {c.code: c.of.operand(row.get(c.code)) for c in f.columns}
        return row | {c.code: c.of.plain(c, self.evaluate(c.value, values)) for c in worked}
