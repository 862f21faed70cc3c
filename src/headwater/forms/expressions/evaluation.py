"""The value of an expression over answers. What is not known stays None; and/or know enough when one side decides."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from headwater.core.money import Fen
from headwater.forms.expressions.syntax import Call, ExpressionError, Literal, Name, Node, Operation

MAX_STEPS = 50_000
MAX_FEN = 10**16
NUMBERS = Context(prec=28, Emin=-40, Emax=40, traps=[InvalidOperation, DivisionByZero, Overflow])

Value = Any
"""Decimal, Fen, date, str, bool, list of them (a column), frozenset (choices) or None for what is not known."""


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
        operands = [self.value(o) for o in node.operands]
        if node.operator == "list":
            return frozenset(v for v in operands if isinstance(v, str))
        if node.operator == "in":
            return self.rows(node, lambda a, b: a in b if isinstance(b, frozenset) else False, operands)
        return self.rows(node, SIGNS[node.operator], operands)

    def logic(self, node: Operation) -> Value:
        stop = node.operator == "or"
        operands = [self.value(o) for o in node.operands]
        return self.rows(node, lambda a, b: _decide(a, b, stop), operands, takes_none=True)

    def rows(self, node: Node, work: Callable[..., Value], operands: list[Value], *, takes_none: bool = False) -> Value:
        """Apply `work`, row by row when one of the operands is a column; None in, None out unless the work takes None (`takes_none`)."""
        columns = [f for f in operands if isinstance(f, list)]
        if not columns:
            return self.once(node, work, operands, takes_none)
        size = min(len(c) for c in columns)
        self.step(node, size)
        return [self.once(node, work, [f[n] if isinstance(f, list) else f for f in operands], takes_none) for n in range(size)]

    def once(self, node: Node, work: Callable[..., Value], operands: list[Value], takes_none: bool) -> Value:
        if not takes_none and any(f is None for f in operands):
            return None
        try:
            value = work(*operands)
        except DivisionByZero:
            return None
        except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise ExpressionError(f"cannot be calculated ({type(error).__name__})", node.position) from None
        if isinstance(value, Fen) and abs(value) > MAX_FEN:
            raise ExpressionError("an amount beyond all bounds", node.position)
        return value

    def call(self, node: Call) -> Value:
        if not node.arguments:
            raise ExpressionError(f"{node.function}() without arguments", node.position)
        if node.function == "parameter":
            return self.parameter(str(getattr(node.arguments[0], "value", "")))
        arguments = [self.value(a) for a in node.arguments]
        if node.function == "if":
            return self.rows(node, lambda c, a, b: None if c is None else a if c else b, arguments, takes_none=True)
        if node.function == "filled":
            if isinstance(node.arguments[0], Name) and isinstance(arguments[0], Rows):
                return len(arguments[0]) > 0
            return self.rows(node, lambda v: v not in (None, "", frozenset()), arguments, takes_none=True)
        if node.function in {"min", "max"} and len(arguments) > 1:
            return self.rows(node, lambda *v: _extreme(node.function, list(v)), arguments)
        if node.function in WHOLE:
            if isinstance(arguments[0], list):
                self.step(node, len(arguments[0]))
            return self.once(node, lambda *v: WHOLE[node.function](*v), arguments, False)
        if node.function in EACH:
            return self.rows(node, EACH[node.function], arguments)
        raise ExpressionError(f"no function {node.function!r}", node.position)


class Rows(list[Any]):
    """The rows of a table, counted only."""


def _decide(a: Value, b: Value, stop: bool) -> Value:
    if a is stop or b is stop:
        return stop
    return None if a is None or b is None else not stop


def _level(a: Value, b: Value) -> tuple[Value, Value]:
    """Turn the plain zero of an empty column into an amount beside money."""
    if isinstance(a, Fen) and b == Decimal(0):
        return a, Fen(0)
    return (Fen(0), b) if isinstance(b, Fen) and a == Decimal(0) else (a, b)


def _plus(a: Value, b: Value) -> Value:
    a, b = _level(a, b)
    if isinstance(a, Fen):
        return a + b
    return a + timedelta(days=int(b)) if isinstance(a, date) else NUMBERS.add(a, b)


def _minus(a: Value, b: Value) -> Value:
    a, b = _level(a, b)
    if isinstance(a, Fen):
        return a - b
    return a - timedelta(days=int(b)) if isinstance(a, date) else NUMBERS.subtract(a, b)


def _times(a: Value, b: Value) -> Value:
    if isinstance(b, Fen):
        a, b = b, a
    return a * b if isinstance(a, Fen) else NUMBERS.multiply(a, b)


def _over(a: Value, b: Value) -> Value:
    if b == 0:
        return None
    if isinstance(b, Fen):
        return NUMBERS.divide(Decimal(a), Decimal(b))
    return a / b if isinstance(a, Fen) else NUMBERS.divide(a, b)


def _compare(work: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def compare(a: Value, b: Value) -> bool:
        return work(*_level(a, b))

    return compare


SIGNS: dict[str, Callable[..., Value]] = {
    "not": lambda a: not a,
    "neg": lambda a: -a if isinstance(a, Fen) else NUMBERS.minus(a),
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
    present = [v for v in values if v is not None]
    pick = max if name == "max" else min
    return pick(present) if present else None


def _sum(values: list[Value]) -> Value:
    present = [v for v in values if v is not None]
    if present and isinstance(present[0], Fen):
        return sum(present, Fen(0))
    total = Decimal(0)
    for v in present:
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
