"""The months that the people of a base work there by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.models import BasePerson, PersonMonths
from headwater.bases.people.models import MOST_MONTHS
from headwater.bases.people.weighing import months_elsewhere, months_within, too_many_months
from headwater.bases.rows.declared import ROWS
from headwater.bases.rows.services import lock_base
from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.i18n import named
from headwater.registers.declared import Weighing
from headwater.registers.values import plain

PEOPLE = "people"


def set_months(*, entry: Any, year: int, months: Mapping[int, Decimal | None], actor: Actor) -> int:
    """Set the months of a year for people of a base, by the key of their row; None takes them away. Returns how many changed.

    Raises:
        Refused: more months than the year has for somebody, or than the time at the base; each beside its row.
    """
    with command(actor, "bases.keep_rows", entry, name="bases.set_months") as log:
        base, _holds = lock_base(ROWS[PEOPLE], entry)
        rows = list(BasePerson.objects.filter(entry=base, pk__in=list(months)).select_related("person").order_by("pk"))
        refuse_if(_against(base, rows, year, months))
        changed = _write(rows, year, months, log)
        if not changed:
            raise Refused.because(_("没有变化"))
    return changed


def _against(base: Any, rows: Sequence[Any], year: int, months: Mapping[int, Decimal | None]) -> Iterable[Reason]:
    elsewhere = months_elsewhere(base, rows, year)
    for row in rows:
        wanted = months[row.pk]
        if wanted is None:
            continue
        if wanted > months_within(row.since, row.until, year):
            yield Reason(too_many_months(row, year), field=f"m{row.pk}")
        elif (other := elsewhere.get(row.person_id, Decimal(0))) and wanted + other > MOST_MONTHS:
            words = {"person": named(row.person), "other": f"{other.normalize():f}", "most": MOST_MONTHS}
            text = _("%(person)s 在其他基地已登记 %(other)s 个月，一年合计不超过 %(most)d 个月") % words
            yield Reason(text, field=f"m{row.pk}")


def _write(rows: Sequence[Any], year: int, months: Mapping[int, Decimal | None], log: Log) -> int:
    known = {m.row_id: m for m in PersonMonths.objects.select_for_update().filter(row__in=rows, year=year)}
    fresh, changed, gone = list[PersonMonths](), list[PersonMonths](), list[PersonMonths]()
    before = {pk: plain(m.months) for pk, m in known.items()}
    for row in rows:
        wanted, there = months[row.pk], known.get(row.pk)
        if there is None and wanted is not None:
            fresh.append(PersonMonths(row=row, year=year, months=wanted))
        elif there is not None and wanted is None:
            gone.append(there)
        elif there is not None and wanted is not None and there.months != wanted:
            there.months = wanted
            changed.append(there)
    PersonMonths.objects.bulk_create(fresh)
    PersonMonths.objects.bulk_update(changed, ["months"])
    touched = [(m.row, m.months) for m in [*fresh, *changed]] + [(m.row, None) for m in gone]
    for row, value in touched:
        old = {"months": before[row.pk], "year": year} if row.pk in before else None
        log(row, before=old, after={"months": plain(value), "year": year, "entry": row.entry_id})
    PersonMonths.objects.filter(pk__in=[m.pk for m in gone]).delete()
    return len(touched)


def store_beside(rows: Sequence[Any], log: Log) -> None:
    """Store the months that came with people in a file or a form. Call inside a command."""
    by_year: dict[int, dict[Any, Decimal]] = {}
    for row in rows:
        beside = getattr(row, "beside", {})
        if beside.get("year") is not None and beside.get("months") is not None:
            by_year.setdefault(beside["year"], {})[row] = beside["months"]
    for year, wanted in by_year.items():
        _write(list(wanted), year, {row.pk: value for row, value in wanted.items()}, log)


def end_people(entries: Sequence[Any], weighing: Weighing, log: Log) -> None:
    """Let the people of bases that are over leave on the day: whoever was fixed staff there is free for another base."""
    rows = list(BasePerson.objects.select_for_update(of=("self",)).filter(entry__in=entries, until__isnull=True).order_by("pk"))
    for row in rows:
        row.until = max(weighing.on, row.since)
        log(row, before={"until": None}, after={"until": str(row.until), "entry": row.entry_id})
    BasePerson.objects.bulk_update(rows, ["until"], batch_size=500)
