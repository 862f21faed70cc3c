"""The role register: who exists, and to what each role is limited. Separation of duties starts here."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    ALL = "all", _("全部")
    ORGANISATION = "organisation", _("单位")
    AGENCY = "agency", _("部门")
    CALL = "call", _("申报批次")
    PANEL = "panel", _("评审组")


class Power(models.TextChoices):
    NONE = "", _("无")
    DECIDING = "deciding", _("决定")
    ADMINISTERING = "administering", _("管理")


@dataclass(frozen=True)
class Role:
    """`scopes` lists what a grant of this role may be limited to. `excludes` are roles one person may not hold with it.

    A role with a `power` is granted by two people and needs a second factor. `fund_staff` neither apply nor take part
    (regulation of 2024, art. 21).
    """

    code: str
    label: str | Promise
    scopes: tuple[Scope, ...] = (Scope.ALL,)
    excludes: tuple[str, ...] = ()
    power: Power = Power.NONE
    fund_staff: bool = False


TECHNICAL = ("system_admin", "security_admin", "audit_admin")

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role("applicant", _("申请人")),
        Role("host_manager", _("依托单位管理员"), (Scope.ORGANISATION,)),
        Role("recommender", _("归口管理部门"), (Scope.AGENCY,)),
        Role("expert", _("评审专家")),
        Role(
            "programme_officer",
            _("项目主管"),
            (Scope.ALL, Scope.CALL),
            excludes=("applicant", "expert", "host_manager", "committee", *TECHNICAL),
            power=Power.DECIDING,
            fund_staff=True,
        ),
        Role("panel_chair", _("会评组长"), (Scope.PANEL,)),
        Role("committee", _("基金委员会"), excludes=("programme_officer", *TECHNICAL), power=Power.DECIDING),
        Role("finance_officer", _("财务主管"), excludes=("programme_officer",), power=Power.DECIDING, fund_staff=True),
        Role("integrity_officer", _("科研诚信主管"), excludes=("programme_officer",), power=Power.DECIDING, fund_staff=True),
        Role("agency_liaison", _("部门联络员"), (Scope.AGENCY,)),
        Role("leadership", _("分管领导")),
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
}
"""The three administrators are kept apart (三员分立): system, security and audit never meet in one account."""
SENSITIVE = frozenset(role.code for role in ROLES.values() if role.power)
FUND_STAFF = frozenset(role.code for role in ROLES.values() if role.fund_staff)
