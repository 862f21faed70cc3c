"""The people of a base as a table beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.bases.models import BasePerson
from headwater.bases.people.models import MOST_MONTHS
from headwater.bases.people.services import PEOPLE, store_beside
from headwater.bases.people.weighing import weigh_people
from headwater.bases.rows.columns import choice, day, institution, line, number, person, whole
from headwater.bases.rows.declared import ROWS, RowColumn, RowTable
from headwater.core import clock
from headwater.core.numbers import to_places

HALF = Decimal("0.5")


def halves(value: float | None) -> Decimal | None:
    """Return a number of months to the nearest half."""
    return None if value is None else to_places(Decimal(str(value)) / HALF, 0) * HALF


def _beside(name: str, column: RowColumn) -> RowColumn:
    """Return a column that the row carries beside its own values: what is stored with it in another table."""

    def put(row: Any, value: Any) -> None:
        kept = getattr(row, "beside", None)
        if kept is None:
            kept = row.beside = {}
        kept[name] = halves(value) if name == "months" else value

    def of_last_year(row: Any) -> Any:
        year = clock.today().year - 1
        found = next((m for m in row.months.all() if m.year == year), None)
        return (year if name == "year" else found.months) if found else None

    return RowColumn(
        name, column.label, column.field, of_last_year, "number", put=put, now=lambda _row: None, listed=name == "months"
    )


ROWS.add(
    PEOPLE,
    RowTable(
        code=PEOPLE,
        label=_("人员"),
        one=_("人员"),
        model=BasePerson,
        tab="staff",
        place=10,
        columns=(
            person(_("姓名")),
            institution(_("单位")),
            choice("role", _("岗位"), BasePerson.Role.choices),
            choice("kind", _("类别"), BasePerson.Kind.choices),
            line("title", _("职称"), 40, required=False),
            day("since", _("到岗日期")),
            day("until", _("离岗日期"), required=False),
            _beside("year", whole("year", _("年度"), 1990, 2100, required=False)),
            _beside("months", number("months", _("在岗月数"), MOST_MONTHS)),
        ),
        key=("person_id", "name", "since"),
        hint=_("谁在这里工作、什么岗位、从何时到何时；一人同一时间只能是一个实验室的固定人员。"),
        order="kind",
        related=("person__organisation",),
        search=("person__name_zh", "name", "institution"),
        weigh=weigh_people,
        after=store_beside,
        broken={
            "baseperson_fixed_once": ("person", _("同一时间只能是一个实验室的固定人员")),
            "baseperson_here_once": ("person", _("这一时间已登记在本基地")),
        },
        ended=True,
    ),
)
