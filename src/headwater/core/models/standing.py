from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.core.agents import browser_words
from headwater.core.models.accounts import Account, RoleGrant, of_entry
from headwater.core.roles import ROLES, Scope, role_choices


def apart(first: str, second: str) -> Q:
    """Return the condition that two people differ, where both are known: an account that is gone cannot be compared."""
    return Q(**{f"{first}__isnull": True}) | Q(**{f"{second}__isnull": True}) | ~Q(**{first: F(second)})


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    def waiting(self) -> AddressChangeQuerySet:
        return self.filter(done_at__isnull=True, dropped_at__isnull=True)


class AddressChange(models.Model):
    """Another address for an account, or none (`new` is empty): in force once the new mailbox has answered, and for those who
    decide or administer once a security administrator agrees as well.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="address_changes")
    old = AddressField(_("原邮箱"), blank=True)
    new = AddressField(_("新邮箱"), blank=True)
    reason = models.CharField(_("理由"), max_length=500)
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(_("提出"), default=clock.now)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(_("有效至"))
    needs_approval = models.BooleanField(_("须安全管理员核准"), default=False)
    confirmed_at = models.DateTimeField(_("新邮箱确认"), null=True)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(_("核准"), null=True)
    done_at = models.DateTimeField(_("生效"), null=True)
    dropped_at = models.DateTimeField(_("作废"), null=True)
    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("邮箱变更")
        ordering = ["-id"]
        constraints = [
            kept_normal("address_change_old_normal", "old"),
            kept_normal("address_change_new_normal", "new"),
            models.CheckConstraint(name="address_change_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="address_change_two_people", condition=apart("approved_by", "asked_by")),
            models.CheckConstraint(name="address_change_not_own", condition=apart("approved_by", "account")),
            models.CheckConstraint(
                name="address_change_confirmed", condition=Q(done_at__isnull=True) | Q(new="") | Q(confirmed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="address_change_approved",
                condition=Q(done_at__isnull=True) | Q(needs_approval=False) | Q(approved_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(done_at__isnull=True, dropped_at__isnull=True), name="address_change_one_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.new or '—'}"


class GrantProposalQuerySet(models.QuerySet["GrantProposal"]):
    def waiting(self, at: datetime) -> GrantProposalQuerySet:
        return self.filter(approved_at__isnull=True, dropped_at__isnull=True, expires_at__gt=at)


class GrantProposal(models.Model):
    """A role that decides or administers, proposed by one administrator for a person and granted by another's approval."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grant_proposals")
    role = models.CharField(_("角色"), max_length=40, choices=role_choices)
    scope = models.CharField(_("范围"), max_length=20, choices=Scope.choices, default=Scope.ALL)
    scope_kind = models.CharField(_("条目种类"), max_length=80, blank=True, default="", db_default="")
    scope_id = models.BigIntegerField(null=True, blank=True)
    scope_label = models.CharField(max_length=200, blank=True)
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField(_("提出"), default=clock.now)
    expires_at = models.DateTimeField(_("有效至"))
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(_("核准"), null=True)
    dropped_at = models.DateTimeField(_("不予核准"), null=True)
    reason = models.CharField(_("不予核准的理由"), max_length=500, blank=True)
    grant = models.OneToOneField(RoleGrant, null=True, on_delete=models.SET_NULL, related_name="proposal")
    objects = GrantProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权提议")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="grant_proposal_two_people", condition=apart("approved_by", "proposed_by")),
            models.CheckConstraint(
                name="grant_proposal_not_own", condition=apart("approved_by", "account") & apart("proposed_by", "account")
            ),
            models.CheckConstraint(
                name="grant_proposal_one_end", condition=Q(approved_at__isnull=True) | Q(dropped_at__isnull=True)
            ),
            models.CheckConstraint(
                name="grant_proposal_scope_has_id",
                condition=Q(scope=Scope.ALL, scope_id__isnull=True) | (~Q(scope=Scope.ALL) & Q(scope_id__isnull=False)),
            ),
            models.CheckConstraint(name="grant_proposal_entry_has_kind", condition=of_entry),
        ]

    def __str__(self) -> str:
        return f"{ROLES[self.role].label} {self.scope_label}".strip()

    @property
    def limit(self) -> str:
        """Return the scope of the role, or the kind of the entry that it is limited to."""
        return self.scope_kind or self.scope


class FactorResetQuerySet(models.QuerySet["FactorReset"]):
    def waiting(self, at: datetime) -> FactorResetQuerySet:
        return self.filter(done_at__isnull=True, dropped_at__isnull=True, expires_at__gt=at)


class FactorReset(models.Model):
    """A second factor that is removed because its holder lost it; for those who decide or administer once another administrator agrees."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="factor_resets")
    reason = models.CharField(_("理由"), max_length=500)
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(_("提出"), default=clock.now)
    expires_at = models.DateTimeField(_("有效至"))
    needs_approval = models.BooleanField(_("须另一位管理员核准"), default=False)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(_("核准"), null=True)
    done_at = models.DateTimeField(_("生效"), null=True)
    dropped_at = models.DateTimeField(_("作废"), null=True)
    objects = FactorResetQuerySet.as_manager()

    class Meta:
        verbose_name = _("重置第二因素")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="factor_reset_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="factor_reset_two_people", condition=apart("approved_by", "asked_by")),
            models.CheckConstraint(
                name="factor_reset_not_own", condition=apart("approved_by", "account") & apart("asked_by", "account")
            ),
            models.CheckConstraint(
                name="factor_reset_approved",
                condition=Q(done_at__isnull=True) | Q(needs_approval=False) | Q(approved_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(done_at__isnull=True, dropped_at__isnull=True), name="factor_reset_one_waiting"
            ),
        ]

    def __str__(self) -> str:
        return str(self.account)


class SignIn(models.Model):
    """A session of an account, as its owner sees it: where from, with what, since when. It goes with the session."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(_("来源"), max_length=60, blank=True)
    agent = models.CharField(_("浏览器"), max_length=200, blank=True)
    since = models.DateTimeField(_("登录"), default=clock.now)
    seen_at = models.DateTimeField(_("最近使用"), default=clock.now)

    class Meta:
        verbose_name = _("登录")
        ordering = ["-seen_at", "-id"]
        indexes = [models.Index(fields=["seen_at"], name="sign_in_seen")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.address}"

    @property
    def browser(self) -> str:
        return browser_words(self.agent)
