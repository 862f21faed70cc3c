"""The list of notices, and a notice that is longer than a page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from headwater.core import clock
from headwater.portal import views
from tests.make import closed_notice, new_call, new_person, placed

pytestmark = pytest.mark.django_db


def test_the_latest_notice_stands_first() -> None:
    days = (30, 10, 20)
    notices = {n: closed_notice(new_call("im-gen", state="finished"), starts_at=clock.now() - timedelta(days=n)) for n in days}
    page = Client().get("/notices/").content.decode()
    assert sorted(days, key=lambda n: page.index(f"/notices/{notices[n].pk}/")) == [10, 20, 30]


def test_a_long_notice_comes_in_pages_and_says_how_many_lines_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LINES", 2)
    call = new_call("im-youth", state="finished")
    notice = closed_notice(call, *[placed(call, "approved", new_person(f"负责人{n}"), title_zh=f"题目{n}") for n in "甲乙丙"])
    first, last = (Client().get(f"/notices/{notice.pk}/{query}").content.decode() for query in ("", "?page=2"))
    assert [f"题目{n}" in first for n in "甲乙丙"] == [True, True, False]
    assert [f"题目{n}" in last for n in "甲乙丙"] == [False, False, True]
    assert ("共 3 项" in first, "共 3 项" in last, 'href="?page=2"' in first, 'href="?page=2"' in last) == (
        True,
        True,
        True,
        False,
    )
