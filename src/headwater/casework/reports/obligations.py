"""Which reports are owed: computed from the records, the kinds and the parameters, never stored.

A report is owed for every period that a record was at work in, from the day on which it can be written until it is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from headwater.casework.reports.kinds import REPORTS, ReportKind, ReportsOf, writers_of
from headwater.casework.reports.models import OPEN, READERS
from headwater.casework.reports.periods import CALENDAR, ONCE, Period, calendar_periods, due_day
from headwater.casework.reports.terms import REMINDERS, Terms, read_terms, reminder_days
from headwater.casework.subjects import SUBJECTS, held
from headwater.core.i18n import Bilingual
from headwater.registry.models import Organisation, Person


@dataclass(frozen=True, slots=True)
class Obligation:
    """A report that a record owes. `report` is the key of the one that was begun, and `state` its state; 0 and "" where nobody began."""

    subject_kind: str
    subject_id: int
    kind: ReportKind
    period: Period
    due_on: date
    report: int = 0
    state: str = ""

    @property
    def key(self) -> tuple[str, int, str, date]:
        return (self.subject_kind, self.subject_id, self.kind.code, self.period.since)

    @property
    def words(self) -> Bilingual:
        name, period = self.kind.name, self.period.words(self.kind.every)
        return Bilingual(f"{period.zh}{name.zh}", f"{name.en}, {period.en}")

    @property
    def is_written(self) -> bool:
        """Whether it left its writer: it waits for others."""
        return bool(self.state) and self.state not in OPEN

    def days_late(self, on: date) -> int:
        """The days since the last on which it was in time; not above 0 while it is not late."""
        return (on - self.due_on).days


def obligations(
    on: date,
    *,
    holder: Organisation | Person | None = None,
    account: Any = None,
    reader: Any = None,
    subject: str = "",
    keys: Sequence[int] | None = None,
) -> Iterator[Obligation]:
    """Yield the reports that are owed on a day and not accepted, by kind and period: of all records, those of a `holder` (an
    institution, or a person who writes them), those that an `account` writes, those about which a `reader` is told, or those with
    some `keys` of one kind (`subject`).

    One query for the parameters, one for each kind of report.
    """
    if isinstance(holder, Person):
        account, holder = holder.account, None
        if account is None:
            return
    chosen = [(of, kind) for of in REPORTS.values() if not subject or of.subject == subject for kind in of.kinds()]
    terms = _terms_of(kind for _of, kind in chosen)
    ahead = max(reminder_days(terms, on), default=0)
    for of, kind in chosen:
        rows = _narrowed(of, kind, holder, account, reader)
        if rows is not None:
            yield from _owed(of, kind, rows if keys is None else rows.filter(pk__in=keys), terms, on, ahead)


def count_late(on: date, reader: Any) -> int:
    """Return how many reports are late about which `reader` is told: those that still have to be written."""
    if not reader.has_role(*READERS):
        return 0
    chosen = [(of, kind) for of in REPORTS.values() for kind in of.kinds()]
    terms, late = _terms_of(kind for _of, kind in chosen), 0
    for of, kind in chosen:
        rows = _narrowed(of, kind, None, None, reader)
        if rows is None:
            continue
        if kind.every in CALENDAR:
            opened = [p for p in opened_periods(kind, terms, on, 0) if p[1] < on]
            late += _count_of_calendar(of, kind, _spans(rows), opened)
        else:
            late += sum(1 for o in _owed(of, kind, rows, terms, on, 0) if not o.is_written and o.days_late(on) > 0)
    return late


def _terms_of(kinds: Iterable[ReportKind]) -> Terms:
    return read_terms({REMINDERS, *(key for kind in kinds for key in kind.parameters)})


def _narrowed(of: ReportsOf, kind: ReportKind, holder: Organisation | None, account: Any, reader: Any) -> QuerySet[Any] | None:
    """The records that owe a kind, of a holder, for a writer or a reader; None where there can be none."""
    rows, about = of.owing(kind), SUBJECTS[of.subject]
    if reader is not None:
        return rows.filter(held(reader, READERS, about)) if reader.has_role(*READERS) else None
    if holder is not None:
        path = about.paths.get("organisation")
        return rows.filter(**{path: holder.pk}) if path else None
    if account is None:
        return rows
    roles = writers_of(of, kind)
    return rows.filter(held(account, roles, about)) if account.has_role(*roles) else None


def _owed(of: ReportsOf, kind: ReportKind, rows: QuerySet[Any], terms: Terms, on: date, ahead: int) -> Iterator[Obligation]:
    work = _of_calendar if kind.every in CALENDAR else _of_span
    return work(of, kind, _spans(rows), terms, on, ahead)


def _spans(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by().values_list("pk", "owed_since", "owed_until")


Opened = tuple[Period, date, int]
"""A period, the day on which its report is due, the days that a record must have been at work in it."""


def opened_periods(kind: ReportKind, terms: Terms, on: date, ahead: int) -> list[Opened]:
    """Return every calendar period whose report can be written on a day: it is over, or the last day comes within `ahead` days."""
    start = terms.first(kind.due, kind.of)
    if start is None:
        return []
    opened = []
    for period in calendar_periods(kind.every, start, on + timedelta(days=ahead)):
        value = terms.get(kind.due, period.until, kind.of)
        if value is None:
            continue
        due = due_day(period.until, value)
        if period.until < on or due - timedelta(days=ahead) <= on:
            least = terms.get(kind.least, period.until, kind.of) if kind.least else None
            opened.append((period, due, int(least or 1)))
    return opened


OF_PERIODS = """WITH spans AS (
        SELECT pk::bigint, owed_since::date, owed_until::date FROM ({spans}) x (pk, owed_since, owed_until)),
    periods AS (SELECT * FROM unnest(%s::date[], %s::date[], %s::int[]) WITH ORDINALITY AS p (since, until, least, place))
    SELECT {what} FROM periods p JOIN spans s ON s.owed_since <= p.until AND (s.owed_until IS NULL OR s.owed_until >= p.until)
        AND p.until - greatest(s.owed_since, p.since) + 1 >= least(p.least, p.until - p.since + 1)
    LEFT JOIN reports_report r ON r.subject_kind = %s AND r.subject_id = s.pk AND r.kind = %s AND r.since = p.since
    WHERE r.state IS DISTINCT FROM 'accepted'"""
EACH = OF_PERIODS.replace("{what}", "s.pk, p.place - 1, coalesce(r.id, 0), coalesce(r.state, '')") + " ORDER BY p.place, s.pk"
COUNT = OF_PERIODS.replace("{what}", "count(*)") + " AND coalesce(r.state, '') NOT IN ('host', 'office')"


def _of_calendar(
    of: ReportsOf, kind: ReportKind, spans: QuerySet[Any, Any], terms: Terms, on: date, ahead: int
) -> Iterator[Obligation]:
    """The rule of `periods.is_owed`, for all records at once."""
    opened = opened_periods(kind, terms, on, ahead)
    for pk, place, report, state in _unaccepted(of, kind, spans, opened, EACH) if opened else ():
        period, due, _least = opened[place]
        yield Obligation(of.subject, pk, kind, period, due, report, state)


def _count_of_calendar(of: ReportsOf, kind: ReportKind, spans: QuerySet[Any, Any], opened: Sequence[Opened]) -> int:
    return int(_unaccepted(of, kind, spans, opened, COUNT)[0][0]) if opened else 0


def _unaccepted(
    of: ReportsOf, kind: ReportKind, spans: QuerySet[Any, Any], opened: Sequence[Opened], statement: str
) -> list[tuple[Any, ...]]:
    sql, values = _sql_of(spans)
    columns: list[list[Any]] = [list(c) for c in zip(*((p.since, p.until, n) for p, _due, n in opened), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(spans=sql), [*values, *columns, of.subject, kind.code])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


NO_SPAN = "SELECT NULL::bigint, NULL::date, NULL::date WHERE false"


def _sql_of(spans: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the statement of spans with its values; Django writes none where it knows that nothing fits."""
    try:
        return spans.query.sql_with_params()
    except EmptyResultSet:
        return NO_SPAN, ()


OF_SPANS = """WITH spans AS (
        SELECT pk::bigint, owed_since::date, owed_until::date FROM ({spans}) x (pk, owed_since, owed_until))
    SELECT s.pk, s.owed_since, s.owed_until, coalesce(r.id, 0), coalesce(r.state, '') FROM spans s
    LEFT JOIN reports_report r ON r.subject_kind = %s AND r.subject_id = s.pk AND r.kind = %s AND r.since = s.owed_since
    WHERE s.owed_since IS NOT NULL AND {ended} <= %s AND r.state IS DISTINCT FROM 'accepted' ORDER BY s.owed_since, s.pk"""


def _of_span(
    of: ReportsOf, kind: ReportKind, spans: QuerySet[Any, Any], terms: Terms, on: date, ahead: int
) -> Iterator[Obligation]:
    """What is owed once for a record: after its whole time, or after its first day."""
    sql, values = _sql_of(spans)
    ended = "s.owed_since" if kind.every == ONCE else "s.owed_until"
    with connection.cursor() as cursor:
        statement = OF_SPANS.format(spans=sql, ended=ended)
        cursor.execute(statement, [*values, of.subject, kind.code, on + timedelta(days=ahead)])
        rows = cursor.fetchall()
    for pk, since, until, report, state in rows:
        period = Period(since, since if kind.every == ONCE else until)
        value = terms.get(kind.due, period.until, kind.of)
        if value is None:
            continue
        due = due_day(period.until, value)
        if period.until < on or due - timedelta(days=ahead) <= on:
            yield Obligation(of.subject, pk, kind, period, due, report, state)


def obligation_of(subject_kind: str, subject_id: int, code: str, since: date, on: date) -> Obligation | None:
    """Return one report that a record owes on a day; None where it owes none."""
    owed = obligations(on, subject=subject_kind, keys=[subject_id])
    return next((o for o in owed if o.kind.code == code and o.period.since == since), None)


def records_of(owed: Iterable[Obligation]) -> dict[tuple[str, int], Any]:
    """Return the records of obligations by kind and key (1 query for each kind)."""
    keys: dict[str, set[int]] = {}
    for o in owed:
        keys.setdefault(o.subject_kind, set()).add(o.subject_id)
    return {
        (kind, pk): record for kind, pks in keys.items() for pk, record in SUBJECTS[kind].model._base_manager.in_bulk(pks).items()
    }
