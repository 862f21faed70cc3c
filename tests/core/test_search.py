"""Search takes letters of all scripts, in any width and case, and one character."""

from __future__ import annotations

import pytest

from headwater.core.models import Account
from headwater.core.search import KINDS, SearchRow, index, search, terms, words
from tests.make import new_host

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("草原生态系统", "原"),
        ("草原生态系统", "草"),
        ("草原生态系统", "生态"),
        ("Müller Institute", "muller"),
        ("Ｍüller Institute", "ＭÜ"),
        ("Б. Бат-Эрдэнэ", "эрдэнэ"),
        ("Б. Бат-Эрдэнэ", "б"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪᠢᠴᠢᠭ᠌", "ᠮᠣᠩᠭᠣᠯᠠ"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ ᠪᠢᠴᠢᠭ᠌", "ᠪ"),
        ("项目 ２０２６", "2026"),
        ("Ελληνικά", "ελλ"),
        ("한국어", "한국"),
        ("在的", "在"),
        ("X 射线", "x"),
    ],
)
def test_a_text_is_found_by_what_is_written_in_it(text: str, query: str) -> None:
    organisation = new_host("检索用单位")
    index([SearchRow("organisation", organisation.pk, text, "/")])
    user = Account.objects.get(username="officer")
    assert organisation.pk in KINDS["organisation"].visible(user).values_list("pk", flat=True)
    assert [e.object_id for e in search(user, query, kinds=["organisation"]) if e.title == text] == [organisation.pk]


def test_every_character_is_a_term_and_signs_are_none() -> None:
    assert terms("草原") == ["草原", "草", "原"]
    assert words("' & | ! : * \\ <-> \u200b — ·") == []
    assert words("的") == []
