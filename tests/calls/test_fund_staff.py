"""Fund staff neither apply nor take part (regulation of 2024, art. 21): at every door, and in both orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from headwater.awards.models import Award, Party
from headwater.calls.applying.services.applications import add_members, confirm_participation, create_draft, submit_application
from headwater.calls.applying.services.withdrawing import reopen_application
from headwater.calls.endorsing.services.endorsement import endorse
from headwater.calls.joining.services.outside import invite_outside_member
from headwater.calls.models import Application, Call, Participant
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.core.granting import propose_grant
from headwater.core.invariants import check
from headwater.core.models import RoleGrant
from headwater.core.roles import fund_staff_roles
from headwater.core.services import grant_roles
from headwater.core.sheets import write_csv
from headwater.registry.fund_staff import fund_staff
from headwater.registry.imports import import_people
from headwater.registry.models import Person
from tests.approvals import sign_agreements
from tests.make import actor

pytestmark = pytest.mark.django_db
RULE = "条例》第二十一条"


def make_staff(person: Person) -> None:
    """As somebody would who was never asked: past the check at the grant."""
    RoleGrant.objects.create(account=person.account, role="finance_officer")


def draft() -> Application:
    return (
        Application.objects.filter(state=State.DRAFT, leader__account__isnull=False)
        .select_related("leader", "call")
        .order_by("pk")[0]
    )


def at_leisure() -> Person:
    """Somebody who applies for nothing and carries nothing out."""
    rows = Person.objects.filter(
        account__isnull=False, organisation__isnull=False, led_applications=None, participations=None, awards=None
    )
    return rows.filter(account__role_grants=None).order_by("pk")[0]


def test_who_has_the_mark_or_a_role_of_the_fund_is_fund_staff() -> None:
    first, second = Person.objects.filter(account__isnull=False).order_by("pk")[:2]
    assert not {first.pk, second.pk} & fund_staff()
    Person.objects.filter(pk=first.pk).update(is_fund_staff=True)
    make_staff(second)
    assert {first.pk, second.pk} <= fund_staff()


def creating() -> None:
    person = at_leisure()
    make_staff(person)
    call = next(c for c in Call.objects.order_by("-closes_at") if c.is_open)
    create_draft(call=call, leader=person, actor=system())


def adding() -> None:
    person = at_leisure()
    Person.objects.filter(pk=person.pk).update(is_fund_staff=True)
    add_members(application=draft(), members=[(person, 6)], actor=system())


def inviting() -> None:
    person = Person.objects.create(name_zh="外人", email="outside@example.org", is_fund_staff=True)
    values = {"name": "外人", "institution": "外地大学", "email": "Outside@Example.org", "months": 3}
    invite_outside_member(application=draft(), values=values, actor=system())
    assert person


def confirming() -> None:
    row, person = draft(), at_leisure()
    member = Participant.objects.create(application=row, person=person, organisation=person.organisation)
    make_staff(person)
    confirm_participation(participants=[member], actor=system())


def submitting() -> None:
    row, person = draft(), at_leisure()
    Participant.objects.create(application=row, person=person, organisation=person.organisation)
    make_staff(person)
    submit_application(application=row, actor=system(), agree=True)


def reopening() -> None:
    row = draft()
    Application.objects.filter(pk=row.pk).update(state=State.WITHDRAWN)
    make_staff(row.leader)
    reopen_application(application=Application.objects.get(pk=row.pk), actor=system())


def endorsing() -> None:
    row = Application.objects.filter(state=State.HOST_REVIEW).select_related("leader").order_by("pk")[0]
    make_staff(row.leader)
    endorse(applications=[row], actor=system())


def signing() -> None:
    award = Award.objects.filter(state=Award.State.RUNNING).order_by("pk")[0]
    award.agreement.signatures.filter(party=Party.LEADER).delete()
    Award.objects.filter(pk=award.pk).update(state=Award.State.AGREEMENT, agreement_by=clock.now() + timedelta(days=1))
    make_staff(award.leader)
    sign_agreements(awards=[award], party=Party.LEADER, actor=system())


@pytest.mark.parametrize(
    "door", [creating, adding, inviting, confirming, submitting, reopening, endorsing, signing], ids=lambda door: door.__name__
)
def test_every_door_refuses_fund_staff(door: Callable[[], None]) -> None:
    with pytest.raises(Refused, match=RULE):
        door()


@pytest.mark.parametrize("role", sorted(fund_staff_roles()))
@pytest.mark.parametrize("part", ["leads", "has joined", "carries out"])
def test_who_is_at_work_gets_no_role_of_the_fund(role: str, part: str) -> None:
    if part == "leads":
        person = draft().leader
    elif part == "has joined":
        person = at_leisure()
        Participant.objects.create(application=draft(), person=person, organisation=person.organisation)
    else:
        person = at_leisure()
        award = Award.objects.filter(state=Award.State.RUNNING).order_by("pk")[0]
        Award.objects.filter(pk=award.pk).update(leader=person)
    grant = RoleGrant(account=person.account, role=role)
    with pytest.raises(Refused, match=RULE) as alone:
        grant_roles(grants=[grant], actor=system("cli"))
    with pytest.raises(Refused, match=RULE) as two:
        propose_grant(grant=grant, actor=actor("secadmin"))
    if part == "carries out":  # awards are public
        assert award.number in str(two.value)
    else:  # the administrator may not know of it, the command line may
        assert "填写中的申请书" not in str(two.value)
        assert "填写中的申请书" in str(alone.value)


def test_a_committee_member_may_have_own_cases() -> None:
    propose_grant(grant=RoleGrant(account=draft().leader.account, role="committee"), actor=actor("secadmin"))


def test_an_import_does_not_mark_who_is_at_work() -> None:
    person = draft().leader
    heading = ["姓名", "单位", "电子邮箱", "基金管理人员"]
    sheet = [[person.name_zh, person.organisation.name_zh, person.email, "是"]]  # type: ignore[union-attr]
    result = import_people(name="p.csv", content=write_csv(heading, sheet), actor=actor("officer"), dry_run=False)
    assert [(e.row, e.column) for e in result.errors] == [(2, "基金管理人员")]
    person.refresh_from_db()
    assert not person.is_fund_staff


def test_the_invariant_finds_who_got_past() -> None:
    assert not check(["fund_staff_apart"])
    make_staff(draft().leader)
    assert [b.count for b in check(["fund_staff_apart"])] == [1]
