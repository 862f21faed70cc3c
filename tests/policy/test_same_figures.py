"""One thing has one number on every page, and a total says what it leaves out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from headwater.awards.models import GIVEN_UP, Award
from headwater.calls.models import Application, Call
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.money import wan_column
from headwater.core.remaining import time_left
from headwater.policy.services import record_indicators
from tests.make import client, manager
from tests.pages import words

pytestmark = pytest.mark.django_db


def page(address: str, name: str | None = None) -> Any:
    answer = client(name).get(address)
    assert answer.status_code == 200, address
    return answer


def text(address: str, name: str | None = None) -> str:
    return words(re.sub(r"<[^>]+>", " ", page(address, name).content.decode()))


@pytest.fixture
def lapsed() -> int:
    """The played year, with an award that was given up and today's figures."""
    one = Award.objects.projects().order_by("pk").last()
    assert one is not None
    Award.objects.filter(pk=one.pk).update(state=Award.State.LAPSED)
    record_indicators()
    return Award.objects.grants().filter(state__in=GIVEN_UP).count()


def test_grants_have_one_number_everywhere(lapsed: int) -> None:
    count = Award.objects.projects().count()
    figure = page("/indicators/awards.count/")
    assert (figure.context["value"], figure.context["list"].total) == (count, count)
    assert f"不含已放弃或逾期未签任务书的 {lapsed} 项" in text("/indicators/awards.count/")
    assert f"{count} 项" in text("/")
    for article in {e.article.number for e in figure.context["articles"][0].evidence.all()[:1]}:
        assert f"{count} 项" in text(f"/policy/{article}/")
    projects = page("/projects/")
    tally = projects.context["tally"]
    assert (tally["grants"], projects.context["list"].rows_all.count()) == (count, tally["every"])
    assert tally["every"] == tally["grants"] + tally["given_up"] + tally["others"]
    assert f"共 {tally['every']} 项，其中立项 {count} 项 ；已放弃或逾期未签任务书 {tally['given_up']} 项" in text("/projects/")
    drawn = page("/").context["map"]["shapes"]
    assert sum(s["count"] for s in drawn) == Award.objects.projects().filter(host__place__isnull=False).count()


def test_money_of_grants_has_one_number_everywhere(lapsed: int) -> None:
    total = sum(Award.objects.projects().values_list("amount_fen", flat=True))
    rows = page("/indicators/awards.money/").context["list"]
    assert page("/indicators/awards.money/").context["value"] == total / 1_000_000
    assert rows.total == Award.objects.projects().count()
    assert f"{wan_column(total)} 万元" in text("/indicators/awards.money/")
    assert wan_column(total) in text("/")


def test_articles_with_data_are_counted_alike(lapsed: int) -> None:
    home, policy, lead = page("/"), page("/policy/"), page("/lead/", "leader")
    covered = home.context["covered"]
    assert covered == policy.context["covered"] == sum(1 for row in lead.context["rows"] if row["measured"])
    by_number = dict(home.context["evidence"])
    assert {row["article"].number: row["measured"] for row in lead.context["rows"]} == by_number
    for number, n in by_number.items():
        readings = page(f"/policy/{number}/").context["readings"]
        assert sum(1 for r in readings if r.value is not None) == n


def test_the_board_of_a_call_counts_what_its_list_holds() -> None:
    """Each step of the funnel leads to as many applications as it tells."""
    for call in (
        Call.objects.filter(applications__state=State.ACCEPTED).distinct()
        | Call.objects.filter(applications__state=State.APPROVED).distinct()
    ):
        board = page(f"/office/calls/{call.pk}/", "officer")
        for state, n, listed in board.context["funnel"]:
            link = f'href="/office/calls/{call.pk}/applications/?state={state.value}"'
            assert (link in words(board.content.decode())) == listed
            if not listed:  # what hosts still have is not for officers to read
                continue
            rows = page(f"/office/calls/{call.pk}/applications/?state={state.value}", "officer").context["list"]
            assert rows.total == n, (call.code, state)
        assert Application.objects.filter(call=call).exists()


def test_a_deadline_has_one_count_on_the_desk_and_where_it_leads() -> None:
    row = Application.objects.filter(state=State.HOST_REVIEW, call__endorse_by__gt=clock.now()).order_by("pk")[0]
    name = manager(row.host).account.username
    left = time_left(row.call.endorse_by)
    assert left in text("/desk/", name)
    assert left in text("/host/endorse/", name)
