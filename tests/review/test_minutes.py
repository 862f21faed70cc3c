"""The minutes of a panel: a table of items with votes, attendance and recusals, on the page and as PDF."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from headwater.core.models import Account
from headwater.review.models import Panel, PanelMember
from headwater.review.services.voting import close_voting
from tests.make import actor, browser_of, client
from tests.review.test_panels import item, sitting, vote

pytestmark = pytest.mark.django_db


def closed() -> tuple[Panel, list[PanelMember]]:
    """A closed panel over two items: the chair stood back from the first, one member was absent."""
    panel, members = sitting(items=2, members=9, present=8, recused=1)
    first, second = item(panel, 1), item(panel, 2)
    for n, member in enumerate(members[:8]):
        vote(member, "yes", second)
        if n:
            vote(member, ("yes", "no", "abstain")[min(n // 4, 2)] if n < 7 else "abstain", first)
    close_voting(panel=panel, actor=actor("officer"))
    return Panel.objects.get(pk=panel.pk), members


def text_of(browser: Client, panel: Panel) -> str:
    answer = browser.get(f"/panels/{panel.pk}/minutes/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_minutes_hold_votes_attendance_recusals_and_room_to_sign() -> None:
    panel, members = closed()
    first = item(panel, 1)
    page = client("officer").get(f"/panels/{panel.pk}/minutes/").content.decode()
    assert page.count("<table") == 2
    cells = [first.application.number, first.application.title_zh, members[0].expert.person.name_zh, "出席", "缺席", "一号会议室"]
    text = text_of(client("officer"), panel)
    assert (first.yes, first.no, first.abstain) == (3, 3, 1)
    for word in (*cells, "同意", "不同意", "弃权"):
        assert word in page, word
        assert word in text.replace("\n", ""), word
    assert "签字" in text
    assert "data-print" in page


def test_the_chair_gets_the_minutes_without_what_they_stood_back_from() -> None:
    panel, members = closed()
    first, second = item(panel, 1).application, item(panel, 2).application
    chair = browser_of(members[0].expert.person)
    page = chair.get(f"/panels/{panel.pk}/minutes/").content.decode()
    text = text_of(chair, panel)
    assert (first.title_zh in page, second.title_zh in page) == (False, True)
    assert (first.number in text, second.number in text) == (False, True)


def test_minutes_are_for_chair_officer_and_committee_once_the_vote_is_closed() -> None:
    panel, members = closed()
    assert browser_of(members[1].expert.person).get(f"/panels/{panel.pk}/minutes/").status_code == 403
    assert client("committee").get(f"/panels/{panel.pk}/minutes/").status_code == 200
    assert Account.objects.filter(username="sysadmin").exists()
    assert client("sysadmin").get(f"/panels/{panel.pk}/minutes/").status_code in {403, 404}
    Panel.objects.filter(pk=panel.pk).update(state=Panel.State.VOTING)
    assert client("officer").get(f"/panels/{panel.pk}/minutes/pdf/").status_code == 404
