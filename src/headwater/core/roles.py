"""Roles and what they are limited to, declared by the apps. Separation of duties starts here.

A role is declared on the lowest floor that names it; `excludes` may name roles of any floor, on one side of a pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core.register import Register


class Scope(models.TextChoices):
    """What a grant is limited to. An entry is one record of a kind that an app declares in `LIMITS`."""

    ALL = "all", _("全部")
    ORGANISATION = "organisation", _("单位")
    AGENCY = "agency", _("部门")
    CALL = "call", _("申报批次")
    PANEL = "panel", _("会评组")
    ENTRY = "entry", _("条目")


class Power(models.TextChoices):
    NONE = "", _("无")
    DECIDING = "deciding", _("决定")
    ADMINISTERING = "administering", _("管理")


@dataclass(frozen=True)
class Role:
    """`scopes` lists what a grant of this role may be limited to: scopes, or kinds of entries (app.model). `excludes` are roles that
    one person may not hold with it.

    A role with a `power` is granted by two people and needs a second factor. `fund_staff` neither apply nor take part
    (regulation of 2024, art. 21).
    """

    code: str
    label: str | Promise
    scopes: tuple[str, ...] = (Scope.ALL,)
    excludes: tuple[str, ...] = ()
    power: Power = Power.NONE
    fund_staff: bool = False


@dataclass(frozen=True)
class Limit:
    """What an administrator may limit a role to: `find` gives the record that a code names, or None."""

    label: str | Promise
    find: Callable[[str], Any]


ROLES: Register[Role] = Register("role")
LIMITS: Register[Limit] = Register("limit of roles")
"""By scope, or by kind of entry (app.model)."""


def declare(*some: Role) -> None:
    """Register roles of an app."""
    for role in some:
        ROLES.add(role.code, role)


def role_choices() -> list[tuple[str, str | Promise]]:
    return [(role.code, role.label) for role in ROLES.values()]


def sensitive_roles() -> frozenset[str]:
    """Return the roles that decide or administer."""
    return frozenset(role.code for role in ROLES.values() if role.power)


def fund_staff_roles() -> frozenset[str]:
    return frozenset(role.code for role in ROLES.values() if role.fund_staff)


TECHNICAL = ("system_admin", "security_admin", "audit_admin")
"""The three administrators are kept apart (三员分立): system, security and audit never meet in one account."""

declare(
    Role(
        "programme_officer",
        _("项目主管"),
        (Scope.ALL, Scope.CALL),
        excludes=("applicant", "expert", "host_manager", "committee", *TECHNICAL),
        power=Power.DECIDING,
        fund_staff=True,
    ),
    Role(
        "system_admin",
        _("系统管理员"),
        excludes=("security_admin", "audit_admin", "programme_officer", "finance_officer", "integrity_officer"),
        power=Power.ADMINISTERING,
        fund_staff=True,
    ),
    Role(
        "security_admin",
        _("安全管理员"),
        excludes=("system_admin", "audit_admin", "programme_officer", "finance_officer"),
        power=Power.ADMINISTERING,
        fund_staff=True,
    ),
    Role(
        "audit_admin",
        _("审计管理员"),
        excludes=("system_admin", "security_admin", "programme_officer", "finance_officer"),
        power=Power.ADMINISTERING,
        fund_staff=True,
    ),
)
