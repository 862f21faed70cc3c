"""A world in which institutions have to report: a kind of subject, kinds of reports, sources, roles. Use it within `declared`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DateField, F, QuerySet, Value, When

from headwater.casework.reports.kinds import REPORTS, SOURCES, ReportKind, ReportsOf, Source, add_source, read_report
from headwater.casework.subjects import SUBJECTS, SubjectKind
from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.models import Account, Parameter, RoleGrant
from headwater.core.parameters import Parameters, forget_parameters
from headwater.core.reading import Problem, Reader
from headwater.core.roles import ROLES, Role, Scope
from headwater.forms.expressions import Type
from headwater.forms.expressions import Value as Operand
from headwater.registry.models import Organisation
from headwater.registry.queries import region_code
from tests.make import SERIAL, new_host

SUBJECT, WRITER = "registry.organisation", "unit_secretary"
FORM = """
[[form.section]]
code = "people"
title_zh = "人员与条件"
title_en = "People and conditions"

[[form.section.field]]
code = "staff"
type = "number"
label_zh = "固定人员"
label_en = "Fixed staff"
unit_zh = "人"
unit_en = "persons"
min = 0
required = true
prefill = "people.staff"

[[form.section.field]]
code = "instruments"
type = "number"
label_zh = "仪器台套"
label_en = "Instruments"
prefill = "instruments.count"

[[form.section.field]]
code = "summary"
type = "text"
label_zh = "年度小结"
label_en = "Summary"
required = true
min_chars = 4
max_chars = 200

[[form.section.field]]
code = "rules"
type = "line"
label_zh = "规章制度"
label_en = "Rules"
max_chars = 100
prefill = "earlier.rules"

[[form.section]]
code = "money"
title_zh = "经费"
title_en = "Money"

[[form.section.field]]
code = "income"
type = "money"
label_zh = "到账经费合计"
label_en = "Money that arrived"
required = true
min_fen = 0

[[form.section.field]]
code = "projects"
type = "table"
label_zh = "项目"
label_en = "Projects"
max_rows = 20

[[form.section.field.column]]
code = "name"
type = "line"
label_zh = "名称"
label_en = "Name"
required = true
max_chars = 100

[[form.section.field.column]]
code = "arrived"
type = "money"
label_zh = "本期到账"
label_en = "Arrived"

[[form.check]]
code = "projects_add_up"
expr = "sum(projects.arrived) == income"
message_zh = "各项目到账之和等于到账经费合计"
message_en = "What arrived for the projects adds up to the total"
mend_zh = "核对项目表与合计"
mend_en = "Compare the table with the total"

[[form.check]]
code = "few_staff"
expr = "staff >= 5"
message_zh = "固定人员不少于 5 人"
message_en = "At least five fixed staff"
blocks = false
"""
ANNUAL = f"""
code = "annual"
name_zh = "年度报告"
name_en = "Annual report"
every = "year"
due = "t_annual_due"
least = "t_annual_least_days"
jump = "t_jump_percent"
chain = ["host_manager", "programme_officer"]
late = [{{ after_days = 10, does = "remind_host" }}, {{ after_days = 30, does = "block", what = "requests" }}]
compare = ["staff", "income", "projects", "projects.arrived"]
expects = ["instruments"]
{FORM}
"""
BUILT_IN = {"kind": Type("text")}


def parsed(text: str, **changes: Any) -> tuple[ReportKind, list[Problem]]:
    problems: list[Problem] = []
    kind = read_report(Reader(tomllib.loads(text) | changes, problems), built_in=BUILT_IN)
    return kind, problems


def kind_of(text: str = ANNUAL, **changes: Any) -> ReportKind:
    kind, problems = parsed(text, **changes)
    assert problems == []
    return kind


@dataclass
class World:
    """What the tests change: the kinds that are owed, when institutions work, what the house knows of them."""

    kinds: list[ReportKind] = field(default_factory=lambda: [kind_of()])
    until: dict[int, date] = field(default_factory=dict)
    known: dict[str, dict[int, Any]] = field(default_factory=lambda: {"staff": {}, "count": {}})
    earlier: dict[int, list[int]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def owing(self, kind: ReportKind) -> QuerySet[Any]:
        """Institutions made by `new_unit`, at work from their day of registration."""
        ends = [When(pk=pk, then=Value(day)) for pk, day in self.until.items()]
        end = Case(*ends, output_field=DateField()) if ends else Value(None, DateField())
        rows = Organisation.objects.filter(code__startswith="t-unit-")
        return rows.annotate(owed_since=F("registered_on"), owed_until=end)

    def of(self, record: Organisation) -> Mapping[str, ReportKind]:
        return {k.code: k for k in self.kinds} if record.code.startswith("t-unit-") else {}

    def read(self, part: str) -> Any:
        def figures(keys: Sequence[int], _since: date, _until: date) -> dict[int, dict[str, Any]]:
            self.asked.append((part, len(keys)))
            return {pk: {part: self.known[part][pk]} for pk in keys if pk in self.known[part]}

        return figures


class UnitContext:
    def __init__(self, unit: Organisation, on: date) -> None:
        self.unit, self.on = unit, on

    def built_in(self) -> Mapping[str, Operand]:
        return {"kind": self.unit.kind, "year": Decimal(self.on.year)}

    def parameter(self, key: str) -> Any:
        return Parameters(region_code(), self.on).get(key)

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return {}

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.on


UNITS = SubjectKind(
    kind=SUBJECT,
    label=Bilingual("单位", "Unit"),
    name=both,
    url=lambda unit: f"/organisations/{unit.pk}/",
    region=lambda _unit: region_code(),
    paths={"organisation": "pk", "agency": "recommender_id"},
    visible=lambda user: Organisation.objects.visible_to(user),
    people=lambda _unit: [],
    context=UnitContext,
)


@contextmanager
def declared(world: World | None = None, *, instruments: bool = False) -> Iterator[World]:
    """Let institutions report; with `instruments` the house has records of instruments, too."""
    world = world or World()
    with ExitStack() as stack:
        for register in (SUBJECTS, SOURCES, ROLES):
            stack.enter_context(register.reopened(SUBJECT))
        stack.enter_context(REPORTS.reopened(*REPORTS))
        SUBJECTS.add(SUBJECT, UNITS)
        ROLES.add(WRITER, Role(WRITER, "填报人", (Scope.ORGANISATION,)))
        REPORTS.add(
            SUBJECT,
            ReportsOf(
                subject=SUBJECT,
                kinds=lambda: world.kinds,
                of=world.of,
                owing=world.owing,
                writers=(WRITER,),
                built_in=BUILT_IN,
                earlier=lambda unit: world.earlier.get(unit.pk, ()),
            ),
        )
        add_source(SUBJECT, "people", Source(Bilingual("人员库", "People"), {"staff": "number"}, world.read("staff")))
        if instruments:
            label = Bilingual("仪器库", "Instruments")
            add_source(SUBJECT, "instruments", Source(label, {"count": "number"}, world.read("count")))
        yield world


def parameter(key: str, value: Any, since: date = date(2020, 1, 1), until: date | None = None) -> None:
    Parameter.objects.create(region=region_code(), key=key, value=value, valid_from=since, valid_to=until, source="test")
    forget_parameters()


def parameters() -> None:
    """The rows that the annual report reads."""
    parameter("t_annual_due", "01-31")
    parameter("t_annual_least_days", 90)
    parameter("t_jump_percent", 50)
    Parameter.objects.filter(key="report_reminders").delete()
    parameter("report_reminders", {"first": 30, "second": 7, "third": 1})


def new_unit(since: date | None = date(2023, 1, 1), **more: Any) -> Organisation:
    return new_host("单位", code=f"t-unit-{next(SERIAL)}", registered_on=since, **more)


def writer_of(unit: Organisation, role: str = WRITER, scope: str = Scope.ORGANISATION, name: str = "填报人") -> Account:
    """An account that holds a role for an institution."""
    n = next(SERIAL)
    account = Account.objects.create(username=f"w-{n:05d}", name_zh=f"{name}{n}", email=f"w{n}@example.org")
    key = unit.pk if scope == Scope.ORGANISATION else unit.recommender_id
    since = clock.local(date(2020, 1, 1))
    RoleGrant.objects.create(account=account, role=role, scope=scope, scope_id=key, since=since)
    return account
