"""Search takes letters of all scripts, in any width and case, and one character."""

from __future__ import annotations

import pytest

from headwater.calls.models import Application
from headwater.core.models import Account
from headwater.core.search import KINDS, SearchRow, excerpt, index, search, suggestions, terms, words
from headwater.core.text import plain
from tests.make import client, new_call, new_host, placed

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


def found_like(text: str) -> list[str]:
    user = Account.objects.get(username="officer")
    return [e.title for e in suggestions(user, text, kinds=["organisation"])]


@pytest.mark.parametrize("slip", ["曹愿遥感监测", "caoyuanyaogan", "草原遥杆监测中心"])
def test_a_slip_and_a_sound_lead_to_what_was_meant(slip: str) -> None:
    organisation = new_host("检索用单位")
    index([SearchRow("organisation", organisation.pk, "草原遥感监测中心", "/")])
    assert search(Account.objects.get(username="officer"), slip, kinds=["organisation"]) == []
    assert found_like(slip)[0] == "草原遥感监测中心"


def test_what_sounds_otherwise_is_not_suggested_nor_what_is_hidden() -> None:
    organisation, draft = new_host("检索用单位"), placed(new_call(), "draft", title_zh="草原遥感监测项目")
    index(
        [
            SearchRow("organisation", organisation.pk, "草原遥感监测中心", "/"),
            SearchRow("application", draft.pk, draft.title_zh, f"/applications/{draft.pk}/"),
        ]
    )
    assert found_like("稀土催化剂") == []

    def suggested(username: str) -> tuple[bool, bool]:
        titles = [e.title for e in suggestions(Account.objects.get(username=username), "草愿遥感监测")]
        return "草原遥感监测中心" in titles, draft.title_zh in titles

    assert (suggested(draft.leader.account.username), suggested("officer")) == ((True, True), (True, False))
    Application.objects.filter(pk=draft.pk).update(state="received", submitted_at=draft.call.opens_at, number="T999111")
    assert suggested("officer") == (True, True)


def test_an_excerpt_begins_near_the_word_and_marks_it() -> None:
    pieces = excerpt("甲" * 200 + " 草原生态 " + "乙" * 200, "草原", most=60)
    assert [p for p, is_hit in pieces if is_hit] == ["草原"]
    assert pieces[0][0].startswith("…")
    assert pieces[-1][0].endswith("…")
    assert len("".join(p for p, _hit in pieces)) == 62
    assert excerpt("短句", "没有") == [("短句", False)]


def test_the_page_shows_a_few_of_each_kind_and_all_of_one() -> None:
    hosts = [new_host(f"检索单位{n}") for n in range(5)]
    index(SearchRow("organisation", h.pk, f"苏木鲁检索单位{n}", "/") for n, h in enumerate(hosts))
    few, every = (client(None).get("/search/", {"q": "苏木鲁", "kind": kind}).content.decode() for kind in ("", "organisation"))
    assert (few.count('class="hw-duty"'), every.count('class="hw-duty"')) == (3, 5)
    assert "kind=organisation" in few
    assert "<mark>" in few


def test_a_guide_is_summed_up_without_its_marks() -> None:
    assert plain("## 申报条件\n\n- **年龄** <35\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |") == "申报条件 年龄 <35 甲 乙 1 2"
