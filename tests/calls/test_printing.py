"""Characters that no font can print are named before submission; Mongolian prints."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from headwater.core.documents import FONTS, render_pdf
from headwater.core.fonts import coverage, unprintable
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


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler")
def test_mongolian_prints_letters_and_no_boxes(tmp_path: Path) -> None:
    """Each page with other letters looks other; boxes would look alike."""

    def picture(title: str) -> bytes:
        (tmp_path / "a.pdf").write_bytes(render_pdf("calls/typst/letter.typ", LETTER | {"paragraphs": [["p", title]]}))
        subprocess.run(["pdftoppm", "-r", "60", "-png", "a.pdf", "a"], cwd=tmp_path, check=True)
        return next(tmp_path.glob("a-*1.png")).read_bytes()

    assert len({picture(word) for word in ("ᠮᠣᠩ", "ᠪᠢᠴ", "ᠭᠣᠯ")}) == 3


@pytest.mark.django_db
def test_the_last_check_names_characters_and_field() -> None:
    row = draft_of(new_call("im-gen"), new_person())
    row.title_zh, row.abstract_zh = f"草原{MONGOLIAN}", "古埃及\U00013000字"
    row.save()
    page = client(row.leader.account.username).get(f"/applications/{row.pk}/edit/submit/")
    assert page.context["boxes"] == [("中文摘要", ["\U00013000 (U+13000)"])]
    assert "U+13000" in page.content.decode()
