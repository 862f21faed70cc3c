"""What has ended: recorded by the department, and what the limits and the rule on overdue reports know of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import awards_of
from headwater.awards.services.closing import end_awards
from headwater.calls.facts import check_applications
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.forms.results import Verdict
from tests.awards.test_agreements import awarded, put
from tests.make import actor, as_, client, new_call, placed

pytestmark = pytest.mark.django_db


def running_award() -> Award:
    award = awarded()[0]
    put(award, *Party)
    Award.objects.filter(pk=award.pk).update(starts_on=date(2020, 1, 1), ends_on=date(2022, 12, 31))
    return Award.objects.select_related("call", "leader__account", "host").get(pk=award.pk)


def overdue(award: Award) -> tuple[Verdict, str]:
    call = new_call("im-youth")
    row = placed(call, "received", award.leader, limit_group=f"x{call.pk}")
    found = {r.rule: r for r in check_applications([row], row.call)[row.pk]}["no_overdue_report"]
    return found.outcome, found.zh


def test_an_ended_award_that_was_not_closed_is_overdue_and_a_closed_one_is_not() -> None:
    award = running_award()
    assert overdue(award) == (Verdict.FAILED, f"{award.number} 逾期未结题")
    assert end_awards(awards=[award], how="close", day=clock.today(), actor=actor("officer")) == 1
    assert overdue(award) == (Verdict.PASSED, "没有逾期未结题的项目")
    held = dict(awards_of([award.leader_id]))[award.leader_id]
    assert (held.state, held.closed) == ("running", True)
    assert check(["running_award_is_signed"]) == []


def test_a_terminated_award_is_held_as_such() -> None:
    award = running_award()
    with pytest.raises(Refused, match="终止的理由"):
        end_awards(awards=[award], how="terminate", day=clock.today(), actor=actor("officer"))
    end_awards(awards=[award], how="terminate", day=clock.today(), reason="研究中止", actor=actor("officer"))
    held = dict(awards_of([award.leader_id]))[award.leader_id]
    assert (held.state, held.closed) == ("terminated", False)
    with pytest.raises(Refused, match="已终止"):
        end_awards(awards=[award], how="close", day=clock.today(), actor=actor("officer"))


@pytest.mark.parametrize("day", [date(2019, 12, 31), None])
def test_the_day_lies_within_the_time_of_the_award(day: date | None) -> None:
    award = running_award()
    with pytest.raises(Refused, match="日期应在"):
        end_awards(awards=[award], how="close", day=day or clock.today() + timedelta(days=1), actor=actor("officer"))
    assert Award.objects.get(pk=award.pk).closed_on is None


def test_only_the_department_records_it() -> None:
    award = running_award()
    with pytest.raises(NotAllowed):
        end_awards(awards=[award], how="close", day=clock.today(), actor=as_(award.leader))


def test_the_department_closes_on_its_page() -> None:
    award = running_award()
    page = f"/office/calls/{award.call_id}/agreements/"
    assert "登记结题" in client("officer").get(page).content.decode()
    sent = {"pk": award.pk, "end": "close", "day": f"{clock.today()}"}
    assert award.title_zh in client("officer").post(page, sent).content.decode()
    assert client("officer").post(page, sent | {"day": "someday", "confirmed": "1"}).status_code == 422
    assert Award.objects.get(pk=award.pk).state == "running"
    client("officer").post(page, sent | {"confirmed": "1"})
    assert (Award.objects.get(pk=award.pk).state, Award.objects.get(pk=award.pk).closed_on) == ("closed", clock.today())
