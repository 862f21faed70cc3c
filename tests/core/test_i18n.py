"""Two languages in one way: one type, one choice of the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

from headwater.core.i18n import NOTHING, Bilingual, both, in_chinese, named

SOURCE = Path(__file__).resolve().parents[2] / "src/headwater"
WORD, LONE = Bilingual("金额", "Amount"), Bilingual("金额")


@pytest.mark.parametrize(("language", "read", "other"), [("zh-hans", "金额", "Amount"), ("en", "Amount", "金额")])
def test_the_reader_gets_their_language_and_the_other_beside_it(language: str, read: str, other: str) -> None:
    record = {"title_zh": "金额", "title_en": "Amount"}
    with override(language):
        assert (str(WORD), WORD.other, named(record, "title")) == (read, other, read)
        assert Template("{{ w }} {{ r|named:'title' }} {{ r|other:'title' }}").render(Context({"w": WORD, "r": record})) == (
            f"{read} {read} {other}"
        )
        with in_chinese():
            assert str(WORD) == "金额"


def test_chinese_stands_in_where_there_is_no_english() -> None:
    with override("en"):
        assert (str(LONE), LONE.other, str(NOTHING), bool(NOTHING)) == ("金额", "", "", False)


def test_columns_and_keys_become_one_text() -> None:
    class Row:
        name_zh, name_en = "名", "Name"

    assert both(Row()) == both({"name_zh": "名", "name_en": "Name"}) == Bilingual("名", "Name")
    assert both({"code": "01", "zh": "名", "en": "Name"}) == Bilingual("名", "Name")
    assert both({"name_zh": "名", "name_en": None}) == Bilingual("名")
    assert both(None) == NOTHING


CHOSEN = re.compile(r"LANGUAGE_CODE\s*==|LANGUAGE_CODE != |get_language\(\) ==|startswith\(.zh|\[0 if (?:zh|chinese\(\))")
"""A choice of the language by hand."""


def test_the_search_finds_a_choice_by_hand() -> None:
    for line in ("{% if LANGUAGE_CODE == 'en' %}", "pair[0 if zh else 1]", 'get_language() == "en"'):
        assert CHOSEN.search(line)
    assert not CHOSEN.search("settings.LANGUAGE_CODE, str(word)")


def test_nobody_else_chooses_between_two_texts() -> None:
    files = [f for f in SOURCE.rglob("*") if f.suffix in {".py", ".html"} and f != SOURCE / "core/i18n.py"]
    assert len(files) > 300
    found = {str(f.relative_to(SOURCE)): CHOSEN.findall(f.read_text(encoding="utf-8")) for f in files}
    assert {name: lines for name, lines in found.items() if lines} == {}
