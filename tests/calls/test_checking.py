"""The formal check, its letters, and the re-check."""

from __future__ import annotations

from datetime import date, timedelta
from multiprocessing.reduction import ForkingPickler
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from headwater.calls.checking.services import checking
from headwater.calls.checking.services.checking import accept_clear, decide_check, run_formal_check
from headwater.calls.checking.services.rechecking import ask_recheck, recheck_until
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Attachment, Call, FormalCheck, Letter, RuleResult
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import Notification, RoleGrant
from headwater.registry.models import Sanction
from tests.approvals import answer_recheck
from tests.make import actor, as_, client, complete, new_call, new_person, placed, refusal, sign_as_asked

pytestmark = pytest.mark.django_db
TEXT = "所附材料在提交时已经上传，请予核对。"


def received(call: Call, **person: Any) -> Application:
    """An application in which the rules find nothing, unless `person` says otherwise."""
    leader = new_person(**person)
    values = complete(call)
    answers = {k: v for k, v in values.items() if k not in {"title_zh", "discipline"}}
    return placed(call, "received", leader, answers=answers, received_at=clock.now())


def fresh(application: Application) -> Application:
    return Application.objects.select_related("call__scheme").get(pk=application.pk)


def results(call: Call) -> list[tuple[Any, ...]]:
    rows = FormalCheck.objects.filter(application__call=call).order_by("application")
    return [(c.application_id, c.verdict, c.failed, c.results) for c in rows]


def test_formal_check_tells_clear_from_faulty() -> None:
    call = new_call()
    good, old = received(call), received(call, birth_date=date(1950, 1, 1))
    unsure = received(call, birth_date=None)
    banned = received(call)
    Sanction.objects.create(person=banned.leader, since=clock.today() - timedelta(days=1))
    late = received(call)
    Application.objects.filter(pk=late.pk).update(submitted_at=call.closes_at)
    counts = run_formal_check(call=call, actor=actor("officer"))
    assert counts == {"clear": 1, "eyes": 1, "faulty": 3}
    assert [r[:3] for r in results(call)] == [
        (good.pk, "clear", []),
        (old.pk, "faulty", ["F12"]),
        (unsure.pk, "eyes", []),
        (banned.pk, "faulty", ["F13"]),
        (late.pk, "faulty", ["F14"]),
    ]


def test_formal_check_twice_gives_the_same() -> None:
    call = new_call()
    received(call)
    received(call, birth_date=date(1950, 1, 1))
    first = run_formal_check(call=call, actor=actor("officer"))
    before = results(call)
    assert run_formal_check(call=call, actor=actor("officer")) == first
    assert results(call) == before
    assert len(before) == 2


@pytest.mark.usefixtures("owner_connection")
def test_what_rules_answer_is_kept_once_and_stays() -> None:
    call = new_call()
    rows = [received(call), received(call), received(call, birth_date=date(1950, 1, 1))]
    run_formal_check(call=call, actor=actor("officer"))
    for row, (_pk, _verdict, _failed, found) in zip(rows, results(call), strict=True):
        assert found == [r.as_json() for r in check_applications([fresh(row)], call)[row.pk]]
    named = [d for c in FormalCheck.objects.all() for d in c.result_digests]
    assert RuleResult.objects.count() == len(set(named)) < len(named) / 2
    for change in ("UPDATE calls_ruleresult SET text = '{}'", "DELETE FROM calls_ruleresult"):
        with pytest.raises(IntegrityError, match="headwater_append_only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    with pytest.raises(IntegrityError, match="rule_result_digest"), transaction.atomic():
        RuleResult.objects.create(digest="0" * 32, text="{}")


def test_formal_check_in_chunks_that_travel_to_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    call = new_call()
    rows = [received(call), received(call, birth_date=date(1950, 1, 1)), received(call)]
    monkeypatch.setattr(checking, "CHUNK", 1)
    monkeypatch.setattr(checking, "spread", lambda work, chunks: map(ForkingPickler.loads(ForkingPickler.dumps(work)), chunks))
    assert run_formal_check(call=call, actor=actor("officer")) == {"clear": 2, "eyes": 0, "faulty": 1}
    assert [r[0] for r in results(call)] == [r.pk for r in rows]


def test_formal_check_leaves_decided_applications_alone() -> None:
    call = new_call()
    row = received(call)
    run_formal_check(call=call, actor=actor("officer"))
    decide_check(applications=[row], accept=True, actor=actor("officer"), note="核对无误")
    before = FormalCheck.objects.filter(application=row).values()[0]
    assert run_formal_check(call=call, actor=actor("officer")) == {"clear": 0, "eyes": 0, "faulty": 0}
    assert FormalCheck.objects.filter(application=row).values()[0] == before


def test_formal_check_needs_the_same_queries_for_one_and_for_many() -> None:
    one, many = new_call(), new_call()
    received(one)
    for n in range(9):
        row = received(many)
        member = new_person(f"成员{n}")
        row.participants.create(person=member, organisation=member.organisation, confirmed_at=clock.now())
        sign_as_asked(row, "member")
    run_formal_check(call=one, actor=actor("officer"))
    with CaptureQueriesContext(connection) as first:
        run_formal_check(call=one, actor=actor("officer"))
    run_formal_check(call=many, actor=actor("officer"))
    with CaptureQueriesContext(connection) as second:
        counts = run_formal_check(call=many, actor=actor("officer"))
    assert counts["clear"] == 9
    assert len(second) == len(first)


def test_accept_clear_takes_only_the_clear() -> None:
    call = new_call()
    good, old = received(call), received(call, birth_date=date(1950, 1, 1))
    run_formal_check(call=call, actor=actor("officer"))
    assert accept_clear(call=call, actor=actor("officer")) == 1
    assert (fresh(good).state, fresh(old).state) == ("accepted", "received")
    assert accept_clear(call=call, actor=actor("officer")) == 0


def test_refusal_needs_known_codes() -> None:
    call = new_call()
    row = received(call)
    for codes in ([], ["F99"], ["F12", "F99"]):
        with pytest.raises(Refused) as error:
            decide_check(applications=[row], accept=False, codes=codes, actor=actor("officer"))
        assert refusal(error) == [("codes", "")]
    assert fresh(row).state == "received"
    assert not Letter.objects.filter(application=row).exists()
    decide_check(applications=[row], accept=False, codes=["F12"], actor=actor("officer"))
    assert fresh(row).state == "not_accepted"


def test_refusal_writes_a_letter_with_the_reasons() -> None:
    call = new_call()
    rows = [received(call), received(call)]
    decide_check(applications=rows, accept=False, codes=["F12", "F05"], note="请见附页", actor=actor("officer"))
    letters = list(Letter.objects.filter(application__call=call).order_by("application"))
    assert [(x.application_id, x.kind) for x in letters] == [(r.pk, "not_accepted") for r in rows]
    assert [x.body["reasons"] for x in letters] == [["年龄不符合要求", "申请材料不全"]] * 2
    assert [(x.body["note"], x.body["number"]) for x in letters] == [("请见附页", r.number) for r in rows]
    assert len({x.number for x in letters}) == 2


def test_acceptance_writes_no_letter() -> None:
    call = new_call()
    row = received(call)
    decide_check(applications=[row], accept=True, unchecked=True, actor=actor("officer"))
    assert (fresh(row).state, Letter.objects.filter(application=row).count()) == ("accepted", 0)
    with pytest.raises(Refused) as error:
        decide_check(applications=[row], accept=False, codes=["F12"], actor=actor("officer"))
    assert refusal(error) == [("", "state")]


@pytest.mark.parametrize("part", ["leader", "member"])
def test_officer_who_takes_part_may_not_decide(part: str) -> None:
    call = new_call()
    officer = new_person("兼职主管")
    RoleGrant.objects.create(account=officer.account, role="programme_officer")
    own = placed(call, "received", officer if part == "leader" else None)
    if part == "member":
        own.participants.create(person=officer, organisation=officer.organisation)
    other = placed(call, "received")
    for accept, codes in ((True, []), (False, ["F12"])):
        with pytest.raises(Refused) as error:
            decide_check(applications=[own, other], accept=accept, unchecked=accept, codes=codes, actor=as_(officer))
        assert refusal(error) == [("", "permission")]
    assert (fresh(own).state, fresh(other).state) == ("received", "received")
    decide_check(applications=[other], accept=True, unchecked=True, actor=as_(officer))
    decide_check(applications=[own], accept=True, unchecked=True, actor=actor("officer"))
    assert (fresh(own).state, fresh(other).state) == ("accepted", "accepted")


def refused(call: Call) -> Application:
    row = received(call)
    decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    return fresh(row)


def test_recheck_until_the_end_of_the_fifteenth_day() -> None:
    row = refused(new_call())
    until = recheck_until(row)
    last = timezone.localdate(Letter.objects.get(application=row).issued_at) + timedelta(days=15)
    assert until == clock.end_of_day(last)
    with clock.at(clock.local(last + timedelta(days=1))), pytest.raises(Refused, match="已过申请复审的期限"):
        ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    assert fresh(row).state == "not_accepted"
    with clock.at(clock.local(last, 23, 59) + timedelta(seconds=59)):
        ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    assert fresh(row).state == "recheck"


def test_recheck_within_the_last_second_of_the_fifteenth_day() -> None:
    row = refused(new_call())
    with clock.at(recheck_until(row) - timedelta(milliseconds=500)):
        ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    assert fresh(row).state == "recheck"


def test_recheck_is_asked_by_the_leader_with_a_reason() -> None:
    row = refused(new_call())
    with pytest.raises(NotAllowed):
        ask_recheck(application=row, text=TEXT, actor=as_(new_person("旁人")))
    with pytest.raises(Refused) as error:
        ask_recheck(application=row, text=" 请复审 ", actor=as_(row.leader))
    assert refusal(error) == [("text", "")]
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    assert FormalCheck.objects.get(application=row).recheck_text == TEXT


def test_recheck_is_asked_once() -> None:
    row = refused(new_call())
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    with pytest.raises(Refused):
        ask_recheck(application=fresh(row), text=TEXT, actor=as_(row.leader))
    answer_recheck(application=fresh(row), revoke=False, answer="维持", actor=actor("officer2"))
    assert fresh(row).state == "not_accepted"
    with pytest.raises(Refused, match="已申请过复审"):
        ask_recheck(application=fresh(row), text=TEXT, actor=as_(row.leader))
    assert fresh(row).state == "not_accepted"


@pytest.mark.parametrize(("revoke", "state"), [(True, "accepted"), (False, "not_accepted")])
def test_answer_to_a_recheck_is_written(revoke: bool, state: str) -> None:
    row = refused(new_call())
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    with pytest.raises(Refused) as error:
        answer_recheck(application=fresh(row), revoke=revoke, answer=" ", actor=actor("officer2"))
    assert refusal(error) == [("answer", "")]
    with pytest.raises(NotAllowed):
        answer_recheck(application=fresh(row), revoke=revoke, answer="经核对", actor=as_(row.leader))
    answer_recheck(application=fresh(row), revoke=revoke, answer="经核对", actor=actor("officer2"))
    letter = Letter.objects.get(application=row, kind="recheck")
    assert fresh(row).state == state
    assert (letter.body["revoked"], letter.body["note"]) == (revoke, "经核对")
    told = Notification.objects.filter(account=row.leader.account, title__contains="复审决定：").get()
    result = "撤销原不予受理决定，已转入评审" if revoke else "维持原不予受理决定"
    assert told.title == f"“{row.title_zh}”（{row.number}）复审决定：{result}"


def test_who_refused_does_not_answer_the_recheck() -> None:
    row = refused(new_call())
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    for revoke in (True, False):
        with pytest.raises(NotAllowed):
            answer_recheck(application=fresh(row), revoke=revoke, answer="经核对", actor=actor("officer"))
    address = f"/office/applications/{row.pk}/"
    assert "作出原决定以外的项目主管" in client("officer").get(address).content.decode()
    assert client("officer").post(f"{address}recheck/", {"decision": "uphold", "answer": "维持"}).status_code == 403
    with pytest.raises(IntegrityError, match="recheck_by_another"), transaction.atomic():
        FormalCheck.objects.filter(application=row).update(recheck_answered_by=actor("officer").account)
    answer_recheck(application=fresh(row), revoke=False, answer="经核对", actor=actor("officer2"))
    assert FormalCheck.objects.get(application=row).recheck_answered_by == actor("officer2").account
    assert check(["recheck_by_another_person"]) == []


def test_revoked_application_goes_on_as_accepted() -> None:
    row = refused(new_call())
    ask_recheck(application=row, text=TEXT, actor=as_(row.leader))
    answer_recheck(application=fresh(row), revoke=True, answer="经核对", actor=actor("officer2"))
    with pytest.raises(Refused):
        ask_recheck(application=fresh(row), text=TEXT, actor=as_(row.leader))
    with pytest.raises(Refused):
        decide_check(applications=[row], accept=False, codes=["F05"], actor=actor("officer"))
    assert fresh(row).state == "accepted"


def test_ethics_are_asked_for_only_with_the_flag() -> None:
    call = new_call()
    plain, flagged, attached = received(call), received(call), received(call)
    Application.objects.filter(pk__in=[flagged.pk, attached.pk]).update(flags=["animal"])
    for row in (flagged, attached):
        sign_as_asked(fresh(row), "applicant")
    file = Attachment.objects.filter(kind="ethics").values_list("file", flat=True)
    Attachment.objects.create(application=attached, kind="ethics", file_id=file[0])
    run_formal_check(call=call, actor=actor("officer"))
    assert [r[2] for r in results(call)] == [[], ["F08"], []]
    assert plain.pk < flagged.pk < attached.pk
