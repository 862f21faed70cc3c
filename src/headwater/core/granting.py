"""Roles that decide or administer are granted by two people: one administrator proposes, another approves."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.models import Account, GrantProposal, RoleGrant
from headwater.core.parameters import house_days
from headwater.core.roles import ROLES, sensitive_roles
from headwater.core.services import Words, check_grants, tell

DAYS = 14
GRANTED = ("account", "role", "scope", "scope_kind", "scope_id")
"""What two grants of the same have in common."""


def propose_grant(*, grant: RoleGrant, actor: Actor) -> GrantProposal:
    """Propose a sensitive role for a person; the other administrators and the person are told.

    Raises:
        Refused: the role may not be granted (see `grant_roles`), needs no second person, or is proposed already.
    """
    with command(actor, "core.role.grant", name="core.propose_grant") as log:
        if grant.role not in sensitive_roles():
            raise Refused.because(_("这个角色不需要第二人核准"), field="role")
        check_grants([grant], actor)
        now = clock.now()
        same = {name: getattr(grant, name) for name in GRANTED}
        if GrantProposal.objects.waiting(now).filter(**same).exists():
            raise Refused.because(_("同样的授权已提议，正等待核准"), field="role")
        row = GrantProposal.objects.create(
            **same,
            scope_label=grant.scope_label,
            proposed_by=actor.account,
            proposed_at=now,
            expires_at=now + timedelta(days=house_days("grant_proposal_days", DAYS)),
        )
        log(row, after={"account": row.account_id, "role": row.role, "scope": row.limit, "scope_id": row.scope_id})
        parameters = {"person": row.account, "role": row}
        tell_with_administrators(row.account, lambda: _("提议授予 %(person)s：%(role)s") % parameters)
    return row


def approve_grant(*, proposal: GrantProposal, actor: Actor) -> RoleGrant:
    """Grant what was proposed: by another administrator than who proposed it, and not by the person. The reasons against it are checked anew.

    Raises:
        Refused: settled already, too late, the second person is the first or the one concerned, or the role may not be granted.
    """
    with command(actor, "core.role.approve", name="core.approve_grant") as log:
        row = _locked(proposal)
        if actor.account and actor.account.pk in {row.proposed_by_id, row.account_id}:
            raise Refused.because(_("须由提议人和本人以外的另一位管理员核准"))
        grant = RoleGrant(
            **{name: getattr(row, name) for name in GRANTED},
            scope_label=row.scope_label,
            since=clock.now(),
            granted_by=row.proposed_by,
        )
        check_grants([grant], actor)
        grant.save()
        row.approved_by, row.approved_at, row.grant = actor.account, clock.now(), grant
        row.save(update_fields=["approved_by", "approved_at", "grant"])
        log(grant, after={"account": grant.account_id, "role": grant.role, "scope": grant.limit, "scope_id": grant.scope_id})
        log(row, after={"approved": True, "grant": grant.pk})
        parameters = {"person": row.account, "role": grant}
        tell_with_administrators(row.account, lambda: _("已授予 %(person)s：%(role)s") % parameters)
    return grant


def drop_grant(*, proposal: GrantProposal, reason: str, actor: Actor) -> None:
    """Give a proposed role up, with a reason; by either administrator.

    Raises:
        Refused: no reason, or settled already.
    """
    refuse_if([] if reason.strip() else [Reason(_("请写明理由"), field="reason")])
    with command(actor, "core.role.approve", name="core.drop_grant") as log:
        row = _locked(proposal)
        row.dropped_at, row.reason = clock.now(), reason.strip()[:500]
        row.save(update_fields=["dropped_at", "reason"])
        log(row, after={"dropped": True, "reason": row.reason})
        parameters = {"person": row.account, "role": row}
        tell_with_administrators(
            row.account, lambda: _("未授予 %(person)s：%(role)s") % parameters, lambda: _("理由：%s") % row.reason
        )


def end_grant(*, grant: RoleGrant, reason: str, actor: Actor) -> None:
    """End a role grant now, with a reason; the row stays as history. One person is enough: taking a power away is urgent.

    Raises:
        Refused: no reason, or it has ended already.
    """
    refuse_if([] if reason.strip() else [Reason(_("请写明理由"), field="reason")])
    with command(actor, "core.role.grant", name="core.end_grant") as log:
        row = RoleGrant.objects.in_force(clock.now()).select_for_update(of=("self",)).filter(pk=grant.pk).first()
        if row is None:
            raise Refused.because(_("这项授权已经结束"))
        row.until = clock.now()
        row.save(update_fields=["until"])
        log(row, after={"until": str(row.until), "reason": reason.strip()[:500]})
        if row.role in sensitive_roles():
            parameters, why = {"person": row.account, "role": row}, reason.strip()[:500]
            tell_with_administrators(
                row.account, lambda: _("已收回 %(person)s 的角色：%(role)s") % parameters, lambda: _("理由：%s") % why
            )


def tell_with_administrators(person: Account, title: Words, body: Words = "", url: str = "/admin/grants/") -> None:
    """Tell the person and the administrators who approve; only these have a page for it."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role__in=("security_admin", "system_admin"))
    others = Account.objects.filter(pk__in=grants.values("account"), is_active=True).exclude(pk=person.pk)
    tell([(person, title, body, ""), *((a, title, body, url) for a in others)])


def _locked(proposal: GrantProposal) -> GrantProposal:
    rows = GrantProposal.objects.waiting(clock.now()).select_for_update(of=("self",)).select_related("account", "proposed_by")
    row = rows.filter(pk=proposal.pk).first()
    if row is None:
        raise Refused.because(_("这项提议已经处理或过期"))
    return row


def label_of(role: str) -> str:
    """Return what a role is called, with whether it takes two people to grant."""
    label = str(ROLES[role].label)
    return _("%s（须两人）") % label if role in sensitive_roles() else label
