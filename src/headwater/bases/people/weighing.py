"""What is against people of a base: whom another base has as fixed staff, who is here twice, months that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.models import BasePerson, PersonMonths
from headwater.bases.parts import Holds
from headwater.bases.people.models import MOST_MONTHS
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.i18n import named

MOBILE_ROLES = frozenset({BasePerson.Role.POSTDOC, BasePerson.Role.VISITOR, BasePerson.Role.STUDENT})
DAYS_OF_MONTH = Decimal("30.4375")


def overlap(one: Any, other: Any) -> bool:
    """Tell whether two times share a day; the end of a time is not in it. Of one that ends where it begins nothing is left."""
    if one.since == one.until or other.since == other.until:
        return False
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)


def weigh_people(entry: Any, rows: Sequence[Any], holds: Holds) -> Iterator[tuple[int, Reason]]:
    """Yield what is against people of a base, by their place among the rows (1 query for the bases that have them, 1 for who is here)."""
    keys = [r.person_id for r in rows if r.person_id]
    others = list(BasePerson.objects.filter(person__in=keys).select_related("entry", "person")) if keys else []
    for n, row in enumerate(rows):
        row.once = holds.once
        yield from ((n, reason) for reason in _of_one(entry, row))
        mates = [
            o for o in others if o.pk != row.pk and o.person_id == row.person_id and o.pk not in {r.pk for r in rows if r.pk}
        ]
        mates += [r for m, r in enumerate(rows) if m != n and row.person_id and r.person_id == row.person_id]
        yield from ((n, reason) for reason in _beside_others(entry, row, mates))


def _of_one(entry: Any, row: Any) -> Iterator[Reason]:
    if row.since and row.until and row.until < row.since:
        yield Reason(_("离岗日期不能早于到岗日期"), field="until")
    if row.since and row.since > clock.add_months(clock.today(), 12):
        yield Reason(_("到岗日期最多登记到一年以后"), field="since")
    if row.kind == BasePerson.Kind.FIXED and row.role in MOBILE_ROLES:
        yield Reason(_("博士后、访问学者和研究生是流动人员"), field="kind")
    if row.once and row.kind == BasePerson.Kind.FIXED and not row.person_id:
        yield Reason(_("固定人员须是系统中登记的人员：请依托单位先登记，再填写其姓名和单位"), field="person", code="unknown")
    if row.role == BasePerson.Role.DIRECTOR and row.until is None and row.person_id != entry.director_id:
        yield Reason(_("主任须先在“人员与单位”中聘任"), field="role", code="director")
    months = getattr(row, "beside", {}).get("months")
    year = getattr(row, "beside", {}).get("year")
    if (months is None) != (year is None):
        yield Reason(_("年度和在岗月数须同时填写，或都不填"), field="months")
    elif year is not None and months is not None and row.since and months > months_within(row.since, row.until, year):
        yield Reason(too_many_months(row, year), field="months")


def _beside_others(entry: Any, row: Any, mates: Iterable[Any]) -> Iterator[Reason]:
    for other in mates:
        if not row.since or not overlap(row, other):
            continue
        if other.entry_id == entry.pk:
            yield Reason(_("%s 在这一时间已登记在本基地") % named(row.person), field="person", code="twice")
            return
        both_fixed = row.kind == other.kind == BasePerson.Kind.FIXED
        if row.once and other.once and both_fixed:
            words = {"person": named(row.person), "base": other.entry, "since": other.since, "until": other.until or _("现在")}
            text = _("%(person)s 自 %(since)s 至 %(until)s 是 %(base)s 的固定人员；同一时间只能是一个实验室的固定人员") % words
            yield Reason(text, field="person", code="fixed_elsewhere")
            return


def months_within(since: date, until: date | None, year: int) -> Decimal:
    """Return the months of a year that lie within a time, begun ones counted; whole and half ones."""
    first, last = max(since, date(year, 1, 1)), min(until or date(year + 1, 1, 1), date(year + 1, 1, 1))
    days = (last - first).days
    if days <= 0:
        return Decimal(0)
    halves = (Decimal(days) / DAYS_OF_MONTH * 2).to_integral_value(ROUND_CEILING)
    return min(Decimal(MOST_MONTHS), halves / 2)


def too_many_months(row: Any, year: int) -> str:
    words = {"year": year, "most": f"{months_within(row.since, row.until, year).normalize():f}"}
    return _("%(year)s 年在岗最多 %(most)s 个月：请核对到岗、离岗日期") % words


def months_elsewhere(entry: Any, rows: Sequence[Any], year: int) -> dict[int, Decimal]:
    """Return the months of a year that the people of some rows worked at other bases, by person (1 query)."""
    keys = [r.person_id for r in rows if r.person_id]
    found: dict[int, Decimal] = {}
    others = PersonMonths.objects.filter(row__person__in=keys, year=year).exclude(row__entry=entry)
    for person, months in others.values_list("row__person", "months"):
        found[person] = found.get(person, Decimal(0)) + months
    return found
