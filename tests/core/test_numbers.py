"""Numbers as people write them, read without guessing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from headwater.core.numbers import MOST_FEN, BadNumber, read_decimal, read_wan, read_whole
from headwater.core.web import NumberField, WanField, WholeField

FULL = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")
MONGOLIAN = str.maketrans("0123456789", "᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙")
NUMBERS = st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=2)


@given(NUMBERS, st.sampled_from(["f", ",f"]), st.sampled_from([None, FULL, MONGOLIAN]))
def test_every_usual_way_to_write_a_number_is_read(number: Decimal, shape: str, script: dict[int, str] | None) -> None:
    text = format(number, shape)
    assert read_decimal(f" {text.translate(script) if script else text} ") == number


@given(st.integers(1, 10**12), st.integers(0, 20), st.sampled_from([",", "，", "﹐"]))
def test_a_comma_that_parts_no_thousands_is_never_dropped(number: int, place: int, comma: str) -> None:
    digits = str(number)
    text = digits[:place] + comma + digits[place:]
    if text.replace(comma, ",") == f"{number:,}":
        assert read_decimal(text) == number
    else:
        with pytest.raises(BadNumber):
            read_decimal(text)


@given(st.text(max_size=20) | st.text("0123456789,.，．-+ 万元²½①一e_", max_size=12))
def test_a_text_is_a_number_or_is_refused_in_words(text: str) -> None:
    for read in (read_decimal, read_whole, read_wan):
        try:
            found = read(text)
        except BadNumber as bad:
            assert str(bad)
        else:
            assert Decimal(found).is_finite()


@pytest.mark.parametrize(
    "text", ["12,5", "１２，５", "0,125", "1,23,456", "1234,567", "1,234.5,6", ",5", "5,", "1,2345", "1，234,567 ,8"]
)
def test_a_comma_out_of_its_place_is_told_with_the_way_out(text: str) -> None:
    with pytest.raises(BadNumber, match="逗号"):
        read_wan(text)


@pytest.mark.parametrize(
    "text", ["", "1_000", "5²", "½", "①", "1e5", "NaN", "inf", "0x10", "12.", ".5", "十", "1 2", "--1", "1.2.3", "1.2345678"]
)
def test_what_only_python_or_unicode_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(BadNumber):
        read_decimal(text)


def test_the_message_says_both_readings() -> None:
    with pytest.raises(BadNumber, match=r"写成 12\.5；.*写成 125"):
        read_wan("12,5 万元")


def test_amounts_carry_their_unit_and_stay_within_bounds() -> None:
    assert [read_wan(t) for t in ("12.5", "12.5万元", "１，２３４.５ 万", "+3", "0.000001")] == [
        12_500_000,
        12_500_000,
        1_234_500_000,
        3_000_000,
        1,
    ]
    for text in ("-1", str(MOST_FEN // 10**6), "9" * 16, "万元"):
        with pytest.raises(BadNumber):
            read_wan(text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [(WanField, "1,234.5", 1_234_500_000), (WholeField, "１，２００", 1200), (NumberField, "0.30", 0.3)],
)
def test_fields_of_officers_read_as_the_editor_does(kind: type[forms.Field], text: str, value: float) -> None:
    field = kind(required=False)
    assert (field.clean(text), field.clean("  ")) == (value, None)
    for bad in ("12,5", "1_0", "nan"):
        with pytest.raises(forms.ValidationError):
            field.clean(bad)
