from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headwater.registry.identifiers import (
    BadIdentifier,
    check_orcid,
    check_resident_id,
    check_ror,
    check_uscc,
    document_hash,
    normalise,
)
from tests.vectors import load

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALID_USCC = ["91110000600037341L", "911522010783762860", "9115220107837941X1", "12150100460001012H"]
VALID_ORCID = ["0000-0002-1825-0097", "0000-0002-1694-233X"]
VALID_ROR = ["0106qb496", "01mtxmr84", "044rgx723"]


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("9115 2201-0783 79 41x1", "9115220107837941X1"),
        (wide("abc-09"), "ABC09"),
        ("\u3000a\u00a0b\tc\n", "ABC"),
        ("内蒙古", "内蒙古"),
    ],
)
def test_normalise_width_blanks_case(text, expected):
    assert normalise(text) == expected


@given(text=st.text())
@settings(max_examples=100, deadline=None)
def test_normalise_is_stable(text):
    once = normalise(text)
    assert normalise(once) == once


@pytest.mark.parametrize("code", VALID_USCC)
def test_check_uscc_valid(code):
    spaced = f" {wide(code[:8].lower())}-{code[8:].lower()}\u3000"
    assert (check_uscc(code), check_uscc(spaced)) == (code, code)


@pytest.mark.parametrize(
    "code",
    ["91110000600037341N", "9111000060003IOZSV", "911A0000600037341L", "91110000600073341L", "12345", "", "91110000600037341LL"],
)
def test_check_uscc_invalid(code):
    with pytest.raises(BadIdentifier):
        check_uscc(code)


def test_check_uscc_shared_vectors():
    vectors = load("identifiers.json")["uscc"]
    good = [*vectors["valid_public"], *vectors["valid_synthetic"].values()]
    assert [check_uscc(c) for c in good] == good
    for code in vectors["invalid"].values():
        with pytest.raises(BadIdentifier):
            check_uscc(code)


@given(code=st.sampled_from(VALID_USCC), place=st.integers(0, 17), other=st.sampled_from(USCC_ALPHABET))
@settings(max_examples=100, deadline=None)
def test_check_uscc_one_changed_character(code, place, other):
    assume(code[place] != other)
    with pytest.raises(BadIdentifier):
        check_uscc(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize("code", VALID_ORCID)
def test_check_orcid_valid_forms(code):
    forms = [code, code.replace("-", ""), f"https://orcid.org/{code}", code.lower()]
    assert [check_orcid(f) for f in forms] == [code] * 4


@pytest.mark.parametrize(
    "code", ["0000-0002-1825-0098", "0000-0002-1694-2330", "0000-0002-1825-009", "0000-0002-1825-0097 ", "", "orcid"]
)
def test_check_orcid_invalid(code):
    with pytest.raises(BadIdentifier):
        check_orcid(code)


def test_check_orcid_shared_vectors():
    vectors = load("identifiers.json")["orcid"]
    assert [check_orcid(c) for c in vectors["valid"]] == vectors["valid"]
    for code in vectors["invalid"]:
        with pytest.raises(BadIdentifier):
            check_orcid(code)


@pytest.mark.parametrize("code", VALID_ROR)
def test_check_ror_valid_forms(code):
    forms = [code, code.upper(), f"https://ror.org/{code}", f" {code} "]
    assert [check_ror(f) for f in forms] == [code] * 4


@pytest.mark.parametrize("code", ["0106qb497", "0106ql496", "1106qb496", "0106qb49", "", "https://ror.org/"])
def test_check_ror_invalid(code):
    with pytest.raises(BadIdentifier):
        check_ror(code)


def test_check_ror_shared_vectors():
    vectors = load("identifiers.json")["ror"]
    assert [check_ror(c) for c in vectors["valid"]] == vectors["valid"]
    for code in vectors["invalid"]:
        with pytest.raises(BadIdentifier):
            check_ror(code)


@pytest.mark.parametrize(
    ("number", "born", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), "f"),
        ("440524188001010014", date(1880, 1, 1), "m"),
        ("360426199101010071", date(1991, 1, 1), "m"),
        ("15010519850615002X", date(1985, 6, 15), "f"),
    ],
)
def test_check_resident_id_valid(number, born, sex):
    assert check_resident_id(number) == (number, born, sex)
    assert check_resident_id(f"{wide(number[:6].lower())} {number[6:].lower()}") == (number, born, sex)


@pytest.mark.parametrize(
    "number",
    [
        "36042619910102009X",
        "360426199113010079",
        "150105199002300017",
        "T60426199101010078",
        "990426199112010074",
        "1101051949123100",
        "",
    ],
)
def test_check_resident_id_invalid(number):
    with pytest.raises(BadIdentifier):
        check_resident_id(number)


def test_check_resident_id_shared_vectors():
    vectors = load("identifiers.json")["resident_id"]
    synthetic = vectors["synthetic"]
    good = [*vectors["valid_published_examples"], *(n for n, kind in synthetic.items() if kind == "ok")]
    assert [check_resident_id(n)[0] for n in good] == good
    for number in [*vectors["invalid"], *(n for n, kind in synthetic.items() if kind != "ok")]:
        with pytest.raises(BadIdentifier):
            check_resident_id(number)


@given(place=st.integers(0, 17), digit=st.sampled_from("0123456789X"))
@settings(max_examples=100, deadline=None)
def test_check_resident_id_one_changed_character(place, digit):
    number = "11010519491231002X"
    assume(number[place] != digit)
    with pytest.raises(BadIdentifier):
        check_resident_id(number[:place] + digit + number[place + 1 :])


def test_check_resident_id_digits_of_another_script():
    with pytest.raises(BadIdentifier):
        check_resident_id("1\u0661010519491231002X")


def test_document_hash_same_for_every_spelling():
    number = "11010519491231002X"
    spellings = [number, number.lower(), wide(number), f" {number[:6]} {number[6:]} "]
    assert {document_hash(s) for s in spellings} == {document_hash(number)}
    assert (len(document_hash(number)), number[:17] in document_hash(number)) == (64, False)


def test_document_hash_differs_between_numbers():
    numbers = ["11010519491231002X", "440524188001010014", "E12345678", "E12345679"]
    assert len({document_hash(n) for n in numbers}) == 4
