"""Endorsement within the quota, recommendation, returns, and what comes too late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from headwater.calls.applying.services.applications import submit_application
from headwater.calls.endorsing.services.endorsement import (
    endorse,
    expire_late,
    quota_board,
    recommend,
    return_to_author,
    return_to_host,
)
from headwater.calls.models import Application, Call, DocumentSignature, HostQuota
from headwater.calls.workflow import guide_lead
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import RoleGrant
from headwater.registry.models import Agency, HostHistory, Organisation
from tests.make import (
    SECOND,
    actor,
    as_,
    draft_of,
    manager,
    new_call,
    new_host,
    new_person,
    placed,
    real_host,
    recommender,
    refusal,
    sign_as_asked,
    submitted,
    words,
)

pytestmark = pytest.mark.django_db


def states(call: Call) -> list[str]:
    return list(Application.objects.filter(call=call).order_by("pk").values_list("state", flat=True))


def waiting(call: Call, count: int, host: Organisation) -> list[Application]:
    return [placed(call, "host_review", new_person(f"申请人{n}", host)) for n in range(count)]


def test_exactly_the_quota_works_and_one_more_does_not() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=3)
    rows = waiting(call, 4, host)
    endorse(applications=rows[:1], actor=manager(host))
    with pytest.raises(Refused) as error:
        endorse(applications=rows[1:], actor=manager(host))
    assert refusal(error) == [("", "F15")]
    assert str(error.value) == f"{host} 的限额为 3 项，已报送 1 项，本次 3 项，超出 1 项"
    assert states(call) == ["recommending", "host_review", "host_review", "host_review"]
    endorse(applications=rows[1:3], actor=manager(host))
    assert states(call) == ["recommending", "recommending", "recommending", "host_review"]
    assert quota_board(call) == {host.pk: (3, 3)}
    assert check(["host_within_quota"]) == []


def test_quota_of_nothing_lets_nothing_through() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=0)
    with pytest.raises(Refused, match="超出 1 项"):
        endorse(applications=waiting(call, 1, host), actor=manager(host))
    assert states(call) == ["host_review"]


def test_host_registered_after_the_publication_gets_its_quota() -> None:
    """Five for one without approvals in three years (handbook vector Q-2)."""
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=new_host(), quota=9)
    HostHistory.objects.filter(organisation=host).delete()
    rows = waiting(call, 6, host)
    with pytest.raises(Refused) as error:
        endorse(applications=rows, actor=manager(host))
    assert refusal(error) == [("", "F15")]
    assert len(endorse(applications=rows[:5], actor=manager(host))) == 5
    assert quota_board(call)[host.pk] == (5, 5)


@pytest.mark.parametrize(
    ("day", "early"), [pytest.param(date(2026, 1, 30), False, id="CK-1"), pytest.param(date(2026, 1, 31), True, id="CK-1 late")]
)
def test_guide_is_out_thirty_days_before_applications_open(day: date, early: bool) -> None:
    call = new_call(opens_at=clock.local(date(2026, 3, 1), 8), closes_at=clock.local(date(2026, 3, 20), 16))
    with clock.at(clock.local(day, 23)):
        found = guide_lead(call)
    assert (found is not None) == early
    assert found is None or (found.field, "最早可于 2026-03-02 开始申报" in found.text) == ("opens_at", True)


def test_quota_is_counted_for_each_call() -> None:
    one, two, host = new_call(), new_call(), real_host()
    for call in (one, two):
        HostQuota.objects.create(call=call, organisation=host, quota=1)
    rows = waiting(one, 1, host) + waiting(two, 1, host)
    assert len(endorse(applications=rows, actor=manager(host))) == 2


def test_returned_application_gives_its_place_back() -> None:
    call, host = new_call(), real_host()
    HostQuota.objects.create(call=call, organisation=host, quota=1)
    first, second = waiting(call, 2, host)
    endorse(applications=[first], actor=manager(host))
    with pytest.raises(Refused, match="超出 1 项"):
        endorse(applications=[second], actor=manager(host))
    return_to_host(applications=[first], note="材料不全", actor=recommender(host))
    endorse(applications=[second], actor=manager(host))
    assert states(call) == ["host_review", "recommending"]


def test_endorsement_is_signed_by_the_host_once() -> None:
    call, host = new_call(), real_host()
    row = waiting(call, 1, host)[0]
    endorse(applications=[row], actor=manager(host))
    return_to_host(applications=[row], note="材料不全", actor=recommender(host))
    endorse(applications=[row], actor=manager(host))
    found = DocumentSignature.objects.filter(application=row, party="host").values_list("party", "organisation", "text")
    assert list(found) == [("host", row.host_id, *words(call, "host"))]


def test_host_cannot_endorse_an_application_of_another_host() -> None:
    call, host, other = new_call(), real_host(), new_host()
    own, foreign = waiting(call, 1, host)[0], waiting(call, 1, other)[0]
    with pytest.raises(Refused) as error:
        endorse(applications=[own, foreign], actor=manager(host))
    assert refusal(error) == [("", "permission")]
    assert states(call) == ["host_review", "host_review"]
    endorse(applications=[own], actor=manager(host))
    assert states(call) == ["recommending", "host_review"]


def test_who_manages_no_host_endorses_nothing() -> None:
    call, host = new_call(), real_host()
    row = waiting(call, 1, host)[0]
    for username in ("officer", "committee", row.leader.account.username):
        with pytest.raises(NotAllowed):
            endorse(applications=[row], actor=actor(username))
    assert states(call) == ["host_review"]


@pytest.mark.parametrize("part", ["leader", "member"])
def test_nobody_endorses_their_own_application(part: str) -> None:
    call, host = new_call(), real_host()
    both = new_person("管理员兼申请人", host)
    RoleGrant.objects.create(account=both.account, role="host_manager", scope="organisation", scope_id=host.pk)
    own = placed(call, "host_review", both if part == "leader" else new_person("申请人", host))
    if part == "member":
        own.participants.create(person=both, organisation=host)
    other = placed(call, "host_review", new_person("同事", host))
    with pytest.raises(Refused) as error:
        endorse(applications=[own, other], actor=as_(both))
    assert refusal(error) == [("", "permission")]
    endorse(applications=[other], actor=as_(both))
    assert states(call) == ["host_review", "recommending"]


def test_direct_host_reports_straight_into_the_formal_check() -> None:
    call, host = new_call(), real_host(direct=True)
    endorse(applications=waiting(call, 1, host), actor=manager(host))
    row = Application.objects.get(call=call)
    assert (row.state, row.endorsed_at) == ("received", row.received_at)


def test_endorsement_ends_at_its_deadline() -> None:
    call, host = new_call(), real_host()
    rows = waiting(call, 1, host)
    with clock.at(call.endorse_by), pytest.raises(Refused) as error:
        endorse(applications=rows, actor=manager(host))
    assert refusal(error) == [("", "F14")]
    with clock.at(call.endorse_by - SECOND):
        endorse(applications=rows, actor=manager(host))
    assert states(call) == ["recommending"]


def test_recommendation_is_for_the_own_agency_and_on_time() -> None:
    call, host = new_call(), real_host()
    other = Agency.objects.filter(recommends=True).exclude(pk=host.recommender_id).order_by("pk")[0]
    stranger = new_person("别的归口管理部门")
    RoleGrant.objects.create(account=stranger.account, role="recommender", scope="agency", scope_id=other.pk)
    row = placed(call, "recommending", new_person("申请人", host))
    with pytest.raises(Refused) as error:
        recommend(applications=[row], actor=as_(stranger))
    assert refusal(error) == [("", "permission")]
    with clock.at(call.recommend_by), pytest.raises(Refused) as error:
        recommend(applications=[row], actor=recommender(host))
    assert refusal(error) == [("", "F14")]
    with clock.at(call.recommend_by - SECOND):
        recommend(applications=[row], actor=recommender(host))
    assert states(call) == ["received"]


def test_return_needs_a_note_and_the_deadline_not_passed() -> None:
    call, host = new_call(), real_host()
    row = waiting(call, 1, host)[0]
    with pytest.raises(Refused) as error:
        return_to_author(applications=[row], note="  ", actor=manager(host))
    assert refusal(error) == [("note", "")]
    with clock.at(call.closes_at), pytest.raises(Refused) as error:
        return_to_author(applications=[row], note="请补充", actor=manager(host))
    assert refusal(error) == [("", "F14")]
    assert states(call) == ["host_review"]
    return_to_author(applications=[row], note=" 请补充 ", actor=manager(host))
    found = Application.objects.get(pk=row.pk)
    assert (found.state, found.returned_note) == ("draft", "请补充")


def test_return_to_host_needs_a_note() -> None:
    call, host = new_call(), real_host()
    row = placed(call, "recommending", new_person("申请人", host))
    with pytest.raises(Refused) as error:
        return_to_host(applications=[row], note="", actor=recommender(host))
    assert refusal(error) == [("note", "")]
    return_to_host(applications=[row], note="补", actor=recommender(host))
    assert states(call) == ["host_review"]


@pytest.mark.parametrize(
    ("deadline", "expired"), [("closes_at", ["draft"]), ("endorse_by", ["draft", "host_review"]), ("recommend_by", None)]
)
def test_expire_late_closes_what_missed_its_deadline(deadline: str, expired: list[str] | None) -> None:
    call = new_call()
    kinds = ["draft", "host_review", "recommending", "received", "withdrawn"]
    for kind in kinds:
        placed(call, kind)
    late = kinds[:3] if expired is None else expired
    before = kinds[: len(late) - 1]
    with clock.at(getattr(call, deadline) - SECOND):
        assert expire_late(call=call, actor=actor("officer")) == len(before)
    with clock.at(getattr(call, deadline)):
        assert expire_late(call=call, actor=system("test")) == 1
        assert expire_late(call=call, actor=system("test")) == 0
    assert states(call) == ["expired" if k in late else k for k in kinds]


def test_expire_late_is_for_officers() -> None:
    call = new_call()
    row = placed(call, "draft")
    with clock.at(call.closes_at + timedelta(days=1)), pytest.raises(NotAllowed):
        expire_late(call=call, actor=manager(row.host))
    assert states(call) == ["draft"]


def test_members_confirmed_before_submission_and_invariant() -> None:
    call, leader, member = new_call(), new_person(), new_person("成员")
    application = draft_of(call, leader)
    row = application.participants.create(person=member, organisation=member.organisation)
    with pytest.raises(Refused, match="尚未确认参与") as error:
        submit_application(application=application, actor=as_(leader), agree=True)
    assert refusal(error) == [("", "F01")]
    row.confirmed_at = clock.now()
    row.save()
    sign_as_asked(application, "member")
    submit_application(application=application, actor=as_(leader), agree=True)
    endorse(applications=[application], actor=manager(leader.organisation))
    assert check(["members_confirmed"]) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE calls_participant SET confirmed_at = NULL WHERE id = %s", [row.pk])
    number = Application.objects.get(pk=application.pk).number
    assert [b.rows for b in check(["members_confirmed"])] == [[f"participant {row.pk} of {number}"]]


def test_whole_way_to_the_formal_check() -> None:
    call, leader = new_call(), new_person()
    application = submitted(call, leader)
    endorse(applications=[application], actor=manager(leader.organisation))
    recommend(applications=[application], actor=recommender(leader.organisation))
    assert states(call) == ["received"]
    assert check() == []
