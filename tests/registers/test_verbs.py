"""Verbs of kinds: states, roles, guards, what is asked, chains, terms, letters; all reasons at once, and nothing by halves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.bases.models import Base
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Event, Notification
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Proposal
from headwater.registers.services.acting import apply_verb, withdraw_proposal
from headwater.registers.shapes import AT_WORK, ENDED
from headwater.registry.models import Sanction
from tests.make import actor, manager, new_person, user_of
from tests.make.bases import ACCEPTED, answered, done, new_base, register_of
from tests.make.labs import ready_to_accept

pytestmark = pytest.mark.django_db


def act(base: Base, verb: str, who: str = "officer", reason: str = "会议研究决定", **more: Any) -> None:
    apply_verb(register=register_of(base.kind), entries=[base.pk], verb=verb, reason=reason, actor=actor(who), **more)


def codes(base: Base, verb: str, who: str = "officer", **more: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        act(base, verb, who, **more)
    return [r.code or r.field for r in refused.value.reasons]


def test_all_reasons_are_told_at_once_and_nothing_changes() -> None:
    base = new_base(host=None, columns={}, answers={})
    before = Event.objects.count()
    found = codes(base, "accept", reason=" ", values=ACCEPTED)
    lacking = [
        "requested",
        "host",
        "place",
        "director",
        "staff",
        "committee",
        "committee_met",
        "rules",
        "open_call",
        "incomplete",
    ]
    assert found == ["reason", *lacking, "body"]
    assert (Event.objects.count(), Base.objects.get(pk=base.pk).state) == (before, "building")


def test_what_a_verb_asks_is_checked_beside_its_field() -> None:
    base = new_base(keepers={"director": new_person()})
    with pytest.raises(Refused) as refused:
        act(base, "accept", values=ACCEPTED | {"accepted_on": "2999-01-01"})
    assert ("_", "请补充：核对验收日期") in [(r.field, r.text) for r in refused.value.reasons]
    with pytest.raises(Refused) as refused:
        act(base, "accept", values=ACCEPTED | {"conclusion": ""})
    assert "验收意见" in str(refused.value)


def test_a_laboratory_is_accepted_by_an_officer_and_the_committee_and_then_runs() -> None:
    director = new_person("主任")
    base = ready_to_accept(new_base(keepers={"director": director}))
    act(base, "accept", values=ACCEPTED)
    proposal = Proposal.objects.get(subject_id=base.pk)
    case = open_case(proposal)
    assert case is not None
    assert (Base.objects.get(pk=base.pk).state, case.state) == ("building", "open")
    assert codes(base, "mend") == ["waiting"]
    with pytest.raises(Refused, match="您提出或参与的事项"):
        answer(case=case, verdict="approve", seen=case_sight(case).token, note="", actor=actor("officer"))
    answered(base)
    row = Base.objects.get(pk=base.pk)
    assert (row.state, row.group, row.since, row.state_due, row.until) == ("running", "live", clock.today(), None, None)
    assert Proposal.objects.get(pk=proposal.pk).state == "approved"
    told = Event.objects.filter(subject_type="bases.base", subject_id=base.pk).latest("pk")
    assert (told.command, told.after["verb"], told.after["asked"]["accepted_on"]) == (
        "core.answer_approval",
        "accept",
        "2026-03-20",
    )
    assert "现为“运行”" in Notification.objects.filter(account=director.account).latest("pk").title
    assert check() == []


def test_a_guard_that_no_longer_holds_keeps_the_last_step_from_approving() -> None:
    director = new_person()
    base = ready_to_accept(new_base(keepers={"director": director}))
    act(base, "accept", values=ACCEPTED)
    Sanction.objects.create(person=director, since=clock.today() - timedelta(days=1), document="惩1")
    with pytest.raises(Refused, match="惩戒期"):
        answered(base)
    assert Base.objects.get(pk=base.pk).state == "building"


@pytest.mark.parametrize(("verdict", "state"), [("refuse", "refused"), ("send_back", "sent_back")])
def test_a_refusal_ends_the_proposal_and_leaves_the_entry(verdict: str, state: str) -> None:
    base = new_base()
    act(base, "extend")
    answered(base, verdict, "理由不充分")
    assert Proposal.objects.get(subject_id=base.pk).state == state
    assert Base.objects.get(pk=base.pk).state_due == base.state_due
    assert Notification.objects.filter(account__username="officer", title__contains="延长建设期").exists()
    act(base, "extend")  # it may be proposed again


def test_a_proposal_is_taken_back_by_who_proposed_it_alone() -> None:
    base = new_base()
    act(base, "extend")
    proposal = Proposal.objects.get(subject_id=base.pk)
    with pytest.raises(Refused, match="只有提出人"):
        withdraw_proposal(proposal=proposal, actor=actor("officer2"))
    withdraw_proposal(proposal=proposal, actor=actor("officer"))
    assert Proposal.objects.get(pk=proposal.pk).state == "withdrawn"
    with pytest.raises(Refused, match="已经办结"):
        withdraw_proposal(proposal=proposal, actor=actor("officer"))


def test_a_term_is_put_off_by_the_verb_that_says_so() -> None:
    base = new_base()
    row = done(base, "extend")
    assert row.state_due == clock.add_months(base.state_due, 12)
    assert (row.state, row.state_since) == ("building", base.state_since)


def test_who_holds_no_role_that_the_kind_names_is_refused() -> None:
    director = new_person()
    base = new_base(keepers={"director": director})
    for who in (manager(base.host).account.username, user_of(director), "leader"):
        assert codes(base, "mend", who) == ["permission"]


def test_the_state_that_an_entry_is_in_decides_what_can_be_done() -> None:
    base = new_base(kind="makerspace", answers={}, state="active")
    assert codes(base, "start") == ["state"]
    assert codes(base, "fly") == [""]


def test_many_are_done_in_one_command_or_none(django_assert_num_queries: Any) -> None:
    bases = [new_base(kind="weather-station", answers={}, host=None, state="running") for _n in range(12)]
    keys, register = [b.pk for b in bases], register_of("weather-station")
    counts = []
    for some in (keys[:3], keys[3:]):
        with CaptureQueriesContext(connection) as queries:
            apply_verb(register=register, entries=some, verb="close", reason="停止观测", actor=actor("officer"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20
    assert set(Base.objects.filter(pk__in=keys).values_list("state", "until")) == {("closed", clock.today())}
    with pytest.raises(Refused):
        apply_verb(register=register, entries=keys, verb="close", reason="再一次", actor=actor("officer"))
    mixed = [keys[0], new_base().pk]
    with pytest.raises(Refused, match="同一种类"):
        apply_verb(register=register, entries=mixed, verb="reopen", reason="混选", actor=actor("officer"))
    with pytest.raises(Refused, match="一次办理一项"):
        apply_verb(
            register=register_of("makerspace"),
            entries=[new_base("makerspace", answers={}, state="active").pk for _n in "ab"],
            verb="watch",
            reason="两个",
            actor=actor("officer"),
        )


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 20), min_size=1, max_size=6))
def test_whatever_is_done_the_state_is_one_of_the_kind_and_its_dates_fit(steps: list[int]) -> None:
    base = new_base(keepers={"director": new_person()})
    kind = kinds_here()[base.kind]
    for step in steps:
        verbs = kind.verbs_from(base.state)
        if not verbs:
            break
        verb = verbs[step % len(verbs)]
        if verb.guards or verb.body:
            continue  # what is asked of a laboratory has its own tests
        base = done(base, verb.code, values=ACCEPTED)
        state = kind.state[verb.target]
        assert (base.state, base.group) == (state.code, state.group)
        assert (base.until is None) == (base.group != ENDED)
        assert base.since is not None or base.group not in AT_WORK
        assert (base.state_due is not None) == bool(state.term)
    assert check(["entry_state_declared", "entry_state_follows", "entry_sums", "successor_not_live"]) == []
