"""What the type check lets through has a value or the one declared error, over whatever is stored: nothing, ragged tables, odd figures."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.core.money import Fen
from headwater.forms.expressions import ExpressionError, Rows, Type, evaluate, parse, type_of

CODES = frozenset({"a", "b"})
KNOWN = {
    "text": Type("text"),
    "code": Type("text", codes=CODES),
    "number": Type("number"),
    "money": Type("money"),
    "day": Type("date"),
    "yes": Type("yes-or-no"),
    "chosen": Type("choices", codes=CODES),
    "t": Type("rows", "t"),
    "t.text": Type("text", "t"),
    "t.number": Type("number", "t"),
    "t.money": Type("money", "t"),
    "t.day": Type("date", "t"),
    "t.yes": Type("yes-or-no", "t"),
    "t.chosen": Type("choices", "t", codes=CODES),
}
LITERALS = {
    "number": ["0", "1", "2.5", "15%", "99999999999999999999"],
    "money": ["0元", "1万元", "2.5元"],
    "date": ['date("2027-01-31")', 'date("9999-12-31")'],
    "text": ['"a"', '""'],
    "yes-or-no": ["true", "false"],
    "choices": [],
    "rows": [],
}
ORDER = ["==", "!=", "<", "<=", ">", ">="]


def names(kind: str, column: bool) -> list[str]:
    return [n for n, t in KNOWN.items() if t.kind == kind and (column or not t.table or kind == "rows")]


Draw = Any


def leaf(draw: Draw, kind: str, column: bool) -> str:
    return str(draw(st.sampled_from(names(kind, column) + LITERALS[kind])))


FORMS = {
    "number": [
        "({number} {sum} {number})", "({number} {product} {number})", "({money} / {money})", "-{number}", "len({text})", "year({date})",
        "days({date}, {date})", "count(t)", "count(chosen)", "count({yes-or-no*})", "count({choices*})",
        "sum({number*})", "distinct({cell})", 'parameter("p")', "{extreme}({number}, {number})", "{extreme}({number*})",
    ],
    "money": [
        "({money} {sum} {money})", "({money} {product} {number})", "({number} * {money})", "-{money}", "sum({money*})",
        "{extreme}({money}, {money})", "{extreme}({money*})",
    ],
    "date": ["({date} {sum} {number})", "{extreme}({date}, {date})", "{extreme}({date*})"],
    "text": [],
    "yes-or-no": [
        "({number} {order} {number})", "({money} {order} {money})", "({date} {order} {date})", "({text} == {text})",
        "({yes-or-no} != {yes-or-no})", "({yes-or-no} and {yes-or-no})", "({yes-or-no} or {yes-or-no})", "(not {yes-or-no})",
        '("a" in {choices})', '({text} in ["a", "b"])', "filled({anything})", "all({yes-or-no*})", "any({yes-or-no*})",
    ],
}  # fmt: skip
WORDS = {"sum": ["+", "-"], "product": ["*", "/"], "extreme": ["min", "max"], "order": ORDER}
WORDS |= {"cell": [n for n in KNOWN if "." in n], "anything": list(KNOWN)}


def expression(draw: Draw, kind: str, column: bool, depth: int) -> str:
    """An expression of a kind; with `column` it may have a value for each row. A star asks for such a one."""
    forms = [*FORMS.get(kind, []), "if({yes-or-no}, {" + kind + "}, {" + kind + "})"]
    if depth == 0 or kind in {"choices", "rows"} or draw(st.integers(0, 3)) == 0:
        return leaf(draw, kind, column)

    def part(found: re.Match[str]) -> str:
        name = found[1]
        if name in WORDS:
            return str(draw(st.sampled_from(WORDS[name])))
        return expression(draw, name.rstrip("*"), column or name.endswith("*"), depth - 1)

    return re.sub(r"\{([a-z*-]+)\}", part, draw(st.sampled_from(forms)))


@st.composite
def sources(draw: Draw) -> str:
    kind = draw(st.sampled_from(["number", "money", "date", "text", "yes-or-no"]))
    return expression(draw, kind, draw(st.booleans()), 3)


ODD = {
    "text": st.sampled_from(["", "a", "b", "甲 ", "\x00"]),
    "number": st.sampled_from([Decimal(x) for x in ("0", "-1", "2.5", "1E+40", "1E-40", "9" * 28, "NaN", "Infinity")]),
    "money": st.sampled_from([Fen(0), Fen(-5), Fen(10**15), Fen(10**30)]),
    "date": st.sampled_from([date(1, 1, 1), date(2028, 2, 29), date(9999, 12, 31)]),
    "yes-or-no": st.booleans(),
    "choices": st.frozensets(st.sampled_from(["a", "b"])),
}


@st.composite
def answers(draw: Any) -> dict[str, Any]:
    """Stored answers: any may be missing or None, columns may be shorter than their table or empty."""
    found: dict[str, Any] = {}
    for name, kind in KNOWN.items():
        if draw(st.booleans()) and draw(st.booleans()):
            continue
        if name == "t":
            found[name] = Rows(range(draw(st.integers(0, 3))))
        elif kind.table:
            found[name] = draw(st.lists(st.one_of(st.none(), ODD[kind.kind]), max_size=3))
        else:
            found[name] = draw(st.one_of(st.none(), ODD[kind.kind]))
    return found


SHAPES = {"number": Decimal, "money": (Fen, Decimal), "date": date, "text": str, "yes-or-no": bool, "choices": frozenset}


@given(sources(), answers(), st.sampled_from([None, Decimal(3)]))
@settings(max_examples=600, deadline=None)
def test_a_well_typed_expression_has_a_value_of_its_type_or_the_declared_error(source: str, values: Any, parameter: Any) -> None:
    try:
        node = parse(source)
        kind = type_of(node, KNOWN)
    except ExpressionError:
        return
    try:
        value = evaluate(node, values, lambda _key: parameter)
    except ExpressionError:
        return
    if value is None:
        return
    if kind.table and isinstance(value, list):
        assert all(x is None or isinstance(x, SHAPES[kind.kind]) for x in value), (source, value)
    else:
        assert isinstance(value, SHAPES[kind.kind]), (source, value)


@pytest.mark.parametrize("source", ["sum()", "count()", "filled()", "min()", "len()", "parameter()", "days(day)", "if(yes)"])
def test_a_call_that_was_never_checked_has_the_declared_error_too(source: str) -> None:
    with pytest.raises(ExpressionError):
        type_of(parse(source), KNOWN)
    with pytest.raises(ExpressionError):
        evaluate(parse(source), {"day": date(2028, 2, 29), "yes": True})


def test_a_whole_table_is_no_branch_of_a_condition() -> None:
    """It would be counted as a column of conditions: none of its rows is true."""
    with pytest.raises(ExpressionError):
        type_of(parse("count(if(yes, t, t))"), KNOWN)
