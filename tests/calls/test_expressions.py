"""The expression language of schemes: what it means, what it refuses and where, and that nothing hostile gets through."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.core.money import Fen
from headwater.forms.expressions import ExpressionError, Rows, Type, evaluate, names, parameters, parse, type_of

KNOWN = {
    "goal": Type("text"),
    "kind": Type("text", codes=frozenset({"own", "rent"})),
    "domains": Type("choices", codes=frozenset({"soil", "water"})),
    "months": Type("number"),
    "amount": Type("money"),
    "starts_on": Type("date"),
    "agreed": Type("yes-or-no"),
    "items": Type("rows", table="items"),
    "items.name": Type("text", table="items"),
    "items.price": Type("money", table="items"),
    "items.pieces": Type("number", table="items"),
    "items.due": Type("date", table="items"),
    "people": Type("rows", table="people"),
    "people.share": Type("number", table="people"),
}
VALUES: dict[str, Any] = {
    "goal": "草原碳汇",
    "kind": "own",
    "domains": frozenset({"soil"}),
    "months": Decimal(36),
    "amount": Fen(30_000_000),
    "starts_on": date(2027, 1, 1),
    "agreed": True,
    "items": Rows([0, 1, 2]),
    "items.name": ["镜", "秤", None],
    "items.price": [Fen(10_000_000), Fen(2_500), None],
    "items.pieces": [Decimal(2), Decimal(4), Decimal(1)],
    "items.due": [date(2027, 6, 1), date(2028, 6, 1), None],
    "people": Rows(),
    "people.share": [],
}


def result(source: str, **values: Any) -> Any:
    node = parse(source)
    type_of(node, KNOWN)
    return evaluate(node, {**VALUES, **values}, {"cap_fen": Fen(500), "share": Decimal("0.3")}.get)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3 - -1", Decimal(10)),
        ("8 / 4 / 2", Decimal(1)),
        ("15% * 200", Decimal(30)),
        ("80万元", Fen(80_000_000)),
        ("2.5元 + 0.5元", Fen(300)),
        ("amount / 3", Fen(10_000_000)),
        ("1元 / 3", Fen(33)),
        ("2元 / 3 * 1", Fen(67)),
        ("amount / 10万元", Decimal(3)),
        ("0.5 * amount", Fen(15_000_000)),
        ("amount <= 30万元 and months == 36", True),
        ("not months > 36", True),
        ("not not agreed", True),
        ('kind == "own"', True),
        ('kind in ["own", "rent"]', True),
        ('"water" in domains', False),
        ("count(domains)", Decimal(1)),
        ("len(goal)", Decimal(4)),
        ("sum(items.price)", Fen(10_002_500)),
        ("sum(items.price * items.pieces)", Fen(20_010_000)),
        ("count(items)", Decimal(3)),
        ("count(items.price >= 50元)", Decimal(1)),
        ("any(items.price > 1万元)", True),
        ("all(items.price > 1元)", None),
        ("all(items.pieces > 0)", True),
        ("min(items.price)", Fen(2_500)),
        ("max(items.due)", date(2028, 6, 1)),
        ("max(amount, 50万元)", Fen(50_000_000)),
        ("distinct(items.name)", Decimal(2)),
        ('days(starts_on, date("2027-01-31"))', Decimal(30)),
        ("starts_on + 31", date(2027, 2, 1)),
        ("year(starts_on) == 2027", True),
        ("if(agreed, amount, 0元)", Fen(30_000_000)),
        ("sum(people.share)", Decimal(0)),
        ("sum(people.share) == 100%", False),
        ("count(people) == 0 and not filled(people)", True),
        ("filled(items) and filled(goal)", True),
        ('parameter("cap_fen") + 1元', Fen(600)),
        ('parameter("share") * 10', Decimal(3)),
        ('parameter("nothing") > 1', None),
        ("months / 0", None),
        ("true and false", False),
    ],
)
def test_evaluate(source: str, value: Any) -> None:
    assert result(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("months > 3", None),
        ("months > 3 and agreed", None),
        ("months > 3 or agreed", True),
        ("months > 3 and not agreed", False),
        ("not (months > 3)", None),
        ("filled(months)", False),
        ("if(months > 3, 1, 2)", None),
        ("min(months, 3)", None),
    ],
)
def test_evaluate_missing_answer_is_not_known(source: str, value: Any) -> None:
    assert result(source, months=None) is value


def test_evaluate_empty_column_of_money_beside_money() -> None:
    assert result("sum(items.price) == 0元", **{"items.price": []}) is True
    assert result("sum(items.price) + 1元", **{"items.price": []}) == Fen(100)
    assert result("sum(items.price) < amount", **{"items.price": []}) is True


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("", 1, "is empty"),
        ("1 +", 4, "expected a value, found 'the end'"),
        ("1 + * 2", 5, "expected a value, found '*'"),
        ("(1 + 2", 7, "expected ')'"),
        ("1 < 2 < 3", 7, "do not chain"),
        ("months ＞ 3", 8, "unexpected '＞ 3'"),
        ("goal = 3", 6, "unexpected '= 3'"),
        ("12abc", 1, "unexpected"),
        ("1 2", 3, "unexpected '2'"),
        ('"open', 1, "unexpected"),
        ("months & 1", 8, "unexpected"),
        ('date("2027-02-30")', 1, "expected a date"),
        ("date(goal)", 1, "expected a date"),
        ("1" * 21, 1, "more than 20 digits"),
        ("(" * 40 + "1" + ")" * 40, 31, "nested deeper"),
        ("1" + "+1" * 200, 0, "more than 200 parts"),
        ("1 " * 600, 1001, "longer than 1000"),
        ("goals == 1", 1, "did you mean goal?"),
        ("amount + months", 8, "money + number has no meaning"),
        ("amount * amount", 8, "money * money has no meaning"),
        ("starts_on - starts_on", 11, "use days(from, to)"),
        ("amount > 3", 8, "cannot compare money with number"),
        ("goal > goal", 6, "cannot compare text"),
        ('kind == "lend"', 9, "'lend' is not one of own, rent"),
        ('kind in ["own", "lend"]', 6, "'lend' is not one of own, rent"),
        ('"fire" in domains', 8, "'fire' is not one of soil, water"),
        ("months and agreed", 8, "expected yes-or-no on both sides of 'and'"),
        ("-goal", 1, "expected a number or money"),
        ('eval("1")', 1, "no function 'eval'"),
        ('__import__("os")', 1, "no function '__import__'"),
        ("goal.__class__", 1, "no answer is called 'goal.__class__'"),
        ("sum(amount)", 1, "expected a column"),
        ("sum(items.price, 1)", 1, "sum() takes 1 arguments"),
        ("sum(items)", 1, "expected a column"),
        ("items.pieces + people.share", 14, "columns of different tables: items, people"),
        ("max(amount)", 1, "expected a column, or several values"),
        ("max(amount, months)", 1, "of one kind"),
        ("if(months, 1, 2)", 1, "if(yes-or-no, a, b)"),
        ("parameter(goal)", 1, "the key of a parameter"),
        ("count(months)", 1, "expected a table"),
    ],
)
def test_mistake_says_where_and_what(source: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as error:
        type_of(parse(source), KNOWN)
    assert words in str(error.value)
    if position:
        assert str(error.value).startswith(f"at character {position}:")


def test_names_and_parameters() -> None:
    node = parse('sum(items.price) <= parameter("cap_fen") and months > 3')
    assert names(node) == {"items", "months"}
    assert parameters(node) == [("cap_fen", 20)]


def test_type_of_calculated_columns() -> None:
    assert type_of(parse("items.price * items.pieces"), KNOWN) == Type("money", table="items")
    assert type_of(parse("sum(items.price) / amount"), KNOWN) == Type("number")


WORDS = [*KNOWN, "sum", "count", "min", "max", "len", "if", "days", "year", "filled", "all", "any", "parameter", "date"]
SIGNS = ["+", "-", "*", "/", "==", "!=", "<", ">=", "(", ")", "[", "]", ",", "and", "or", "not", "in", "true", "false"]
LITERALS = ["0", "1", "99999999999999999999", "0.00001", "1万元", "5%", '"own"', '"2027-01-01"', "元", "__class__", ".", "\\"]


@given(st.lists(st.sampled_from(WORDS + SIGNS + LITERALS), max_size=60).map(" ".join))
@example("(" * 900)
@example("not " * 240)
@example("-" * 900 + "1")
@example("99999999999999999999 * " * 40 + "1")
@example("starts_on + 99999999999999999999")
@example("[" * 400)
@settings(max_examples=400, deadline=None)
def test_words_in_any_order_give_a_value_or_its_own_error(source: str) -> None:
    try:
        node = parse(source)
        kind = type_of(node, KNOWN)
        value = evaluate(node, VALUES)
    except ExpressionError:
        return
    shapes = {"number": Decimal, "money": (Fen, Decimal), "date": date, "text": str, "yes-or-no": bool}
    if value is not None and not kind.table and kind.kind in shapes:
        assert isinstance(value, shapes[kind.kind])


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_tree_or_its_own_error(source: str) -> None:
    try:
        parse(source)
    except ExpressionError as error:
        assert 0 <= error.position <= max(len(source), 1000)


NUMBER = st.decimals(min_value=-(10**9), max_value=10**9, places=3)


@given(NUMBER, NUMBER, NUMBER)
@settings(max_examples=100, deadline=None)
def test_numbers_keep_the_laws_of_arithmetic(a: Decimal, b: Decimal, c: Decimal) -> None:
    known = dict.fromkeys("abc", Type("number"))
    node = parse("a * (b + c) == a * b + a * c and a - b == -(b - a) and (a < b or a == b or a > b)")
    assert type_of(node, known) == Type("yes-or-no")
    assert evaluate(node, {"a": a, "b": b, "c": c}) is True


def test_evaluate_answers_of_another_shape_than_declared() -> None:
    with pytest.raises(ExpressionError, match="cannot be calculated"):
        evaluate(parse("amount + months"), VALUES)


def test_evaluate_bounds_the_work() -> None:
    many = {"items.pieces": [Decimal(1)] * 5_000}
    with pytest.raises(ExpressionError, match="too much work"):
        evaluate(parse("sum(" + " + ".join(["items.pieces"] * 30) + ")"), many)
