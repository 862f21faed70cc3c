"""Numbers of works: one normal form for each kind, check digits where there are some, and what a number shows by its form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.registry.identifiers import BadIdentifier
from headwater.registry.works.identifiers import SCHEMES, read_all, recognise
from tests.vectors import load


@pytest.mark.parametrize(("scheme", "kind"), [("patent", "cn_patent_no"), ("doi", "doi"), ("cstr", "cstr")])
def test_the_vectors_of_the_field(scheme: str, kind: str) -> None:
    some = load("identifiers.json")[kind]
    for text in some["valid"] + some.get("synthetic", []):
        assert SCHEMES[scheme].read(text)
    for text in some["invalid"]:
        with pytest.raises(BadIdentifier):
            SCHEMES[scheme].read(text)


@pytest.mark.parametrize(
    ("scheme", "text", "normal"),
    [
        ("doi", " https://doi.org/10.1016/J.PATTER.2021.100370", "10.1016/j.patter.2021.100370"),
        ("doi", "DOI：10.1234/AbC(1)", "10.1234/abc(1)"),
        ("doi", "https://doi.org/10.1002/%28SICI%291097", "10.1002/(sici)1097"),
        ("patent", "ZL 2017 1 0601862.3", "201710601862.3"),
        ("patent", "CN97101765.4", "97101765.4"),
        ("patent", "zl2023100123458", "202310012345.8"),
        ("publication", "cn 109123456 a", "CN109123456A"),
        ("publication", "US10,123,456B2", "US10123456B2"),
        ("standard", "gb／t7713.3—2014", "GB/T 7713.3-2014"),
        ("standard", "DB15/T 1234 - 2020", "DB15/T 1234-2020"),
        ("standard", "T/CAAA 001-2020", "T/CAAA 001-2020"),
        ("standard", "ISO 9001:2015", "ISO 9001-2015"),
        ("isbn", "ISBN 0-306-40615-2", "9780306406157"),
        ("isbn", "978-0-306-40615-7", "9780306406157"),
        ("variety", "国审玉 20200012 号", "国审玉20200012"),
        ("variety", "GPD马铃薯（2018）150001", "GPD马铃薯(2018)150001"),
        ("variety", "CNA20191006012", "CNA20191006012"),
        ("software", "2023sr0123456", "2023SR0123456"),
        ("cstr", "CSTR:16389.09.A08V-0001", "16389.09.A08V-0001"),
        ("other", "  PRJNA  123456 ", "PRJNA 123456"),
    ],
)
def test_every_writing_of_a_number_meets_the_same(scheme: str, text: str, normal: str) -> None:
    assert SCHEMES[scheme].read(text) == normal
    assert SCHEMES[scheme].read(normal) == normal


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("patent", "ZL202310012345.7"),
        ("patent", "2017106018623"),
        ("publication", "109123456"),
        ("standard", "GB/T 7713.3"),
        ("isbn", "978-0-306-40615-8"),
        ("variety", "玉米一号"),
        ("software", "2023SR1"),
        ("other", "a"),
        ("prize", '"><'),
    ],
)
def test_what_is_no_number_is_told_with_what_was_expected(scheme: str, text: str) -> None:
    with pytest.raises(BadIdentifier, match=r"应为|校验位"):
        SCHEMES[scheme].read(text)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("10.1234/x", "doi"),
        ("ZL202310012345.8", "patent"),
        ("9780306406157", "isbn"),
        ("GB/T 7713.3-2014", "standard"),
        ("CN109123456A", "publication"),
        ("国审玉20200012", "variety"),
        ("https://cstr.cn/31253.11.x", "cstr"),
    ],
)
def test_a_number_shows_what_it_is(text: str, scheme: str) -> None:
    found = recognise(text)
    assert found
    assert found[0] == scheme


def test_a_number_of_no_form_shows_nothing() -> None:
    assert recognise("内科基字第 12 号") is None
    assert recognise("13800001111") is None


def test_examples_on_pages_are_right() -> None:
    assert [code for code, s in SCHEMES.items() if code != "isbn" and s.read(s.example) != s.read(s.read(s.example))] == []


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(SCHEMES)), st.text(max_size=40))
def test_reading_ends_in_a_normal_form_or_a_reason(scheme: str, text: str) -> None:
    values, wrong = read_all({scheme: text})
    assert not (values and wrong)
    for value in values.values():
        assert SCHEMES[scheme].read(value) == value
