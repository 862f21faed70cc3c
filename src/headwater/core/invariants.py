"""Named invariants: each is a query, or a function where a query cannot tell, that returns the rows that break it. `headwater verify` runs them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core import clock
from headwater.core.coverage import differences, loose_digests
from headwater.core.guards import rights_too_many, weak_guards
from headwater.core.models import RoleGrant
from headwater.core.register import Register
from headwater.core.roles import LIMITS, Scope, sensitive_roles
from headwater.core.sealing import FIRST_FORM, SECOND_FORM, unanchored, unsigned_seals

RECORDS = _("打开所列记录核对；确属错误的，由项目主管按规定程序更正，不得直接修改数据库。")
EVIDENCE = _("保留现场，不要改动数据库：由审计管理员会同系统管理员查明何时、由谁改动，再决定更正或从备份恢复。")
GRANTS = _("由安全管理员收回或补办授权。")
GUARDS = _("由系统管理员重新运行升级，使数据库的触发器和权限恢复为声明的样子。")


@dataclass(frozen=True)
class Invariant:
    """`find` names each offending row; none means that the invariant holds. `remedy` says what to do about them."""

    name: str
    sentence: str | Promise
    find: Callable[[], list[str]]
    remedy: str | Promise = RECORDS


@dataclass(frozen=True)
class Breach:
    invariant: Invariant
    rows: list[str]
    count: int


INVARIANTS: Register[Invariant] = Register("invariant")


def invariant(name: str, sentence: str | Promise, sql: str, remedy: str | Promise = RECORDS) -> None:
    """Register a query that selects one text column."""
    INVARIANTS.add(name, Invariant(name, sentence, lambda: _first_column(sql), remedy))


def worked_out(name: str, sentence: str | Promise, find: Callable[[], list[str]], remedy: str | Promise = RECORDS) -> None:
    """Register what no query can tell: a condition in the words of a scheme, for one."""
    INVARIANTS.add(name, Invariant(name, sentence, find, remedy))


def _first_column(sql: str, values: Sequence[Any] | None = None) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [str(r[0]) for r in cursor.fetchall()]


def lost_entries() -> list[str]:
    """Return the grants in force that are limited to an entry which is not there."""
    lines, grants = [], RoleGrant.objects.in_force(clock.now()).filter(scope=Scope.ENTRY)
    for kind in grants.order_by("scope_kind").values_list("scope_kind", flat=True).distinct():
        there = apps.get_model(kind)._base_manager.values("pk") if kind in LIMITS else []
        lines += [
            f"grant {g.pk} of {g.role} to {kind} {g.scope_id}" for g in grants.filter(scope_kind=kind).exclude(scope_id__in=there)
        ]
    return lines


def check(names: list[str] | None = None, *, show: int = 20) -> list[Breach]:
    """Run the invariants; returns the broken ones with at most `show` rows each."""
    breaches = []
    for invariant in INVARIANTS.values():
        if names and invariant.name not in names:
            continue
        rows = invariant.find()
        if rows:
            breaches.append(Breach(invariant, rows[:show], len(rows)))
    return breaches


invariant(
    "event_unchanged",
    _("已封签的事件与封签时的校验码一致"),
    f"""SELECT 'event ' || s.event_id || CASE WHEN e.id IS NULL THEN ' is missing' ELSE ' was changed (' || e.command || ')' END
    FROM core_eventseal s JOIN core_seal c ON c.id = s.seal_id LEFT JOIN core_event e ON e.id = s.event_id
    WHERE e.id IS NULL OR s.digest <> CASE c.version WHEN 1 THEN {FIRST_FORM} ELSE {SECOND_FORM} END ORDER BY s.event_id""",  # noqa: S608
    EVIDENCE,
)
invariant(
    "chain_unbroken",
    _("哈希链逐环相接"),
    """SELECT 'seal ' || id || ' does not follow from its events or its predecessor' FROM (
        SELECT s.id, s.digest, s.count, s.previous, lag(s.digest, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY s.id) AS before,
            (SELECT count(*) FROM core_eventseal e WHERE e.seal_id = s.id) AS found,
            sha256(s.previous || coalesce((SELECT string_agg(e.digest, ''::bytea ORDER BY e.event_id)
                FROM core_eventseal e WHERE e.seal_id = s.id), ''::bytea)) AS again
        FROM core_seal s) x
    WHERE digest <> again OR previous <> before OR found <> count ORDER BY id""",
    EVIDENCE,
)
ALONE = """SELECT 'grant ' || g.id || ' of ' || g.role || ' to account ' || g.account_id || ' has no second person'
    FROM core_rolegrant g WHERE g.role = ANY(%s)
    AND NOT EXISTS (SELECT 1 FROM core_grantproposal p WHERE p.grant_id = g.id AND p.approved_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM core_event e WHERE e.command = 'core.grant_roles' AND e.subject_id = g.id)
    ORDER BY g.id"""
worked_out(
    "sensitive_roles_by_two",
    _("决定和管理的角色由两人授予，或记为命令行单独授予"),
    lambda: _first_column(ALONE, [sorted(sensitive_roles())]),
    GRANTS,
)
invariant(
    "events_sealed",
    _("有事件就有封签；每个事件校验码都有其封签"),
    """SELECT count(*) || ' events, and no seal' FROM core_event HAVING count(*) > 0 AND NOT EXISTS (SELECT 1 FROM core_seal)
    UNION ALL SELECT 'event ' || s.event_id || ' names seal ' || s.seal_id || ', which is missing' FROM core_eventseal s
        WHERE NOT EXISTS (SELECT 1 FROM core_seal c WHERE c.id = s.seal_id)""",
    EVIDENCE,
)
worked_out("entries_of_roles_exist", _("限于某一条目的授权，其条目存在"), lost_entries, GRANTS)
worked_out("seals_signed", _("每个封签都有本系统密钥的签名"), unsigned_seals, EVIDENCE)
worked_out("seals_anchored", _("锚定文件中的封签都在，且未改变"), lambda: unanchored(settings.ANCHORS), EVIDENCE)
worked_out("guards_stand", _("数据库的触发器、函数与约束如代码所声明"), weak_guards, GUARDS)
worked_out("rights_no_more", _("应用所用的数据库角色不拥有任何表，也没有多余的权限"), rights_too_many, GUARDS)
worked_out("rows_as_written", _("计数的行与命令最后写入时一致"), lambda: [*differences(), *loose_digests()], EVIDENCE)
invariant(
    "roles_kept_apart",
    _("系统、安全、审计三员分立"),
    """SELECT 'account ' || account_id || ' holds ' || string_agg(DISTINCT role, '+') FROM core_rolegrant
    WHERE role IN ('system_admin', 'security_admin', 'audit_admin') AND (until IS NULL OR until > now())
    GROUP BY account_id HAVING count(DISTINCT role) > 1""",
    GRANTS,
)
