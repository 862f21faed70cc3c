"""The type of an expression, found before any answer exists: a package with `amount + months` does not load."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from headwater.core.money import Fen
from headwater.core.register import Register
from headwater.forms.expressions.syntax import Call, ExpressionError, Literal, Name, Node, Operation


@dataclass(frozen=True)
class Type:
    """`kind` is number, money, date, text, yes-or-no, choices, rows or list. `table` is set for the values of a column: an
    operation on one works row by row. `codes` are the only texts that can occur."""

    kind: str
    table: str = ""
    codes: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"a column of {self.kind}" if self.table and self.kind != "rows" else self.kind


NUMBER, MONEY, DATE, TEXT, YES, LIST = (Type(k) for k in ("number", "money", "date", "text", "yes-or-no", "list"))
Types = Mapping[str, Type]


def type_of(node: Node, types: Types) -> Type:
    """The type of `node` over names with their types ("goal", and "staff.months" for columns).

    Raises:
        ExpressionError: an unknown name or function, or kinds that do not go together.
    """
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Name):
        if node.name not in types:
            near = sorted(n for n in types if n.startswith(node.name[:2]))[:5]
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise ExpressionError(f"no answer is called {node.name!r}{hint}", node.position)
        return types[node.name]
    if isinstance(node, Call):
        if node.function not in FUNCTIONS:
            raise ExpressionError(f"no function {node.function!r}; known: {', '.join(sorted(FUNCTIONS))}", node.position)
        return FUNCTIONS[node.function](node, [type_of(a, types) for a in node.arguments])
    return _operation(node, [type_of(o, types) for o in node.operands])


def _literal(node: Literal) -> Type:
    kinds = {bool: YES, str: TEXT, Fen: MONEY, Decimal: NUMBER, date: DATE}
    return kinds[type(node.value)]


def _wrong(node: Node, expected: str, *types: Type) -> ExpressionError:
    return ExpressionError(f"expected {expected}, found {' and '.join(str(f) for f in types)}", node.position)


def _operation(node: Operation, kinds: list[Type]) -> Type:
    sign = node.operator
    if sign == "list":
        if any(k != TEXT for k in kinds):
            raise _wrong(node, "texts in a list", *[k for k in kinds if k != TEXT])
        return replace(LIST, codes=frozenset(str(o.value) for o in node.operands if isinstance(o, Literal)))
    table = _one_table(node, kinds)
    if sign in {"and", "or", "not"}:
        if any(k.kind != YES.kind for k in kinds):
            raise _wrong(node, f"yes-or-no on both sides of {sign!r}" if sign != "not" else "yes-or-no after 'not'", *kinds)
        return Type(YES.kind, table)
    if sign == "neg":
        if kinds[0].kind not in {"number", "money"}:
            raise _wrong(node, "a number or money after '-'", kinds[0])
        return kinds[0]
    if sign == "in":
        return _within(node, kinds[0], kinds[1], table)
    if sign in {"+", "-", "*", "/"}:
        return Type(_arithmetic(node, kinds[0].kind, kinds[1].kind, kinds), table)
    return _comparison(node, kinds, table)


def _one_table(node: Node, kinds: Sequence[Type]) -> str:
    tables = {k.table for k in kinds if k.table}
    if len(tables) > 1:
        raise ExpressionError(f"columns of different tables: {', '.join(sorted(tables))}", node.position)
    return tables.pop() if tables else ""


SUMS = {
    ("number", "+", "number"): "number",
    ("number", "-", "number"): "number",
    ("money", "+", "money"): "money",
    ("money", "-", "money"): "money",
    ("number", "*", "number"): "number",
    ("money", "*", "number"): "money",
    ("number", "*", "money"): "money",
    ("number", "/", "number"): "number",
    ("money", "/", "number"): "money",
    ("money", "/", "money"): "number",
    ("date", "+", "number"): "date",
    ("date", "-", "number"): "date",
}


def _arithmetic(node: Operation, left: str, right: str, kinds: Sequence[Type]) -> str:
    kind = SUMS.get((left, node.operator, right))
    if kind is None:
        hint = "; use days(from, to)" if (left, right) == ("date", "date") else ""
        raise ExpressionError(f"{kinds[0]} {node.operator} {kinds[1]} has no meaning{hint}", node.position)
    return kind


def _comparison(node: Operation, kinds: Sequence[Type], table: str) -> Type:
    left, right = kinds
    ordered = left.kind in {"number", "money", "date"}
    if left.kind != right.kind or not (ordered or (left.kind in {"text", YES.kind} and node.operator in {"==", "!="})):
        raise ExpressionError(f"cannot compare {left} with {right} by {node.operator!r}", node.position)
    for side, other in ((node.operands[0], right), (node.operands[1], left)):
        if isinstance(side, Literal) and other.codes is not None and side.value not in other.codes:
            raise ExpressionError(f"{side.value!r} is not one of {', '.join(sorted(other.codes))}", side.position)
    return Type(YES.kind, table)


def _within(node: Operation, left: Type, right: Type, table: str) -> Type:
    if left.kind != "text" or right.kind not in {"choices", "list"}:
        raise _wrong(node, "a text on the left of 'in' and choices or a list on the right", left, right)
    texts, choices = (right.codes, left.codes) if right.kind == "list" else (None, None)
    if right.kind == "choices" and isinstance(node.operands[0], Literal):
        texts, choices = frozenset({str(node.operands[0].value)}), right.codes
    strange = sorted((texts or frozenset()) - choices) if choices is not None else []
    if strange:
        raise ExpressionError(f"{strange[0]!r} is not one of {', '.join(sorted(choices or ()))}", node.position)
    return Type(YES.kind, table)


Typing = Callable[[Call, list[Type]], Type]
FUNCTIONS: Register[Typing] = Register("function of expressions")


def _function(name: str, least: int, most: int) -> Callable[[Typing], Typing]:
    def wrap(work: Typing) -> Typing:
        def typed(node: Call, kinds: list[Type]) -> Type:
            if not least <= len(kinds) <= most:
                count = str(least) if least == most else f"{least} to {most}"
                raise ExpressionError(f"{name}() takes {count} arguments, found {len(kinds)}", node.position)
            return work(node, kinds)

        return FUNCTIONS.add(name, typed)

    return wrap


@_function("sum", 1, 1)
def _sum(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind not in {"number", "money"} or not kinds[0].table:
        raise _wrong(node, "a column of number or money in sum()", kinds[0])
    return Type(kinds[0].kind)


@_function("count", 1, 1)
def _count(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind not in {"rows", "choices"} and not (kinds[0].kind == YES.kind and kinds[0].table):
        raise _wrong(node, "a table, choices or a condition on its columns in count()", kinds[0])
    return NUMBER


def _extreme(node: Call, kinds: list[Type]) -> Type:
    if len({k.kind for k in kinds}) > 1 or kinds[0].kind not in {"number", "money", "date"}:
        raise _wrong(node, f"numbers, money or dates of one kind in {node.function}()", *kinds)
    if len(kinds) == 1 and not kinds[0].table:
        raise _wrong(node, f"a column, or several values, in {node.function}()", *kinds)
    return Type(kinds[0].kind, "" if len(kinds) == 1 else _one_table(node, kinds))


_function("min", 1, 10)(_extreme)
_function("max", 1, 10)(_extreme)


@_function("len", 1, 1)
def _len(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind in {"choices", "rows"}:
        raise _wrong(node, "a text in len(); count() tells how many there are", kinds[0])
    if kinds[0].kind != "text":
        raise _wrong(node, "a text in len()", kinds[0])
    return Type("number", kinds[0].table)


@_function("if", 3, 3)
def _if(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind != YES.kind or kinds[1].kind != kinds[2].kind or kinds[1].kind == "rows":
        raise _wrong(node, "if(yes-or-no, a, b) with a and b of one kind", *kinds)
    return Type(kinds[1].kind, _one_table(node, kinds))


@_function("days", 2, 2)
def _days(node: Call, kinds: list[Type]) -> Type:
    if {k.kind for k in kinds} != {"date"}:
        raise _wrong(node, "two dates in days(from, to)", *kinds)
    return Type("number", _one_table(node, kinds))


@_function("year", 1, 1)
def _year(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind != "date":
        raise _wrong(node, "a date in year()", kinds[0])
    return Type("number", kinds[0].table)


@_function("filled", 1, 1)
def _filled(node: Call, kinds: list[Type]) -> Type:
    return Type(YES.kind, "" if kinds[0].kind == "rows" else kinds[0].table)


def _quantified(node: Call, kinds: list[Type]) -> Type:
    if kinds[0].kind != YES.kind or not kinds[0].table:
        raise _wrong(node, f"a condition on a column in {node.function}()", kinds[0])
    return YES


_function("all", 1, 1)(_quantified)
_function("any", 1, 1)(_quantified)


@_function("distinct", 1, 1)
def _distinct(node: Call, kinds: list[Type]) -> Type:
    if not kinds[0].table or kinds[0].kind == "rows":
        raise _wrong(node, "a column in distinct()", kinds[0])
    return NUMBER


@_function("parameter", 1, 1)
def _parameter(node: Call, kinds: list[Type]) -> Type:
    if not (isinstance(node.arguments[0], Literal) and kinds[0] == TEXT):
        raise ExpressionError('expected the key of a parameter as a text: parameter("support_fen.max")', node.position)
    return MONEY if str(node.arguments[0].value).partition(".")[0].endswith("_fen") else NUMBER
