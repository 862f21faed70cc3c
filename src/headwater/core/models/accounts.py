from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.addresses import AddressField, kept_normal
from headwater.core.i18n import named
from headwater.core.roles import ROLES, Scope, role_choices, sensitive_roles


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username__iexact=username)


class Account(AbstractBaseUser):
    """One person's key to the system. Roles are grants; nothing is a flag on this row.

    An address belongs to one account. `email_shared` marks those of an older installation that had the same one: an administrator
    is told of them, and the mark goes with the correction.
    """

    username = models.CharField(_("用户名"), max_length=150, unique=True)
    email = AddressField(_("电子邮箱"), blank=True)
    email_shared = models.BooleanField(_("与他人邮箱相同"), default=False, db_default=False)
    name_zh = models.CharField(_("姓名"), max_length=120)
    name_en = models.CharField(_("英文姓名"), max_length=160, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    language = models.CharField(_("界面语言"), max_length=10, default="zh-hans")
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]
    objects = AccountManager()

    class Meta:
        verbose_name = _("账号")
        ordering = ["username"]
        constraints = [
            kept_normal("account_address_normal"),
            models.UniqueConstraint(
                fields=["email"], condition=~Q(email="") & Q(email_shared=False), name="account_address_once"
            ),
        ]

    def __str__(self) -> str:
        return named(self) or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether a password is right. No hash is made anew here: only the command that changes a password does so, with an event."""
        return bool(check_password(raw_password, self.password))

    @property
    def first_name(self) -> str:
        return self.name_zh

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """Role grants in force now; read once for a request."""
        return list(RoleGrant.objects.in_force(clock.now()).filter(account=self))

    def has_role(self, *roles: str) -> bool:
        return any(g.role in roles for g in self.grants)

    def holds_everywhere(self, role: str) -> bool:
        """Return whether this account holds `role` without a limit."""
        return any(g.role == role and g.scope == Scope.ALL for g in self.grants)

    @property
    def is_sensitive(self) -> bool:
        """Return whether the account decides or administers now."""
        return self.has_role(*sensitive_roles())

    def scopes(self, role: str, scope: str) -> set[int]:
        """Return the ids of the rows of `scope` (or of a kind of entry) for which this account holds `role`."""
        return {g.scope_id for g in self.grants if g.role == role and g.limit == scope and g.scope_id}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        from headwater.core.permission import may

        return may(self, perm, obj)


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def in_force(self, at: datetime) -> RoleGrantQuerySet:
        return self.filter(since__lte=at).filter(Q(until__isnull=True) | Q(until__gt=at))


of_entry = Q(scope=Scope.ENTRY, scope_kind__gt="") | (~Q(scope=Scope.ENTRY) & Q(scope_kind=""))
"""Only a grant for one entry names a kind: the table in which the entry is found."""


class RoleGrant(models.Model):
    """A role held by an account for a period, limited to one institution, agency, call, panel or entry where the role says so."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("角色"), max_length=40, choices=role_choices)
    scope = models.CharField(_("范围"), max_length=20, choices=Scope.choices, default=Scope.ALL)
    scope_kind = models.CharField(_("条目种类"), max_length=80, blank=True, default="", db_default="")
    scope_id = models.BigIntegerField(null=True, blank=True)
    scope_label = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("授权")
        constraints = [
            models.CheckConstraint(
                name="role_grant_scope_has_id",
                condition=Q(scope=Scope.ALL, scope_id__isnull=True) | (~Q(scope=Scope.ALL) & Q(scope_id__isnull=False)),
            ),
            models.CheckConstraint(name="role_grant_entry_has_kind", condition=of_entry),
            models.UniqueConstraint(
                fields=["account", "role", "scope", "scope_kind", "scope_id"],
                condition=Q(until__isnull=True),
                name="role_grant_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{ROLES[self.role].label} {self.scope_label}".strip()

    @property
    def limit(self) -> str:
        """Return the scope of the role, or the kind of the entry that it is limited to."""
        return self.scope_kind or self.scope
