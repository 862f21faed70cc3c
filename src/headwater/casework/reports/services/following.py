"""Reminders before reports are due, and what follows when they are late: each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.holders import holders_of
from headwater.casework.reports.kinds import EFFECTS, REPORTS, LateRule, writers_of
from headwater.casework.reports.models import Told
from headwater.casework.reports.obligations import Obligation, obligations, records_of
from headwater.casework.reports.terms import REMINDERS, read_terms, reminder_days
from headwater.casework.subjects import SUBJECTS
from headwater.core import clock
from headwater.core.command import Actor, Log, command
from headwater.core.models import Account
from headwater.core.services import Words, tell


def remind_writers(*, actor: Actor) -> int:
    """Remind the writers of reports that are due in 30, 7 and 1 days (the region says in how many): each time once, also when a day
    was missed. Returns how many reports were reminded of.
    """
    on = clock.today()
    days = reminder_days(read_terms([REMINDERS]), on)
    waiting = [o for o in obligations(on) if not o.is_written and o.days_late(on) <= 0]
    with command(actor, "reports.follow", name="reports.remind") as log:
        marks = [(o, [f"due:{n}" for n in days if -o.days_late(on) <= n]) for o in waiting]
        fresh = _not_told([(o, what) for o, whats in marks for what in whats])
        reached = {o.key: o for o, _what in fresh}
        _mark(fresh, log)
        _tell_writers(list(reached.values()), on)
    return len(reached)


def follow_up(*, actor: Actor) -> int:
    """Do what kinds say of reports that are so many days late. Returns how many times something was done."""
    on = clock.today()
    late = [o for o in obligations(on) if not o.is_written and o.days_late(on) > 0]
    with command(actor, "reports.follow", name="reports.follow_up") as log:
        due = [(o, r) for o in late for r in o.kind.late if o.days_late(on) >= r.after_days and EFFECTS[r.does].run]
        fresh = {(o.key, what) for o, what in _not_told([(o, f"late:{r.code}") for o, r in due])}
        groups: dict[tuple[str, LateRule], list[Obligation]] = {}
        for o, rule in due:
            if (o.key, f"late:{rule.code}") in fresh:
                groups.setdefault((o.subject_kind, rule), []).append(o)
        for (_kind, rule), owed in groups.items():
            run = EFFECTS[rule.does].run
            if run is not None:
                _mark([(o, f"late:{rule.code}") for o in owed], log)
                run(owed, rule, log)
    return sum(len(owed) for owed in groups.values())


def _not_told(marks: Sequence[tuple[Obligation, str]]) -> list[tuple[Obligation, str]]:
    """Those of which nothing was said yet (1 query)."""
    rows = Told.objects.filter(what__in={what for _o, what in marks}).values_list(
        "subject_kind", "subject_id", "kind", "since", "what"
    )
    told = set(rows)
    return [(o, what) for o, what in marks if (*o.key, what) not in told]


def _mark(marks: Sequence[tuple[Obligation, str]], log: Log) -> None:
    columns = ("subject_kind", "subject_id", "kind", "since")
    now = clock.now()
    rows = [Told(**dict(zip(columns, o.key, strict=True)), what=what, at=now) for o, what in marks]
    Told.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    for o, what in marks:
        log.add(o.subject_kind, o.subject_id, None, {"report": o.kind.code, "period": str(o.period.since), "told": what})


def _tell_writers(owed: Sequence[Obligation], on: date) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[Obligation]] = {}
    for o in owed:
        groups.setdefault((o.subject_kind, writers_of(REPORTS[o.subject_kind], o.kind)), []).append(o)

    def title(o: Obligation, name: Any) -> Words:
        def words() -> str:
            left = -o.days_late(on)
            values = {"record": name, "report": o.words, "days": left}
            return (_("%(record)s：%(report)s今天到期") if not left else _("%(record)s：%(report)s还有 %(days)d 天到期")) % values

        return words

    for (_kind, roles), rows in groups.items():
        tell_about(rows, roles, title, "/reports/")


def tell_about(owed: Sequence[Obligation], roles: Sequence[str], title: Callable[[Obligation, Any], Words], url: str) -> None:
    """Tell those who hold one of `roles` for the records of obligations of one kind of record; one message for each person and report."""
    if not owed:
        return
    about, records = SUBJECTS[owed[0].subject_kind], records_of(owed)
    people = holders_of(about, [o.subject_id for o in owed], roles)
    tell(list(_messages(owed, people, records, title, url)))


def _messages(
    owed: Sequence[Obligation],
    people: dict[int, list[Account]],
    records: dict[tuple[str, int], Any],
    title: Callable[[Obligation, Any], Words],
    url: str,
) -> Iterator[tuple[Account, Words, Words, str]]:
    for o in owed:
        record = records.get((o.subject_kind, o.subject_id))
        if record is None:
            continue
        words, body = title(o, SUBJECTS[o.subject_kind].name(record)), _last_day(o)
        yield from ((account, words, body, url) for account in people.get(o.subject_id, ()))


def _last_day(o: Obligation) -> Words:
    return lambda: _("报送期限：%s") % o.due_on
