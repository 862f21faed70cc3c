"""What must hold of the entries of every register, counted again from the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from headwater.core.invariants import GRANTS, worked_out
from headwater.registers.declared import REGISTERS, tables
from headwater.registers.shapes import AT_WORK, GROUPS


def of_each_table(sql: str) -> Callable[[], list[str]]:
    """Return what runs a query on each table of entries; it names the table as {table}, its holders as {holders}."""

    def find() -> list[str]:
        lines = []
        for label, model in tables().items():
            holders = next(r.holders for r in REGISTERS.values() if r.label_of_model == label)
            names = {"table": model._meta.db_table, "holders": holders._meta.db_table, "kind": label}
            with connection.cursor() as cursor:
                cursor.execute(sql.format(**names))
                lines += [str(row[0]) for row in cursor.fetchall()]
        return lines

    return find


def sums_that_differ() -> Iterator[str]:
    """Yield the tables where the entries by state, by group and by kind do not add up to the whole."""
    for model in tables().values():
        rows = model._default_manager.all()
        total = rows.count()
        declared = 0
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT count(*) FROM {model._meta.db_table} e JOIN registers_kindversion v ON v.id = e.version_id
                WHERE v.code = e.kind AND v.states ? e.state"""  # noqa: S608 -- the name of our own table
            )
            declared = cursor.fetchone()[0]
        parts = {"states": declared, "groups": sum(rows.filter(group=g).count() for g in GROUPS)}
        for name, count in parts.items():
            if count != total:
                yield f"{model._meta.label_lower}: {total} entries, {count} by {name}"


def roles_not_of_kind() -> Iterator[str]:
    """Yield the grants in force for an entry whose kind does not have the role, or that names another person."""
    for register in REGISTERS.values():
        for keeper in register.keepers:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"""SELECT 'grant ' || g.id || ' of ' || g.role || ' for ' || e.number FROM core_rolegrant g
                    JOIN {register.model._meta.db_table} e ON e.id = g.scope_id
                    JOIN registers_kindversion v ON v.id = e.version_id AND v.register = %s
                    LEFT JOIN registry_person p ON p.id = e.{keeper.column}_id
                    WHERE g.scope_kind = %s AND g.role = %s AND g.until IS NULL
                        AND (NOT coalesce(v.definition -> 'kind' -> 'roles', '[]') ? g.role
                            OR p.account_id IS DISTINCT FROM g.account_id)""",  # noqa: S608 -- names of our own
                    [register.code, register.label_of_model, keeper.role],
                )
                yield from (row[0] for row in cursor.fetchall())


worked_out(
    "entry_state_declared",
    _("条目的状态由其种类声明，类别和是否公开与声明一致"),
    of_each_table(
        """SELECT '{kind} ' || e.number || ' in state ' || e.state FROM {table} e
        LEFT JOIN registers_kindversion v ON v.id = e.version_id AND v.code = e.kind
        WHERE v.id IS NULL OR v.states -> e.state IS NULL OR v.states -> e.state ->> 'group' <> e."group"
            OR (v.states -> e.state ->> 'public')::boolean <> e.is_public ORDER BY e.number"""
    ),
)
worked_out("entry_sums", _("按状态、类别计的条目数之和等于总数"), lambda: list(sums_that_differ()))
worked_out(
    "successor_not_live",
    _("有承继者的条目已终止；承继关系的两端都在"),
    of_each_table(
        """SELECT '{kind} ' || e.number || ' has a successor and is ' || e."group" FROM {table} e
        JOIN registers_succession s ON s.subject_kind = '{kind}' AND s.before_id = e.id
        WHERE e."group" <> 'ended' OR e.succeeded_on IS NULL
        UNION ALL SELECT '{kind} succession ' || s.id || ' leads to no entry' FROM registers_succession s
        WHERE s.subject_kind = '{kind}' AND (NOT EXISTS (SELECT FROM {table} WHERE id = s.after_id)
            OR NOT EXISTS (SELECT FROM {table} WHERE id = s.before_id))"""
    ),
)
worked_out(
    "entry_host_leads",
    _("条目的依托单位就是现在牵头的单位"),
    of_each_table(
        """SELECT '{kind} ' || e.number FROM {table} e
        LEFT JOIN {holders} h ON h.entry_id = e.id AND h.role = 'lead' AND (h.until IS NULL OR h.until = e.until)
        WHERE e.host_id IS DISTINCT FROM h.organisation_id AND (e."group" <> 'ended' OR h.id IS NOT NULL) ORDER BY e.number"""
    ),
)
worked_out(
    "entry_state_follows",
    _("条目的状态与其最后一个事件一致"),
    of_each_table(
        """SELECT '{kind} ' || e.number || ' is ' || e.state || ', its events say ' || (last.after ->> 'state') FROM {table} e
        CROSS JOIN LATERAL (SELECT after FROM core_event v WHERE v.subject_type = '{kind}' AND v.subject_id = e.id AND v.after ? 'state'
            ORDER BY v.id DESC LIMIT 1) last WHERE last.after ->> 'state' <> e.state ORDER BY e.number"""
    ),
)
worked_out(
    "keepers_of_kinds", _("限于某一条目的角色是其种类的角色，由条目所列的人员持有"), lambda: list(roles_not_of_kind()), GRANTS
)
worked_out(
    "entry_at_work_began",
    _("运行中的条目不晚于今天开始，筹建的条目没有终止日期"),
    of_each_table(
        f"""SELECT '{{kind}} ' || e.number FROM {{table}} e
        WHERE (e."group" IN {AT_WORK!r} AND e.since > current_date + 1) OR (e."group" = 'planned' AND e.until IS NOT NULL)"""  # noqa: S608
    ),
)
