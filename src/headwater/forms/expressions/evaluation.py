"""The value of an expression over answers. What is not known stays None; and/or know enough when one side decides."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from headwater.forms.expressions.syntax import Call, ExpressionError, Literal, Money, Name, Node, Operation

MAX_STEPS = 50_000
MAX_FEN = 10**16
NUMBERS = Context(prec=28, Emin=-40, Emax=40, traps=[InvalidOperation, DivisionByZero, Overflow])

Value = Any
"""Decimal, Money, date, str, bool, list of them (a column), frozenset (choices) or None for what is not known."""


class _Run:
    def __init__(self, values: Mapping[str, Value], parameter: Callable[[str], Value]) -> None:
        self.values, self.parameter, self.steps = values, parameter, 0

    def step(self, node: Node, count: int = 1) -> None:
        self.steps += count
        if self.steps > MAX_STEPS:
            raise ExpressionError("takes too much work", node.position)

    def value(self, node: Node) -> Value:
        self.step(node)
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Name):
            return self.values.get(node.name)
        if isinstance(node, Call):
            return self.call(node)
        if node.operator in {"and", "or"}:
            return self.logic(node)
        found = [self.value(o) for o in node.operands]
        if node.operator == "list":
            return frozenset(v for v in found if isinstance(v, str))
        if node.operator == "in":
            return self.rows(node, lambda a, b: a in b if isinstance(b, frozenset) else False, found)
        return self.rows(node, SIGNS[node.operator], found)

    def logic(self, node: Operation) -> Value:
        stop = node.operator == "or"
        found = [self.value(o) for o in node.operands]
        return self.rows(node, lambda a, b: _decide(a, b, stop), found, missing=True)

    def rows(self, node: Node, work: Callable[..., Value], found: list[Value], *, missing: bool = False) -> Value:
        """Apply `work`, row by row when one of the operands is a column; None in, None out unless `missing`."""
        columns = [f for f in found if isinstance(f, list)]
        if not columns:
            return self.once(node, work, found, missing)
        size = min(len(c) for c in columns)
        self.step(node, size)
        return [self.once(node, work, [f[n] if isinstance(f, list) else f for f in found], missing) for n in range(size)]

    def once(self, node: Node, work: Callable[..., Value], found: list[Value], missing: bool) -> Value:
        if not missing and any(f is None for f in found):
            return None
        try:
            value = work(*found)
        except DivisionByZero:
            return None
        except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise ExpressionError(f"cannot be calculated ({type(error).__name__})", node.position) from None
        if isinstance(value, Money) and abs(value.fen) > MAX_FEN:
            raise ExpressionError("an amount beyond all bounds", node.position)
        return value

    def call(self, node: Call) -> Value:
        if not node.arguments:
            raise ExpressionError(f"{node.function}() without arguments", node.position)
        if node.function == "parameter":
            return self.parameter(str(getattr(node.arguments[0], "value", "")))
        found = [self.value(a) for a in node.arguments]
        if node.function == "if":
            return self.rows(node, lambda c, a, b: None if c is None else a if c else b, found, missing=True)
        if node.function == "filled":
            if isinstance(node.arguments[0], Name) and isinstance(found[0], Rows):
                return len(found[0]) > 0
            return self.rows(node, lambda v: v not in (None, "", frozenset()), found, missing=True)
        if node.function in {"min", "max"} and len(found) > 1:
            return self.rows(node, lambda *v: _extreme(node.function, list(v)), found)
        if node.function in WHOLE:
            if isinstance(found[0], list):
                self.step(node, len(found[0]))
            return self.once(node, lambda *v: WHOLE[node.function](*v), found, False)
        if node.function in EACH:
            return self.rows(node, EACH[node.function], found)
        raise ExpressionError(f"no function {node.function!r}", node.position)


class Rows(list[Any]):
    """The rows of a table, counted only."""


def _decide(a: Value, b: Value, stop: bool) -> Value:
    if a is stop or b is stop:
        return stop
    return None if a is None or b is None else not stop


def _rounded(fen: Decimal) -> Money:
    return Money(int(fen.quantize(Decimal(1), ROUND_HALF_UP, NUMBERS)))


def _level(a: Value, b: Value) -> tuple[Value, Value]:
    """The sum of an empty column is a plain zero: beside money it is no money."""
    if isinstance(a, Money) and b == Decimal(0):
        return a, Money(0)
    return (Money(0), b) if isinstance(b, Money) and a == Decimal(0) else (a, b)


def _plus(a: Value, b: Value) -> Value:
    a, b = _level(a, b)
    if isinstance(a, Money):
        return Money(a.fen + b.fen)
    return a + timedelta(days=int(b)) if isinstance(a, date) else NUMBERS.add(a, b)


def _minus(a: Value, b: Value) -> Value:
    a, b = _level(a, b)
    if isinstance(a, Money):
        return Money(a.fen - b.fen)
    return a - timedelta(days=int(b)) if isinstance(a, date) else NUMBERS.subtract(a, b)


def _times(a: Value, b: Value) -> Value:
    if isinstance(b, Money):
        a, b = b, a
    return _rounded(NUMBERS.multiply(Decimal(a.fen), b)) if isinstance(a, Money) else NUMBERS.multiply(a, b)


def _over(a: Value, b: Value) -> Value:
    if isinstance(a, Money):
        if isinstance(b, Money):
            return None if b.fen == 0 else NUMBERS.divide(Decimal(a.fen), Decimal(b.fen))
        return None if b == 0 else _rounded(NUMBERS.divide(Decimal(a.fen), b))
    return None if b == 0 else NUMBERS.divide(a, b)


def _compare(work: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def compare(a: Value, b: Value) -> bool:
        a, b = _level(a, b)
        return work(a.fen, b.fen) if isinstance(a, Money) else work(a, b)

    return compare


SIGNS: dict[str, Callable[..., Value]] = {
    "not": lambda a: not a,
    "neg": lambda a: Money(-a.fen) if isinstance(a, Money) else NUMBERS.minus(a),
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
    "==": _compare(operator.eq),
    "!=": _compare(operator.ne),
    "<": _compare(operator.lt),
    "<=": _compare(operator.le),
    ">": _compare(operator.gt),
    ">=": _compare(operator.ge),
}


def _extreme(name: str, values: list[Value]) -> Value:
    known = [v for v in values if v is not None]
    pick = max if name == "max" else min
    return pick(known, key=lambda v: v.fen if isinstance(v, Money) else v) if known else None


def _sum(values: list[Value]) -> Value:
    known = [v for v in values if v is not None]
    if known and isinstance(known[0], Money):
        return Money(sum(v.fen for v in known))
    total = Decimal(0)
    for v in known:
        total = NUMBERS.add(total, v)
    return total


WHOLE: dict[str, Callable[..., Value]] = {
    "sum": _sum,
    "count": lambda v: Decimal(len(v)) if isinstance(v, (Rows, frozenset)) else Decimal(sum(1 for x in v if x is True)),
    "min": lambda v: _extreme("min", v),
    "max": lambda v: _extreme("max", v),
    "all": lambda v: False if any(x is False for x in v) else None if any(x is None for x in v) else True,
    "any": lambda v: True if any(x is True for x in v) else None if any(x is None for x in v) else False,
    "distinct": lambda v: Decimal(len({x for x in v if x not in (None, "")})),
}
EACH: dict[str, Callable[..., Value]] = {
    "len": lambda text: Decimal(len(text.strip())),
    "days": lambda a, b: Decimal((b - a).days),
    "year": lambda a: Decimal(a.year),
}


def evaluate(node: Node, values: Mapping[str, Value], parameter: Callable[[str], Value] = lambda _key: None) -> Value:
    """The value of a checked expression; a name that is absent from `values` is not known.

    Raises:
        ExpressionError: the answers do not have the types that were declared, or the work or a figure is beyond all bounds.
    """
    return _Run(values, parameter).value(node)
