"""Chains of approvals: whose turn it is, who may never answer, what was seen, and what the database holds to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from headwater.core import clock
from headwater.core.approvals import Step, answer, case_sight, cases_of, in_the_way, open_case, remind, waiting_for, withdraw
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Reason, Refused
from headwater.core.invariants import check
from headwater.core.models import ApprovalAnswer, ApprovalCase, Event, Notification, Parameter, RoleGrant
from headwater.core.permission import SIGNED_IN
from headwater.registry.models import Relation
from tests.make import new_host, new_person
from tests.make.chains import (
    OFFICER,
    OFFICERS,
    again,
    against,
    begun,
    codes,
    declared,
    followed,
    holding,
    new_matter,
    proposer,
    says,
)

KIND = "core.parameter"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    with declared():
        yield


@pytest.fixture
def matter() -> Parameter:
    return new_matter()


def test_a_chain_is_walked_by_different_people_and_its_end_is_followed(matter: Parameter) -> None:
    first, second, third = (holding("programme_officer", name=f"主管{n}") for n in "甲乙丙")
    case = begun(matter)
    assert [says(case, who).place for who in (first, second)] == [2, 2]
    assert codes(case, second) == codes(case, first) == {"again"}
    assert followed == []
    done = says(case, third, note="同意")
    assert (done.state, followed) == ("approved", [("approved", matter.pk, "同意")])
    assert not check(["approvals_complete", "approvals_not_own", "approvals_in_turn"])
    event = Event.objects.filter(subject_type=KIND, subject_id=matter.pk).order_by("-pk")[0]
    assert (event.command, event.after) == ("core.answer_approval", {"kind": "approved", "approval": case.pk})


def test_refusing_and_sending_back_need_a_reason_and_end_it(matter: Parameter) -> None:
    officer = holding("programme_officer")
    case = begun(matter)
    assert codes(case, officer, "refuse") == codes(case, officer, "send_back", "  ") == {"note"}
    assert codes(case, officer, "nothing") == {"verdict"}
    assert says(case, officer, "refuse", "依据不足").state == "refused"
    assert followed == [("refused", matter.pk, "依据不足")]
    second = begun(matter)
    assert (says(second, officer, "send_back", "请补充").state, followed[-1][0]) == ("sent_back", "sent_back")
    assert [c.state for c in cases_of(matter)] == ["sent_back", "refused"]


def test_sending_back_to_a_step_voids_what_was_answered_from_there(matter: Parameter) -> None:
    first, second, third, fourth = (holding("programme_officer", name=f"主管{n}") for n in "甲乙丙丁")
    case = begun(matter, Step("one", "programme_officer"), Step("two", "programme_officer"), Step("three", "programme_officer"))
    for who in (first, second):
        says(case, who)
    assert codes(case, third, "send_back", "重办", back_to="three") == {"back_to"}
    assert codes(case, third, "approve", back_to="one") == {"back_to"}
    assert says(case, third, "send_back", "第二步重办", back_to="two").place == 2
    counting = list(case.answers.counting().values_list("account", flat=True))
    assert counting == [first.account.pk]
    assert codes(case, first) == {"again"}
    assert [says(case, who).state for who in (third, fourth)] == ["open", "approved"]  # who sent it back may answer anew
    assert not check(["approvals_complete", "approvals_in_turn"])


def test_nobody_answers_an_own_case(matter: Parameter) -> None:
    part, family, free = new_person("参与人"), new_person("其配偶"), holding("programme_officer")
    Relation.objects.create(first=part, second=family, kind="kin")
    for person in (part, family):
        RoleGrant.objects.create(account=person.account, role="programme_officer")
    me = holding("programme_officer", name="提出人")
    case = begun(matter, people=[part.pk], by=me)
    for who in (Actor(part.account), Actor(family.account), me):
        assert codes(case, who) == {"own"}
        assert not waiting_for(again(who).account).filter(pk=case.pk).exists()
    for who in (Actor(part.account), Actor(family.account)):
        assert not ApprovalCase.objects.visible_to(again(who).account).filter(pk=case.pk).exists()
    assert case in waiting_for(again(free).account)
    told = Notification.objects.filter(title__startswith="请审批：参数 参数 test_key")
    assert free.account.pk in set(told.values_list("account", flat=True))
    assert not told.filter(account__in=[me.account, part.account, family.account]).exists()


def test_a_role_counts_for_its_scope_alone(matter: Parameter) -> None:
    mine, other = new_host(), new_host()
    manager, stranger = (holding("host_manager", "organisation", host.pk) for host in (mine, other))
    officer, officer_of_call = holding("programme_officer"), holding("programme_officer", "call", 1)
    case = begun(matter, Step("host", "host_manager", "organisation", mine.pk), OFFICER)
    assert [case in waiting_for(w.account) for w in (manager, stranger, officer)] == [True, False, False]
    with pytest.raises(NotAllowed):
        says(case, stranger)
    assert codes(case, officer) == {"step"}
    says(case, manager)
    with pytest.raises(NotAllowed):
        says(case, officer_of_call)  # a role for one call is not the role for everything
    waits = [case in waiting_for(again(w).account) for w in (manager, officer, officer_of_call)]
    assert waits == [False, True, False]
    seen = [case in ApprovalCase.objects.visible_to(again(w).account) for w in (manager, officer, stranger)]
    assert seen == [True, True, False]


def test_who_is_asked_is_reminded_once_before_and_once_after(matter: Parameter) -> None:
    officer = holding("programme_officer")
    with clock.at(clock.local(date(2026, 3, 2), 9)):
        case = begun(matter, Step("one", "programme_officer", due_key="x_days", due_length=10), OFFICER)
    told = []
    for day in (2, 8, 10, 11, 13, 14):
        with clock.at(clock.local(date(2026, 3, day), 8)):
            told.append(remind())
    assert told == [0, 0, 1, 0, 1, 0]
    notes = Notification.objects.filter(account=officer.account, title="尚待审批：参数 参数 test_key")
    assert [n.body for n in notes] == ["办理期限：2026年3月12日"] * 2
    assert case.steps.get(place=2).reminded_at is None


def test_what_is_approved_is_what_was_seen_and_what_was_proposed(matter: Parameter) -> None:
    officer, other = holding("programme_officer"), holding("programme_officer")
    case = begun(matter, Step("one", "programme_officer", least=2))
    seen = case_sight(case).token
    assert codes(case, officer, seen="") == {"unseen"}
    says(case, other)
    assert codes(case, officer, seen=seen) == {"changed"}  # another answer stands there by now
    Parameter.objects.filter(pk=matter.pk).update(value=6)
    with pytest.raises(Refused, match="数值") as refused:
        says(case, officer)
    assert [r.code for r in refused.value.reasons] == ["altered"]
    assert [r.code for r in in_the_way(case, again(officer).account)] == ["altered"]
    assert says(case, officer, "send_back", "提交后又改了").state == "sent_back"


def test_all_reasons_come_at_once(matter: Parameter) -> None:
    me = holding("programme_officer")
    case = begun(matter, Step("host", "host_manager", "organisation", 1), OFFICER, by=me)
    against.append(Reason("条件未满足", code="guard"))
    assert codes(case, me, seen="") == {"unseen", "own", "step", "guard"}
    assert codes(case, me, "refuse", seen="") == {"unseen", "own", "step", "note"}


def test_the_proposer_withdraws_while_it_is_open(matter: Parameter) -> None:
    me, officer = proposer(), holding("programme_officer")
    case = begun(matter, OFFICER, by=me)
    assert open_case(matter) == case
    with pytest.raises(Refused, match="正在审批中"):
        begun(matter)
    with command(again(officer), SIGNED_IN, name="test.propose") as log, pytest.raises(Refused, match="只有提出人"):
        withdraw(case=case, log=log)
    with command(me, SIGNED_IN, name="test.propose") as log:
        assert withdraw(case=case, log=log).state == "withdrawn"
    assert codes(case, officer) == {"closed"}
    with command(me, SIGNED_IN, name="test.propose") as log, pytest.raises(Refused, match="已经办结"):
        withdraw(case=case, log=log)
    assert begun(matter).pk != case.pk


def test_a_chain_without_sense_is_an_error(matter: Parameter) -> None:
    for chain in ([OFFICER, OFFICER], [Step("x", "nobody")], [Step("x", "programme_officer", least=0)]):
        with pytest.raises(ValueError, match="expected steps"):
            begun(matter, *chain)


def test_a_step_is_due_so_long_after_it_is_reached(matter: Parameter) -> None:
    officer = holding("programme_officer")
    with clock.at(clock.local(date(2026, 3, 2), 9)):
        case = begun(
            matter,
            Step("one", "programme_officer", due_key="x_working_days", due_length=5),
            Step("two", "programme_officer", due_key="x_days", due_length=10),
        )
        one, two = case.steps.all()
        assert (clock.last_day(one.due_at), two.due_at) == (date(2026, 3, 9), None)
    with clock.at(clock.local(date(2026, 3, 20), 9)):
        assert one.is_late(clock.now())
        says(case, officer)
        two.refresh_from_db()
        assert clock.last_day(two.due_at) == date(2026, 3, 30)


@pytest.mark.parametrize(
    "change",
    [
        lambda c, _a: ApprovalCase.objects.filter(pk=c.pk).update(state="open", decided_at=None),
        lambda c, _a: ApprovalCase.objects.filter(pk=c.pk).update(place=1),
        lambda c, _a: ApprovalCase.objects.filter(pk=c.pk).delete(),
        lambda c, _a: c.steps.update(least=5),
        lambda c, _a: c.steps.all()._raw_delete("default"),
        lambda _c, a: ApprovalAnswer.objects.filter(pk=a.pk).update(note="别的话"),
        lambda _c, a: ApprovalAnswer.objects.filter(pk=a.pk)._raw_delete("default"),
        lambda c, a: ApprovalAnswer.objects.create(case=c, step=a.step, account=new_person().account, verdict="approve", seen=""),
    ],
)
def test_the_database_keeps_what_was_decided(matter: Parameter, change: Any) -> None:
    case = begun(matter, OFFICER)
    says(case, holding("programme_officer"))
    with pytest.raises(Exception, match=r"headwater_approval|append-only|protected"), transaction.atomic():
        change(ApprovalCase.objects.get(pk=case.pk), case.answers.get())


def test_the_database_lets_nobody_answer_an_own_case_twice_or_out_of_turn(matter: Parameter) -> None:
    me, part, other = proposer(), new_person(), new_person()
    case = begun(matter, Step("one", "programme_officer", least=2), OFFICER, people=[part.pk], by=me)
    one, two = case.steps.all()
    row = {"case": case, "verdict": "approve", "seen": ""}
    for wrong in (
        {"step": one, "account": me.account},
        {"step": one, "account": part.account, "person_id": part.pk},
        {"step": two, "account": other.account},
    ):
        with pytest.raises(IntegrityError, match="headwater_approval"), transaction.atomic():
            ApprovalAnswer.objects.create(**row, **wrong)
    ApprovalAnswer.objects.create(**row, step=one, account=other.account, person_id=other.pk)
    for same in ({"account": other.account}, {"account": new_person().account, "person_id": other.pk}):
        with pytest.raises(IntegrityError, match="approval_answer_on"), transaction.atomic():
            ApprovalAnswer.objects.create(**row, step=one, **same)
    with pytest.raises(IntegrityError, match="lacks answers"), transaction.atomic():
        ApprovalCase.objects.filter(pk=case.pk).update(state="approved", decided_at=clock.now())
    with pytest.raises(IntegrityError, match="approval_answer_reason"), transaction.atomic():
        ApprovalAnswer.objects.create(case=case, verdict="refuse", seen="", step=one, account=new_person().account)
    assert [b.invariant.name for b in check(["approvals_not_own", "approvals_complete"])] == []


def test_a_case_whose_matter_is_gone_is_named(matter: Parameter) -> None:
    case = begun(matter)
    pk = matter.pk
    Parameter.objects.filter(pk=pk).delete()
    assert [b.rows for b in check(["approvals_have_matters"])] == [[f"case {case.pk} about core.parameter {pk}"]]


def test_who_is_asked_is_found_in_one_question_whatever_the_number(matter: Parameter) -> None:
    officer = holding("programme_officer")
    holding("host_manager", "organisation", 1)

    def asked() -> int:
        account = again(officer).account
        assert account.grants
        with CaptureQueriesContext(connection) as found:
            list(waiting_for(account).with_step())
        return len(found)

    begun(matter)
    few, before = asked(), waiting_for(again(officer).account).count()
    for n in range(5):
        begun(new_matter(f"test_{n}"))
    assert waiting_for(again(officer).account).count() == before + 5
    assert asked() == few <= 4  # the persons for whom the account stands, then the rows


def test_an_answer_asks_a_fixed_number_of_questions(matter: Parameter) -> None:
    officer, others = holding("programme_officer"), [holding("programme_officer") for _n in range(6)]
    long = begun(matter, *(Step(f"s{n}", "programme_officer") for n in range(8)))
    for other in others:
        says(long, other)
    short = begun(new_matter("second"), OFFICER, OFFICERS)
    counts = []
    for case in (long, short):
        seen, who = case_sight(ApprovalCase.objects.get(pk=case.pk)).token, again(officer)
        with CaptureQueriesContext(connection) as found:
            answer(case=case, verdict="approve", seen=seen, note="", actor=who)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 30
