"""A second factor that its holder has lost: a security administrator removes it; where a role decides, another one agrees first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.granting import DAYS, tell_with_administrators
from headwater.core.models import Account, FactorReset
from headwater.core.parameters import house_days
from headwater.core.services import notify
from headwater.core.sign_ins import end_access

PAGE = "/admin/accounts/factors/"


def ask_factor_reset(*, account: Account, reason: str, actor: Actor) -> FactorReset:
    """Remove the second factor of an account, with a reason; an earlier request that still waits is dropped.

    For who decides or administers it is only asked for: another administrator has as long to agree as with a role.

    Raises:
        Refused: no reason, one's own account, one that is closed, or one without a second factor.
    """
    reason = reason.strip()[:500]
    refuse_if([] if reason else [Reason(_("请写明理由"), field="reason")])
    with command(actor, "core.factor.ask", name="core.ask_factor_reset") as log:
        if actor.account and actor.account.pk == account.pk:
            raise Refused.because(_("自己的第二因素由另一位管理员重置"), field="username")
        holder, now = _holder(account.pk), clock.now()
        FactorReset.objects.filter(account=holder, done_at=None, dropped_at=None).update(dropped_at=now)
        row = FactorReset.objects.create(
            account=holder,
            reason=reason,
            asked_by=actor.account,
            asked_at=now,
            expires_at=now + timedelta(days=house_days("grant_proposal_days", DAYS)),
            needs_approval=holder.is_sensitive,
        )
        log(row, after={"account": holder.pk, "needs_approval": row.needs_approval, "reason": reason})
        if row.needs_approval:
            parameters = {"person": holder}
            tell_with_administrators(
                holder, lambda: _("提议重置第二因素（两步验证）：%(person)s") % parameters, _why(reason), PAGE
            )
        else:
            _finish(row, holder, log)
    return row


def approve_factor_reset(*, reset: FactorReset, actor: Actor) -> FactorReset:
    """Agree, as another administrator, and remove the second factor. The reasons against it are checked anew.

    Raises:
        Refused: settled already, too late, the second person is the first or the one concerned, or it may not be removed any more.
    """
    with command(actor, "core.factor.settle", name="core.approve_factor_reset") as log:
        holder = _holder(reset.account_id)
        row = _locked(reset)
        if actor.account and actor.account.pk in {row.asked_by_id, row.account_id}:
            raise Refused.because(_("须由提议人和本人以外的另一位管理员核准"))
        row.approved_by, row.approved_at = actor.account, clock.now()
        log(row, after={"approved": True})
        _finish(row, holder, log)
    return row


def drop_factor_reset(*, reset: FactorReset, actor: Actor) -> None:
    """Give up a request; the second factor stays."""
    with command(actor, "core.factor.settle", name="core.drop_factor_reset") as log:
        row = _locked(reset)
        row.dropped_at = clock.now()
        row.save(update_fields=["dropped_at"])
        log(row, after={"dropped": True})


def _holder(pk: int) -> Account:
    """Return the account as it is now, whose roles nobody changes meanwhile.

    Raises:
        Refused: it is closed, or has no second factor.
    """
    holder = Account.objects.select_for_update(no_key=True).get(pk=pk)
    if not holder.is_active:
        raise Refused.because(_("这个账号已停用"), field="username")
    if not Authenticator.objects.filter(user=holder).exists():
        raise Refused.because(_("这个账号没有设置第二因素（两步验证）"), field="username")
    return holder


def _locked(reset: FactorReset) -> FactorReset:
    row = FactorReset.objects.waiting(clock.now()).select_for_update(of=("self",)).filter(pk=reset.pk).first()
    if row is None:
        raise Refused.because(_("这项重置已经处理或过期"))
    return row


def _why(reason: str) -> Callable[[], str]:
    return lambda: _("理由：%s\n\n不是本人要求的，请立即联系安全管理员。") % reason


def _finish(row: FactorReset, holder: Account, log: Log) -> None:
    """Remove every factor, end the sessions and tokens of the account, and tell its holder."""
    factors = Authenticator.objects.filter(user=holder).delete()[0]
    row.done_at = clock.now()
    row.save(update_fields=["approved_by", "approved_at", "done_at"])
    log(holder, after={"second_factor": "reset", "reset": row.pk, "factors_removed": factors, **end_access(holder)})
    parameters = {"person": holder}
    if row.needs_approval:
        tell_with_administrators(holder, lambda: _("已重置第二因素（两步验证）：%(person)s") % parameters, _why(row.reason), PAGE)
    else:
        notify([holder], title=lambda: _("已重置第二因素（两步验证）：%(person)s") % parameters, body=_why(row.reason))
