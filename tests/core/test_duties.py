"""What waits is told by its urgency, and what somebody has in hand by what they may see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headwater.calls.models import Application, Call
from headwater.calls.states import IN_THE_HOUSE, CallState
from headwater.core import clock
from headwater.core.duties import SOON_DAYS, Duty, Urgency, by_urgency, in_hand_of, urgency
from headwater.core.models import Account
from tests.make import client, new_call, new_person, placed

NOW = clock.now()


@pytest.mark.parametrize(
    ("days", "told"),
    [(-1, Urgency.LATE), (0, Urgency.SOON), (SOON_DAYS, Urgency.SOON), (SOON_DAYS + 1, Urgency.LATER), (None, Urgency.OPEN)],
)
def test_a_date_is_as_urgent_as_the_days_that_are_left(days: int | None, told: Urgency) -> None:
    assert urgency(None if days is None else clock.today() + timedelta(days=days)) == told


def test_duties_stand_under_what_is_said_of_their_dates_and_nothing_stands_over_none() -> None:
    late, later, open_ = Duty("甲", "/", NOW - timedelta(days=9)), Duty("乙", "/", NOW + timedelta(days=99)), Duty("丙", "/")
    told = [(str(title), rows) for title, rows in by_urgency([open_, later, late])]
    assert told == [("已过期限", [late]), ("有期限", [later]), ("不限期", [open_])]
    assert by_urgency([]) == []


def figures(username: str) -> dict[str, int]:
    return {str(figure.label): figure.count for figure in in_hand_of(Account.objects.get(username=username))}


@pytest.mark.django_db
def test_the_office_has_in_hand_what_runs_and_an_applicant_only_their_own() -> None:
    running = Call.objects.filter(state=CallState.PUBLISHED)
    received = Application.objects.filter(call__in=running, state__in=IN_THE_HOUSE)
    before = figures("officer")
    assert (before["进行中的批次"], before["进行中批次已送达的申请"]) == (running.count(), received.count())
    placed(new_call("im-gen"), "received", new_person("新申请"))
    after = figures("officer")
    assert {name: after[name] - before[name] for name in before} == {
        "进行中的批次": 1,
        "进行中批次已送达的申请": 1,
        "在库的专家": 0,
    }
    leader = Application.objects.filter(leader__account__isnull=False, state="draft").order_by("pk")[0].leader
    own = Application.objects.filter(leader=leader)
    name = leader.account.username
    assert {k: v for k, v in figures(name).items() if k in {"我的申请", "填写中的申请"}} == {
        "我的申请": own.count(),
        "填写中的申请": own.filter(state="draft").count(),
    }
    page = client(name).get("/desk/").content.decode()
    assert "我的申请" in page
    assert "进行中批次" not in page
