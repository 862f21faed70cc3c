"""Characters that no font can print are named before submission; Mongolian prints."""

from __future__ import annotations

import json

import pytest

from headwater.core.documents import FONTS, PACKAGE, font_folders
from headwater.core.fonts import coverage, unprintable
from headwater.core.typesetting import _compiler
from tests.make import client, draft_of, new_call, new_person

LETTER = dict.fromkeys(("heading", "letter_number", "addressee", "issuer", "date", "annex", "seal"), "草原") | {
    "kind": "approved"
}
MONGOLIAN = "ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪᠢᠴᠢᠭ᠌"


def test_the_scripts_of_the_country_are_covered() -> None:
    assert unprintable(f"{MONGOLIAN}\n草原 Бат-Эрдэнэ Өнөр Үнэн naïve Müller αβ ± ≥ ℃ ①\t１２\u3000\u200d") == []
    letters = [chr(c) for c in (*range(0x1820, 0x1879), *range(0x1880, 0x18AB))]
    assert unprintable("".join(letters)) == []
    assert unprintable("草\U00013000原\U0010fffd\U00013000") == ["\U00013000", "\U0010fffd"]
    assert all(low[1] + 1 < high[0] for low, high in zip(coverage(), coverage()[1:], strict=False))
    assert any("Mongolian" in p.name for p in FONTS.glob("*.ttf"))


def test_mongolian_prints_letters_and_no_boxes() -> None:
    """Each page with other letters looks other; boxes look alike."""

    def picture(title: str) -> bytes:
        data = json.dumps(LETTER | {"paragraphs": [["p", title]]})
        page = _compiler(str(PACKAGE / "calls/typst/letter.typ"), str(PACKAGE), tuple(str(f) for f in font_folders())).compile(
            format="png", ppi=60, sys_inputs={"data": data}, timestamp=0
        )
        assert isinstance(page, bytes)  # one page
        return page

    assert len({picture(word) for word in ("ᠮᠣᠩ", "ᠪᠢᠴ", "ᠭᠣᠯ")}) == 3
    assert picture("\U00013000") == picture("\U00013001")


@pytest.mark.django_db
def test_the_last_check_names_characters_and_field() -> None:
    row = draft_of(new_call("im-gen"), new_person())
    row.title_zh, row.abstract_zh = f"草原{MONGOLIAN}", "古埃及\U00013000字"
    row.save()
    page = client(row.leader.account.username).get(f"/applications/{row.pk}/edit/submit/")
    assert page.context["boxes"] == [("中文摘要", ["\U00013000 (U+13000)"])]
    assert "U+13000" in page.content.decode()
