"""Roles that decide or administer are granted by two people and taken away by one, with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.granting import approve_grant, drop_grant, end_grant, propose_grant
from headwater.core.invariants import check
from headwater.core.models import Account, Event, GrantProposal, Notification, RoleGrant
from headwater.core.roles import fund_staff_roles, sensitive_roles
from headwater.core.services import grant_roles
from tests.approvals import confirmed
from tests.make import actor, client

pytestmark = pytest.mark.django_db


def newcomer(username: str = "newcomer") -> Account:
    return Account.objects.create(username=username, name_zh="新来的", email=f"{username}@example.org")


def second() -> Actor:
    """Another security administrator than the demo's."""
    account = newcomer("secadmin2")
    grant_roles(grants=[RoleGrant(account=account, role="security_admin")], actor=system("cli"))
    return actor("secadmin2")


def proposed(role: str = "committee", account: Account | None = None) -> GrantProposal:
    return propose_grant(grant=RoleGrant(account=account or newcomer(), role=role), actor=actor("secadmin"))


@pytest.mark.parametrize("role", sorted(sensitive_roles()))
def test_nobody_grants_a_sensitive_role_alone(role: str) -> None:
    with pytest.raises(Refused, match="两位管理员"):
        grant_roles(grants=[RoleGrant(account=newcomer(), role=role)], actor=actor("secadmin"))
    assert not RoleGrant.objects.filter(account__username="newcomer").exists()


def test_the_command_line_grants_alone_and_says_so() -> None:
    grant_roles(grants=[RoleGrant(account=newcomer(), role="system_admin")], actor=system("cli"))
    event = Event.objects.filter(command="core.grant_roles").order_by("-pk")[0]
    assert event.after["alone"] == "cli"
    assert not check(["sensitive_roles_by_two"])


def test_two_administrators_grant_it_and_all_are_told() -> None:
    page = client("secadmin")
    account = newcomer()
    data = {"grant": "1", "username": "newcomer", "role": "committee", "scope": "all", "scope_code": ""}
    assert page.post("/admin/roles/", data).status_code == 302
    row = GrantProposal.objects.get(account=account)
    assert not account.role_grants.exists()
    assert "核准授予的角色" in client("sysadmin").get("/desk/").content.decode()
    assert "核准授予的角色" not in page.get("/desk/").content.decode()  # who proposed does not approve
    assert "新来的" in client("sysadmin").get("/admin/grants/").content.decode()
    assert confirmed(client("sysadmin"), "/admin/grants/", {"approve": row.pk}).status_code == 302
    assert account.role_grants.get().role == "committee"
    told = set(Notification.objects.filter(title__startswith="已授予").values_list("account__username", flat=True))
    assert told == {"newcomer", "secadmin", "sysadmin"}
    assert not check(["sensitive_roles_by_two"])


def test_neither_who_proposed_nor_the_person_approves() -> None:
    row = proposed()
    with pytest.raises(Refused, match="另一位管理员"):
        approve_grant(proposal=row, actor=actor("secadmin"))
    own = proposed("integrity_officer", second().account)
    with pytest.raises(Refused, match="另一位管理员"):
        approve_grant(proposal=own, actor=actor("secadmin2"))
    for proposal, who in ((row, "secadmin"), (own, "secadmin2")):
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantProposal.objects.filter(pk=proposal.pk).update(approved_by=Account.objects.get(username=who))


def test_others_may_neither_propose_nor_approve() -> None:
    row = proposed()
    for name in ("officer", "auditor", "committee"):
        with pytest.raises(NotAllowed):
            approve_grant(proposal=row, actor=actor(name))
    with pytest.raises(NotAllowed):
        propose_grant(grant=RoleGrant(account=newcomer("other"), role="committee"), actor=actor("sysadmin"))


def test_a_proposal_ends_with_its_days_or_with_a_reason() -> None:
    row = proposed()
    with clock.at(clock.now() + timedelta(days=15)), pytest.raises(Refused, match="过期"):
        approve_grant(proposal=row, actor=actor("sysadmin"))
    with pytest.raises(Refused, match="理由"):
        drop_grant(proposal=row, reason=" ", actor=actor("sysadmin"))
    drop_grant(proposal=row, reason="尚未到岗", actor=actor("sysadmin"))
    with pytest.raises(Refused, match="已经处理"):
        approve_grant(proposal=row, actor=actor("sysadmin"))
    assert Notification.objects.filter(account__username="newcomer", body__contains="尚未到岗").exists()


def test_what_forbids_a_role_is_asked_again_at_the_approval() -> None:
    row = proposed("finance_officer")
    grant_roles(grants=[RoleGrant(account=row.account, role="system_admin")], actor=system("cli"))
    with pytest.raises(Refused, match="不相容"):
        approve_grant(proposal=row, actor=actor("sysadmin"))


def test_one_takes_a_role_away_with_a_reason() -> None:
    grant = RoleGrant.objects.get(account__username="committee")
    page = client("secadmin")
    assert confirmed(page, "/admin/roles/", {"end": grant.pk}, reason="").status_code == 422
    with pytest.raises(Refused, match="理由"):
        end_grant(grant=grant, reason="", actor=actor("secadmin"))
    assert confirmed(page, "/admin/roles/", {"end": grant.pk}, reason="任期届满").status_code == 302
    grant.refresh_from_db()
    assert grant.until is not None
    assert Event.objects.filter(command="core.end_grant").order_by("-pk")[0].after["reason"] == "任期届满"
    assert Notification.objects.filter(account__username="committee", body__contains="任期届满").exists()


def test_a_grant_that_nobody_approved_is_found() -> None:
    RoleGrant.objects.create(account=newcomer(), role="committee")
    assert [b.invariant.name for b in check(["sensitive_roles_by_two"])] == ["sensitive_roles_by_two"]


def test_fund_staff_are_sensitive_too() -> None:
    assert fund_staff_roles() < sensitive_roles()
