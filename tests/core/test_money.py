"""Money: exact in every unit, rounded in one way, shown in one way, and converted nowhere else."""

from __future__ import annotations

import ast
import json
import pickle
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from headwater.core.money import (
    Fen,
    PartOfFen,
    capital,
    rounded,
    rounded_down,
    shares,
    wan,
    wan_cell,
    wan_column,
    wan_typed,
    yuan,
    yuan_cell,
)
from headwater.core.numbers import MOST_FEN, BadNumber, read_decimal, read_wan
from headwater.core.web import WanField

SOURCE = Path(__file__).resolve().parents[2] / "src/headwater"
AMOUNTS = st.integers(0, MOST_FEN - 1)
SIGNED = st.integers(-MOST_FEN, MOST_FEN)
RATES = st.decimals(min_value=-10, max_value=10, places=6)


@given(AMOUNTS)
def test_an_amount_is_read_as_it_is_shown(fen: int) -> None:
    assert read_wan(wan(fen)) == read_wan(wan_typed(fen)) == read_wan(f"{wan(fen)} 万元") == fen
    assert read_wan(f"{yuan(fen)}元") == fen
    assert WanField().clean(WanField().prepare_value(fen)) == fen


@given(SIGNED)
def test_no_unit_loses_a_fen(fen: int) -> None:
    assert Fen.of_wan(Decimal(fen).scaleb(-6)) == Fen.of_yuan(Decimal(fen).scaleb(-2)) == fen
    assert Fen.of_wan(wan_typed(fen)) == fen
    assert round(wan_cell(fen) * 10**6) == round(yuan_cell(fen) * 100) == fen


@given(st.lists(AMOUNTS, max_size=20))
def test_the_amounts_of_a_column_add_up_to_the_total_below_it(column: list[int]) -> None:
    assert sum(read_decimal(wan(fen)) for fen in column) == read_decimal(wan(sum(column)))


@pytest.mark.parametrize(
    ("fen", "in_wan", "in_yuan"),
    [
        (0, "0", "0"),
        (1, "0.000001", "0.01"),
        (10_000_000, "10", "100,000"),
        (8_050_000, "8.05", "80,500"),
        (8_050_050, "8.05005", "80,500.50"),
        (123_456_789_000_000, "123,456,789", "1,234,567,890,000"),
        (-150_000, "-0.15", "-1,500"),
    ],
)
def test_an_amount_has_no_needless_zeros(fen: int, in_wan: str, in_yuan: str) -> None:
    assert (wan(fen), yuan(fen)) == (in_wan, in_yuan)
    assert Template("{{ fen|amount_said }}").render(Context({"fen": fen})) == f"{in_wan} 万元"


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (10_000_000, "CNY 100,000"),
        (230_000_000, "CNY 2.30 million"),
        (100_000_000, "CNY 1.00 million"),
        (123_456_000, "CNY 1,234,560"),
        (8_050_050, "CNY 80,500.50"),
    ],
)
def test_an_amount_in_english_is_exact_and_needs_no_multiplying(fen: int, said: str) -> None:
    with translation.override("en"):
        assert Template("{{ fen|amount_said }}").render(Context({"fen": fen})) == said


@pytest.mark.parametrize(
    ("fen", "said", "on_pages"),
    [
        (10_000_000, "10", "10.00"),
        (1_234_500_000, "1,234.5", "1,234.50"),
        (123_456, "0.123456", "0.123456"),
        (-5_000_000, "-5", "-5.00"),
        (0, "0", "0.00"),
    ],
)
def test_money_has_one_format_in_a_sentence_and_one_on_pages(fen: int, said: str, on_pages: str) -> None:
    assert (wan(fen), wan_column(fen)) == (said, on_pages)
    assert Template("{{ fen|wan }}").render(Context({"fen": fen})) == on_pages
    assert Template('{% figure value "wan" %}').render(Context({"value": wan_cell(10_000_000)})) == "10.00"


def test_a_template_shows_nothing_for_no_amount() -> None:
    assert Template("{{ none|wan }}").render(Context({"none": None})) == ""


@pytest.mark.parametrize(
    ("number", "up", "down"), [("0.5", 1, 0), ("-0.5", -1, -1), ("1.5", 2, 1), ("2.4999", 2, 2), ("2.5", 3, 2)]
)
def test_half_a_fen_goes_up_and_a_cap_goes_down(number: str, up: int, down: int) -> None:
    assert (rounded(Decimal(number)), rounded_down(Decimal(number))) == (up, down)


@given(SIGNED, RATES)
def test_a_rate_is_rounded_once_and_to_the_nearest_fen(fen: int, rate: Decimal) -> None:
    exact = fen * Fraction(rate)
    assert abs(int(Fen(fen) * rate) - exact) <= Fraction(1, 2)
    assert Fen(fen) * rate == rounded(exact) == -(Fen(fen) * -rate)
    if rate:
        assert abs(int(Fen(fen) / rate) - fen / Fraction(rate)) <= Fraction(1, 2)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_shares_add_up_and_none_is_a_fen_off(total: int, weights: list[int]) -> None:
    found, whole = shares(total, weights), sum(weights)
    assert sum(found) == total
    for weight, share in zip(weights, found, strict=True):
        exact = Fraction(total * weight, whole)
        assert exact - 1 < share < exact + 1
    order = sorted(range(len(weights)), key=lambda n: weights[n])
    assert [found[n] for n in order] == sorted(found) or any(weights.count(w) > 1 for w in weights)


def test_shares_keep_the_vector_of_the_subsidy_pool() -> None:
    """A pool of 500,000 yuan by weights; the last base earned nothing."""
    assert shares(50_000_000, [98_400_000, 45_500_000, 131_000_000, 0]) == [17_897_417, 8_275_737, 23_826_846, 0]
    assert shares(2, [1, 1, 1]) == [1, 1, 0]
    for weights in ([0, 0], [2, -1]):
        with pytest.raises(ValueError, match="above zero"):
            shares(5, weights)


def test_sums_stay_amounts_and_floats_are_refused() -> None:
    total = sum([Fen(3), Fen(4)], Fen(0)) - Fen(2) + 5
    assert (total, type(total), type(-total)) == (10, Fen, Fen)
    assert Fen(6) / Fen(4) == Fraction(3, 2)
    for work in (
        lambda: Fen(1) * 0.1,
        lambda: Fen(1) / 0.1,
        lambda: Fen(1) + Decimal(1),  # type: ignore[operator]
        lambda: Fen(1) * Fen(1),
        lambda: rounded(0.1),  # type: ignore[arg-type]
        lambda: Fen.of_wan(0.1),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            work()
    with pytest.raises(ZeroDivisionError):
        Fen(1) / 0


def test_part_of_a_fen_is_told_and_never_dropped() -> None:
    for text in ("0.001元", "12.345 元"):
        with pytest.raises(BadNumber, match="最小到分"):
            read_wan(text)
    with pytest.raises(PartOfFen):
        Fen.of_wan("0.0000001")
    assert (read_wan("125,000元"), read_wan("12.5")) == (12_500_000, 12_500_000)


@pytest.mark.django_db
def test_an_amount_is_an_integer_wherever_it_is_stored() -> None:
    fen = Fen(12_345)
    assert json.dumps({"fen": fen}) == '{"fen": 12345}'
    assert pickle.loads(pickle.dumps(fen)) == fen  # noqa: S301
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint + 1", [fen])
        assert cursor.fetchone() == (12_346,)


# nowhere by hand

UNITS = {10_000, 1_000_000}
ABOUT_MONEY = re.compile(r"fen\b|_fen|amount|money|budget|\bcap\b|\bwan\b|yuan|indirect|asked(?!_at)", re.IGNORECASE)
ROUNDING = {"quantize", "ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_FLOOR", "floatformat", "intcomma"}


def conversions(source: str) -> list[str]:
    """What a module converts, rounds or formats of money by hand."""
    found = []
    for node in ast.walk(ast.parse(source)):
        text = ast.unparse(node) if isinstance(node, (ast.BinOp, ast.FormattedValue, ast.Call)) else ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod, ast.Mult)):
            sides = {
                n.value for n in (node.left, node.right) if isinstance(n, ast.Constant) and isinstance(n.value, (int, float))
            }
            if (sides & UNITS and not re.search("size|free|version", text, re.IGNORECASE)) or (
                100 in sides and ABOUT_MONEY.search(text)
            ):
                found.append(text)
        elif isinstance(node, ast.FormattedValue) and node.format_spec and ABOUT_MONEY.search(ast.unparse(node.value)):
            found.append(text)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            found += [text] if ABOUT_MONEY.search(text) else []
        elif isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            found += [name] if name in ROUNDING else []
    return found


SHOWN = re.compile(r"{{\s*([\w.]*(?:_fen|\.fen)\b[^}]*)}}")
BAR = re.compile(r"(?:max|value)=\"{{ [\w.]+ }}\"")
"""A bar of progress measures in fen."""


def unshown(template: str) -> list[str]:
    """Amounts in fen that a template writes without the filters for them."""
    return [text for text in SHOWN.findall(BAR.sub("", template)) if not re.search(r"\|(?:wan|amount_said)\b", text)]


def test_the_searches_find_what_they_are_for() -> None:
    for line in (
        "row.amount_fen / 1_000_000",
        "f'{fen:,.2f}'",
        "value * 10_000",
        "round(cap, 2)",
        "x.quantize(y)",
        "total_fen / 100",
    ):
        assert conversions(line), line
    assert not conversions("wan(row.amount_fen)\nsize / 1e6\n100 * share\nround(score, 2)")
    assert unshown("<b>{{ call.budget_fen }}</b>") == ["call.budget_fen "]
    assert not unshown('<progress max="{{ call.budget_fen }}"></progress>{{ a.amount_fen|wan }}')


def test_nothing_converts_rounds_or_formats_an_amount_by_hand() -> None:
    found: dict[str, Any] = {}
    for file in SOURCE.rglob("*.py"):
        path = file.relative_to(SOURCE)
        if path != Path("core/money.py") and path.parts[0] != "algorithms" and "migrations" not in path.parts:
            found[str(path)] = conversions(file.read_text(encoding="utf-8"))
    for file in SOURCE.rglob("*.html"):
        found[str(file.relative_to(SOURCE))] = unshown(file.read_text(encoding="utf-8"))
    for file in [*SOURCE.rglob("*.typ"), *(SOURCE.parents[1] / "frontend/src").glob("*.js")]:
        found[file.name] = re.findall(r".*(?:\b1_?000_?000\b|1e6|_fen).*", file.read_text(encoding="utf-8"))
    assert len(found) > 300
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (3, "叁分"),
        (20, "贰角"),
        (105, "壹元零伍分"),
        (100_520, "壹仟零伍元贰角"),
        (10_000_000, "壹拾万元整"),
        (10_000_100, "壹拾万零壹元整"),
        (1_001_000_000, "壹仟零壹万元整"),
        (100_000_010_000, "壹拾亿零壹佰元整"),
        (123_456_789_012, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
    ],
)
def test_amounts_in_capitals(fen: int, words: str) -> None:
    assert capital(fen) == words


def test_no_capitals_for_what_they_cannot_say() -> None:
    for fen in (-1, 10**18):
        with pytest.raises(ValueError, match="no capitals"):
            capital(fen)
