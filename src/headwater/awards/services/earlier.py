"""Import of projects from before awards were kept here, so that limits and the rule on overdue reports see them from the first day."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.awards.models import Award
from headwater.calls.models import SchemeVersion
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.models import Parameter
from headwater.core.sheets import RowError
from headwater.registry.models import EarlierProject, Person
from headwater.registry.standing import WHO, People, Ready, about_people, required_day, whole
from headwater.registry.tables import MAYBE, Column, ImportResult, Row, parse_rows, pick, too_long

PROJECTS = (
    *WHO,
    Column("number", "项目编号", True, ("编号",)),
    Column("scheme", "项目类型", True, ("类型",)),
    Column("role", "角色", True),
    Column("approved_on", "立项日期", True, ("批准日期",)),
    Column("ends_on", "结束日期", True),
    Column("months", "执行期限（月）", True, ("执行期（月）", "执行期", "月数")),
    Column("closed", "已结题", False, ("是否结题",)),
)
ROLES = {"负责人": "leader", "主持": "leader", "leader": "leader", "参与者": "member", "参与": "member", "member": "member"}
LONGEST = 120
OTHER = "other"


def import_projects(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import earlier projects, a row for each person who leads one or takes part; the same person and number again corrects it.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, PROJECTS)
    people, schemes = People(table.rows), _schemes()
    projects = {(p.person_id, p.number): p for p in EarlierProject.objects.filter(person__in=people.ids)}
    here = set(Award.objects.filter(number__in={r["number"] for r in table.rows}).values_list("number", flat=True))

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        values: dict[str, Any] = {"number": row["number"], "role": pick(number, "角色", row["role"], ROLES, errors)}
        values["scheme"] = schemes.get(row["scheme"])
        values["months"] = whole(number, "执行期限（月）", row["months"], 1, LONGEST, errors)
        values["closed"] = pick(number, "已结题", row.get("closed", ""), MAYBE, errors)
        for key, label in (("approved_on", "立项日期"), ("ends_on", "结束日期")):
            values[key] = required_day(number, label, row[key], errors)
        if values["scheme"] is None:
            errors.append(
                RowError(number, "项目类型", row["scheme"][:40], _("应为本系统项目类型的代码或名称，其他基金的项目填“其他”"))
            )
        if not row["number"]:
            errors.append(RowError(number, "项目编号", "", _("不能为空")))
        if row["number"] in here:
            errors.append(RowError(number, "项目编号", row["number"], _("是本系统立项的项目，无需导入")))
        approved, ends = values["approved_on"], values["ends_on"]
        if approved and approved > clock.today():
            errors.append(RowError(number, "立项日期", row["approved_on"], _("不能晚于今天")))
        if approved and ends and ends <= approved:
            errors.append(RowError(number, "结束日期", row["ends_on"], _("应晚于立项日期")))
        errors += too_long(number, {"number": row["number"]}, PROJECTS, EarlierProject)
        return row["number"], values, projects.get((person.pk, row["number"]))

    return about_people(table, people, read, _write, actor, dry_run, skip_bad)


def _schemes() -> dict[str, str]:
    """Map codes and names of project types to codes; a name counts only if it means one type.

    The types are those declared here, those of other funds that the limits name, and "other", which counts only in totals. An unknown
    code is refused, because it would count for no limit.
    """
    codes_of: dict[str, set[str]] = {}
    for code, name in SchemeVersion.objects.order_by().values_list("code", "name_zh").distinct():
        codes_of.setdefault(name, set()).add(code)
    codes = {code for values in codes_of.values() for code in values} | {OTHER}
    limits = Parameter.objects.filter(Q(key__startswith="limit_") | Q(key="running_project_bar"))
    for value in limits.values_list("value", flat=True):
        lists = [x for x in value.values() if isinstance(x, list)] if isinstance(value, dict) else []
        codes |= {code for x in lists for code in x if isinstance(code, str)}
    by_name = {name: next(iter(values)) for name, values in codes_of.items() if len(values) == 1}
    return {"其他": OTHER, **by_name, **{code: code for code in codes}}


def _write(ready: Ready, actor: Actor) -> None:
    """Write the projects. Where the table does not say whether a project is closed, the record keeps its value."""
    with command(actor, "registry.import", name="awards.import_projects") as log:
        rows = [
            EarlierProject(**(values | {"closed": project.closed} if project and values["closed"] is None else values))
            for values, project in ready
        ]
        rows = EarlierProject.objects.bulk_create(
            rows,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["person", "number"],
            update_fields=["scheme", "role", "approved_on", "ends_on", "months", "closed"],
        )
        for row in rows:
            log(row, after={"number": row.number, "person": row.person_id, "closed": row.closed})
