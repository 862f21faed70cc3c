"""How an application ends before it is decided: withdrawn by its author, not endorsed by its host, or too late."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.calls.applying.services.applications import submit_application
from headwater.calls.applying.services.withdrawing import reopen_application, withdraw_application
from headwater.calls.clocks import timeline
from headwater.calls.endorsing.services.endorsement import (
    endorse,
    expire_everywhere,
    not_endorse,
    return_to_author,
    return_to_host,
    rooms,
)
from headwater.calls.endorsing.services.endorsement import expire_late as close_late
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, FormalCheck, HostQuota, Participant
from headwater.calls.states import ENDORSED, LIVE, State
from headwater.calls.tasks import expire_late
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Notification, RoleGrant
from headwater.registry.models import Person
from headwater.review.models import Assignment, Expert, Round
from tests.approvals import confirmed
from tests.make import (
    SECOND,
    as_,
    client,
    draft_of,
    manager,
    new_call,
    new_person,
    placed,
    real_host,
    recommender,
    refusal,
    submitted,
    user_of,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(username: str, row: Application) -> list[str]:
    rows = Notification.objects.filter(account__username=username, title__contains=row.title_zh)
    return [n.title.partition("：")[0] for n in rows.order_by("pk")]


def state(row: Application) -> str:
    return str(Application.objects.get(pk=row.pk).state)


def member_of(row: Application, **more: Any) -> Person:
    person = new_person("成员")
    now = clock.now()
    Participant.objects.create(application=row, person=person, organisation=person.organisation, **{"confirmed_at": now, **more})
    return person


# withdrawn


@pytest.mark.parametrize("held", ["recommending", "received", "accepted"])
def test_an_endorsed_application_is_withdrawn_with_a_reason_and_those_who_have_it_are_told(held: str) -> None:
    call, host = new_call(), real_host()
    row = placed(call, held, new_person("申请人", host), title_zh="撤回用例")
    with pytest.raises(Refused) as error:
        withdraw_application(application=row, actor=as_(row.leader), reason=" ")
    assert refusal(error) == [("reason", "")]
    with pytest.raises(NotAllowed):
        withdraw_application(application=row, actor=manager(host), reason="不是本人")
    withdraw_application(application=row, actor=as_(row.leader), reason="另报他项")
    assert state(row) == "withdrawn"
    agency = RoleGrant.objects.filter(role="recommender", scope_id=host.recommender_id)[0].account.username
    people = [f"host-{host.code}", agency, "officer", user_of(row.leader)]
    assert [told(name, row) for name in people] == [
        ["申请人撤回申请"],
        ["申请人撤回申请"],
        *([["申请人撤回申请"]] if held != "recommending" else [[]]),
        [],
    ]
    step = next(s for s in timeline(Application.objects.get(pk=row.pk)) if s.label == "申请人撤回")
    assert step.note == "另报他项"


@pytest.mark.parametrize("held", sorted(LIVE - {State.HOST_REVIEW, State.RECOMMENDING, State.RECEIVED, State.ACCEPTED}))
def test_once_the_review_has_begun_or_all_is_decided_nothing_is_withdrawn(held: str) -> None:
    row = placed(new_call(), held)
    with pytest.raises(Refused) as error:
        withdraw_application(application=row, actor=as_(row.leader), reason="晚了")
    assert (refusal(error), state(row)) == ([("", "state")], held)
    FormalCheck.objects.create(application=row, ran_at=clock.now(), result_digests=[], verdict="eyes", decided_at=clock.now())
    page = client(user_of(row.leader)).get(f"/applications/{row.pk}/").content.decode()
    assert f"/applications/{row.pk}/withdraw/" not in page


def test_withdrawing_frees_the_quota_of_the_host_and_the_limit_of_the_person() -> None:
    call, leader, host = new_call(), new_person(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=1, basis={})
    first = submitted(call, leader)
    endorse(applications=[first], actor=manager(host))
    second = draft_of(new_call("im-gen"), leader)
    with pytest.raises(Refused) as error:
        submit_application(application=second, actor=as_(leader), agree=True)
    assert refusal(error) == [("", "F11")]
    assert rooms([(host.pk, call.pk)])[host.pk, call.pk].free == 0
    with clock.at(call.closes_at + DAY):
        withdraw_application(application=first, actor=as_(leader), reason="改报面上项目")
    assert rooms([(host.pk, call.pk)])[host.pk, call.pk].free == 1
    assert submit_application(application=second, actor=as_(leader), agree=True).state == "host_review"


def test_while_the_call_is_open_a_withdrawn_application_begins_anew() -> None:
    call, host = new_call(), real_host(direct=True)
    row = submitted(call, new_person(organisation=host))
    endorse(applications=[row], actor=manager(host))
    withdraw_application(application=row, actor=as_(row.leader), reason="补充材料")
    reopen_application(application=row, actor=as_(row.leader))
    again = submit_application(application=row, actor=as_(row.leader), agree=True)
    assert (again.state, again.number) == ("host_review", row.number)
    assert Application.objects.filter(pk=row.pk, endorsed_at=None, received_at=None).exists()
    endorse(applications=[row], actor=manager(host))
    assert state(row) == "received"


def test_proposed_experts_are_not_asked_for_what_was_withdrawn() -> None:
    call = new_call()
    row, other = placed(call, "accepted"), placed(call, "accepted")
    round_ = Round.objects.create(call=call, seed=1)
    expert = Expert.objects.order_by("pk")[0]
    made = [Assignment.objects.create(round=round_, application=a, expert=expert) for a in (row, other)]
    withdraw_application(application=row, actor=as_(row.leader), reason="出国")
    assert [Assignment.objects.get(pk=a.pk).state for a in made] == ["released", "proposed"]


STARTED = """
import django
django.setup()
from headwater.calls.applying.services.withdrawing import ON_WITHDRAW
print(*ON_WITHDRAW)
"""


def test_a_process_that_has_opened_no_page_releases_the_experts_too() -> None:
    """As the worker and the commands: what registers itself is imported when the process starts."""
    assert subprocess.check_output([sys.executable, "-c", STARTED], text=True).split() == ["review"]


def test_the_page_asks_for_the_reason_after_the_endorsement() -> None:
    row = placed(new_call(), "received")
    browser, url = client(user_of(row.leader)), f"/applications/{row.pk}/withdraw/"
    assert url in browser.get(f"/applications/{row.pk}/").content.decode()
    assert 'name="reason"' in browser.get(url).content.decode()
    shown = browser.get(url).content.decode()
    assert [w in shown for w in ("不再占用限额和限项", row.host.name_zh, "可以重新编辑")] == [True] * 3
    assert (browser.post(url, {"reason": "另报他项"}).status_code, state(row)) == (200, "received")
    assert (confirmed(browser, url, {}, reason="").status_code, state(row)) == (422, "received")
    assert (confirmed(browser, url, {}, reason="另报他项").status_code, state(row)) == (302, "withdrawn")
    assert browser.get(url).status_code == 302
    assert "另报他项" in client(f"host-{row.host.code}").get(f"/applications/{row.pk}/").content.decode()


# not endorsed


def test_a_host_does_not_endorse_with_a_reason_that_author_and_members_are_told() -> None:
    call, host = new_call(), real_host()
    row = submitted(call, new_person("申请人", host), title_zh="不予报送用例")
    member, declined = member_of(row), member_of(row, confirmed_at=None, declined_at=clock.now())
    with pytest.raises(Refused) as error:
        not_endorse(applications=[row], note=" ", actor=manager(host))
    assert refusal(error) == [("note", "")]
    with clock.at(call.endorse_by), pytest.raises(Refused) as error:
        not_endorse(applications=[row], note="超出限额", actor=manager(host))
    assert refusal(error) == [("", "F14")]
    with clock.at(call.endorse_by - SECOND):
        not_endorse(applications=[row], note="超出限额", actor=manager(host))
    assert (state(row), State.NOT_ENDORSED in LIVE | ENDORSED) == ("not_endorsed", False)
    people = (row.leader, member, declined)
    assert [told(user_of(p), row) for p in people] == [["依托单位决定不予报送"], ["依托单位决定不予报送"], []]
    page = client(user_of(row.leader)).get(f"/applications/{row.pk}/").content.decode()
    assert ("不予报送" in page, "超出限额" in page) == (True, True)
    with pytest.raises(Refused):
        reopen_application(application=row, actor=as_(row.leader))
    assert check(["submitted_before_deadline", "host_within_quota", "members_confirmed"]) == []


def test_what_is_not_endorsed_holds_no_place_of_a_limit() -> None:
    leader = new_person()
    first = submitted(new_call(), leader)
    second = draft_of(new_call("im-gen"), leader)
    not_endorse(applications=[first], note="择优", actor=manager(first.host))
    results = {r.code for r in check_applications([second], second.call)[second.pk] if r.blocks and r.outcome == "failed"}
    assert "F11" not in results
    assert submit_application(application=second, actor=as_(leader), agree=True).state == "host_review"


def test_the_host_ends_several_together_from_its_queue_and_one_from_its_page() -> None:
    call, host = new_call(), real_host()
    rows = [placed(call, "host_review", new_person(f"申请人{n}", host)) for n in range(3)]
    browser, url = client(f"host-{host.code}"), "/host/endorse/chosen/"
    chosen = {"pk": [r.pk for r in rows[:2]], "not_endorse": "1"}
    page = browser.post(url, chosen)
    assert 'name="not_endorse"' in page.content.decode()
    seen = page.context["plan"].digest
    assert browser.post(url, {**chosen, "confirmed": "1", "seen": seen, "note": ""}).status_code == 422
    assert browser.post(url, {**chosen, "confirmed": "1", "seen": seen, "note": "择优推荐"}).status_code == 302
    one = f"/host/endorse/{rows[2].pk}/refuse/"
    assert one in browser.get(f"/applications/{rows[2].pk}/").content.decode()
    assert "不予报送" in browser.get(one).content.decode()
    assert browser.post(one, {"note": "择优推荐"}).status_code == 302
    assert {state(r) for r in rows} == {"not_endorsed"}


# too late


def test_an_agency_returns_only_what_the_host_can_still_endorse() -> None:
    call, host = new_call(), real_host()
    rows = [placed(call, "recommending", new_person(f"申请人{n}", host)) for n in range(2)]
    with clock.at(call.endorse_by - SECOND):
        return_to_host(applications=rows[:1], note="补盖章", actor=recommender(host))
        with pytest.raises(Refused):
            return_to_author(applications=rows[:1], note="补", actor=manager(host))
        endorse(applications=rows[:1], actor=manager(host))
    with clock.at(call.endorse_by), pytest.raises(Refused) as error:
        return_to_host(applications=rows[1:], note="补盖章", actor=recommender(host))
    assert refusal(error) == [("", "F14")]
    assert "退回后单位不能再报送" in str(error.value)
    assert [state(r) for r in rows] == ["recommending", "recommending"]


def test_what_came_too_late_is_closed_by_the_worker_and_its_people_are_told() -> None:
    call, host = new_call(), real_host()
    kinds = ("draft", "host_review", "recommending", "received")
    rows = [placed(call, k, new_person(f"申请人{k}", host), title_zh=f"逾期用例{k}") for k in kinds]
    member, declined = member_of(rows[1]), member_of(rows[1], confirmed_at=None, declined_at=clock.now())
    open_ = placed(
        new_call(closes_at=call.recommend_by + DAY, endorse_by=call.recommend_by + DAY, recommend_by=call.recommend_by + DAY),
        "draft",
    )
    with clock.at(call.recommend_by):
        expire_late(timestamp=0)
        assert expire_everywhere(actor=system("test")) == 0
    assert [state(r) for r in [*rows, open_]] == ["expired", "expired", "expired", "received", "draft"]
    late = ["因逾期未报送，申请已关闭"]
    assert [told(user_of(r.leader), r) for r in rows] == [late, late, late, []]
    assert [told(f"host-{host.code}", r) for r in rows] == [[], late, late, []]
    assert [told(user_of(p), rows[1]) for p in (member, declined)] == [late, []]
    assert "逾期关闭" in [s.label for s in timeline(Application.objects.get(pk=rows[1].pk))]


def test_closing_takes_as_many_queries_for_many_as_for_one() -> None:
    counts = []
    for n in (1, 4):
        call = new_call()
        for _n in range(n):
            member_of(placed(call, "host_review"))
        with clock.at(call.endorse_by), CaptureQueriesContext(connection) as found:
            assert close_late(call=call, actor=system("test")) == n
        counts.append(len(found))
    assert counts[0] == counts[1]
