"""What is owed is computed: each period once, by the rule of the first year, until the report is accepted; and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.casework.reports.gates import blocked, blocks, reasons
from headwater.casework.reports.models import Report, Told
from headwater.casework.reports.obligations import Obligation, count_late, obligation_of, obligations
from headwater.casework.reports.periods import calendar_periods, due_day, is_owed
from headwater.casework.reports.services.following import follow_up, remind_writers
from headwater.core import clock
from headwater.core.command import system
from headwater.core.models import Account, Event, Notification, OutboxMail
from headwater.registry.models import Agency, Organisation
from tests.casework.reports.world import ANNUAL, SUBJECT, World, declared, kind_of, new_unit, parameter, parameters, writer_of
from tests.make import SERIAL, new_person, real_host
from tests.test_queries import counted

pytestmark = pytest.mark.django_db
SPRING = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def world() -> Iterator[World]:
    with declared() as world:
        parameters()
        WORLD[:] = [world]
        yield world


WORLD: list[World] = []


def owed(on: date, **more: Any) -> list[Obligation]:
    return list(obligations(on, **more))


def periods(found: list[Obligation]) -> list[str]:
    return [o.period.code(o.kind.every) for o in found]


def filed(unit: Organisation, since: date, state: str = "accepted", kind: str = "annual") -> Report:
    """A report as the database may hold it, without its way there."""
    from headwater.forms.kept import keep_form

    accepted = {"accepted_at": clock.now()} if state == "accepted" else {}
    sent = {"submitted_at": clock.now(), "form": keep_form({}), "note": "退回"} if state != "draft" else {}
    ends = {"until": date(since.year, 12, 31), "period": str(since.year), "due_on": date(since.year + 1, 1, 31)}
    return Report.objects.create(
        subject_kind=SUBJECT, subject_id=unit.pk, kind=kind, since=since, state=state, **ends, **sent, **accepted
    )


def test_each_year_since_the_beginning_is_owed_until_it_is_accepted(world: World) -> None:
    unit = new_unit(date(2023, 5, 1))
    found = owed(SPRING)
    assert periods(found) == ["2023", "2024", "2025"]
    assert [o.due_on for o in found] == [date(2024, 1, 31), date(2025, 1, 31), date(2026, 1, 31)]
    filed(unit, date(2023, 1, 1))
    filed(unit, date(2024, 1, 1), "office")
    found = owed(SPRING)
    assert [(o.period.since.year, o.state, o.is_written) for o in found] == [(2024, "office", True), (2025, "", False)]


def test_a_report_can_be_written_when_its_period_is_over_or_its_day_is_near() -> None:
    new_unit(date(2025, 1, 1))
    assert periods(owed(date(2025, 12, 31))) == []
    assert periods(owed(date(2026, 1, 1))) == ["2025"]
    parameter("t_annual_due", 10, since=date(2021, 1, 1))
    assert periods(owed(date(2025, 12, 11))) == ["2025"]  # due on 10 January, 30 days ahead
    assert periods(owed(date(2025, 12, 10))) == []


def test_the_first_year_is_owed_by_who_was_at_work_long_enough() -> None:
    new_unit(date(2025, 10, 3))  # 90 days
    new_unit(date(2025, 10, 4))
    assert periods(owed(SPRING)) == ["2025"]
    parameter("t_annual_least_days", 1, since=date(2025, 12, 31))
    assert periods(owed(SPRING)) == ["2025", "2025"]


def test_who_ended_before_a_period_ended_owes_nothing_for_it(world: World) -> None:
    unit = new_unit(date(2023, 1, 1))
    world.until = {unit.pk: date(2025, 12, 30)}
    assert periods(owed(SPRING)) == ["2023", "2024"]
    world.until = {unit.pk: date(2025, 12, 31)}
    assert periods(owed(SPRING)) == ["2023", "2024", "2025"]


def test_no_period_is_owed_for_which_the_region_has_no_day(world: World) -> None:
    new_unit(date(2018, 1, 1))
    parameter("t_other_due", "03-31", since=date(2024, 6, 1), until=date(2025, 6, 1))
    world.kinds = [kind_of(ANNUAL, due="t_other_due")]
    assert periods(owed(SPRING)) == ["2024"]
    world.kinds = [kind_of(ANNUAL, due="t_missing")]
    assert owed(SPRING) == []


def test_half_years_are_owed_each(world: World) -> None:
    parameter("t_half_due", ["07-31", "01-31"])
    world.kinds = [kind_of(ANNUAL, every="half_year", due="t_half_due", code="statistics")]
    new_unit(date(2025, 4, 2))  # 90 days of the first half
    found = owed(SPRING)
    assert [(p, o.due_on) for p, o in zip(periods(found), found, strict=True)] == [
        ("2025-1", date(2025, 7, 31)),
        ("2025-2", date(2026, 1, 31)),
    ]


def test_a_term_is_owed_once_after_its_end_and_a_first_report_after_its_beginning(world: World) -> None:
    parameter("t_days", 60)
    world.kinds = [
        kind_of(ANNUAL, every="term", due="t_days", code="closing"),
        kind_of(ANNUAL, every="once", due="t_days", code="first"),
    ]
    unit, later = new_unit(date(2024, 3, 1)), new_unit(date(2025, 3, 1))
    world.until = {unit.pk: date(2026, 2, 1)}
    found = {(o.kind.code, o.subject_id): (o.period.since, o.period.until, o.due_on) for o in owed(SPRING)}
    assert found == {
        ("closing", unit.pk): (date(2024, 3, 1), date(2026, 2, 1), date(2026, 4, 2)),
        ("first", unit.pk): (date(2024, 3, 1), date(2024, 3, 1), date(2024, 4, 30)),
        ("first", later.pk): (date(2025, 3, 1), date(2025, 3, 1), date(2025, 4, 30)),
    }
    filed(unit, date(2024, 3, 1), kind="first")
    assert [o.subject_id for o in owed(SPRING) if o.kind.code == "first"] == [later.pk]


def test_it_is_narrowed_to_a_holder_a_writer_a_reader_or_some_records() -> None:
    mine, other = new_unit(date(2025, 1, 1), recommender=real_host().recommender), new_unit(date(2025, 1, 1))
    writer, manager = writer_of(mine), writer_of(mine, "host_manager")
    agency = writer_of(mine, "recommender", "agency")
    person = new_person()
    assert [o.subject_id for o in owed(SPRING, holder=mine)] == [mine.pk]
    assert [o.subject_id for o in owed(SPRING, account=writer)] == [mine.pk]
    assert owed(SPRING, holder=person) == []
    assert [o.subject_id for o in owed(SPRING, reader=manager)] == [mine.pk]
    assert mine.pk in [o.subject_id for o in owed(SPRING, reader=agency)]
    assert other.pk not in [o.subject_id for o in owed(SPRING, reader=agency)]
    assert owed(SPRING, reader=writer) == []
    assert len(owed(SPRING, reader=Account.objects.get(username="officer"))) == 2
    assert [o.subject_id for o in owed(SPRING, subject=SUBJECT, keys=[other.pk])] == [other.pk]
    assert obligation_of(SUBJECT, mine.pk, "annual", date(2025, 1, 1), SPRING) is not None
    assert obligation_of(SUBJECT, mine.pk, "annual", date(2024, 1, 1), SPRING) is None


STARTS = st.dates(date(2021, 1, 1), date(2026, 12, 31))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(STARTS, st.none() | st.integers(0, 1500)), min_size=1, max_size=6),
    st.dates(date(2021, 1, 1), date(2028, 12, 31)),
    st.sampled_from(["year", "half_year"]),
    st.sampled_from([1, 90, 400]),
)
def test_what_is_owed_is_every_period_exactly_once(
    spans: list[tuple[date, int | None]], on: date, every: str, least: int
) -> None:
    """The statement finds what the rule says of each record and period."""
    world = WORLD[0]
    world.kinds = [kind_of(ANNUAL, every=every, due="t_half_due", least="t_least")]
    with transaction.atomic():
        parameter("t_least", least)
        parameter("t_half_due", ["07-31", "01-31"])
        units = [new_unit(since) for since, _days in spans]
        ends = [None if days is None else since + timedelta(days=days) for since, days in spans]
        world.until = {u.pk: end for u, end in zip(units, ends, strict=True) if end is not None}
        found = [(o.subject_id, o.period) for o in obligations(on) if o.subject_id in {u.pk for u in units}]
        expected = [
            (u.pk, p)
            for p in calendar_periods(every, date(2020, 1, 1), on + timedelta(days=30))
            for u, (since, _n), end in zip(units, spans, ends, strict=True)
            if is_owed(since, end, p, least) and (p.until < on or due_day(p.until, ["07-31", "01-31"]) - timedelta(days=30) <= on)
        ]
        assert sorted(found) == sorted(expected)
        assert len(set(found)) == len(found)
        transaction.set_rollback(True)


def test_one_report_for_each_record_kind_and_period() -> None:
    unit = new_unit()
    filed(unit, date(2024, 1, 1))
    with pytest.raises(IntegrityError, match="report_once"), transaction.atomic():
        filed(unit, date(2024, 1, 1), "draft")


def test_a_thousand_records_take_three_statements() -> None:
    n = next(SERIAL)
    rows = [
        Organisation(code=f"t-unit-{n}-{k}", name_zh=f"大批单位{k}", kind="institute", registered_on=date(2023, 1, 1))
        for k in range(1_000)
    ]
    Organisation.objects.bulk_create(rows)
    reports = [
        Report(
            subject_kind=SUBJECT,
            subject_id=u.pk,
            kind="annual",
            since=date(year, 1, 1),
            until=date(year, 12, 31),
            period=str(year),
            due_on=date(year + 1, 1, 31),
        )
        for u in rows
        for year in (2023, 2024)
    ]
    Report.objects.bulk_create(reports, batch_size=2000)
    from headwater.forms.kept import keep_form

    Report.objects.filter(period__in=["2023", "2024"]).update(
        state="accepted", accepted_at=clock.now(), submitted_at=clock.now(), form=keep_form({})
    )
    with counted() as sent:
        found = owed(SPRING)
    assert len(found) >= 1_000
    assert len(sent) <= 2
    officer = Account.objects.get(username="officer")
    with counted() as sent:
        assert count_late(SPRING, officer) >= 1_000
    assert len(sent) <= 3


def test_a_gate_asks_for_late_reports_alone() -> None:
    unit = new_unit(date(2025, 1, 1))
    early, late = date(2026, 3, 1), date(2026, 3, 2)  # 29 and 30 days after 31 January
    assert blocks(unit, "requests", early) == []
    (bar,) = blocks(unit, "requests", late)
    assert "已逾期 30 天" in str(reasons([bar], late)[0])
    assert blocks(unit, "payments", late) == []
    assert list(blocked(SUBJECT, "requests", late)) == [unit.pk]
    filed(unit, date(2025, 1, 1), "host")
    assert blocks(unit, "requests", late) == []  # its writers have done what they can
    assert blocks(new_person(), "requests", late) == []


def told(account: Account) -> list[str]:
    return list(Notification.objects.filter(account=account).order_by("pk").values_list("title", flat=True))


@pytest.mark.parametrize(("first", "second"), [(date(2026, 1, 1), date(2026, 1, 24)), (date(2026, 1, 3), date(2026, 1, 26))])
def test_writers_are_reminded_each_time_once_also_after_a_missed_day(first: date, second: date) -> None:
    unit = new_unit(date(2025, 1, 1))
    writer, stranger = writer_of(unit), writer_of(new_unit(None))
    for day, mails in ((first, 1), (first, 1), (second, 2), (second, 2), (date(2026, 1, 30), 3), (date(2026, 1, 31), 3)):
        with clock.at(clock.local(day, 9)):
            remind_writers(actor=system("worker"))
        assert len(told(writer)) == mails, day
    assert told(stranger) == []
    assert "还有 1 天到期" in told(writer)[-1]
    assert OutboxMail.objects.filter(to=writer.email).count() == 3
    assert Told.objects.filter(subject_id=unit.pk).count() == 3


def test_nobody_is_reminded_of_what_was_submitted_or_is_late() -> None:
    unit = new_unit(date(2025, 1, 1))
    writer = writer_of(unit)
    filed(unit, date(2025, 1, 1), "office")
    for day in (date(2026, 1, 25), date(2026, 2, 2)):
        with clock.at(clock.local(day, 9)):
            assert remind_writers(actor=system("worker")) == 0
    assert told(writer) == []


def test_what_follows_a_late_report_is_done_once(world: World) -> None:
    unit = new_unit(date(2025, 1, 1), recommender=Agency.objects.order_by("pk")[0])
    manager, agency = writer_of(unit, "host_manager"), writer_of(unit, "recommender", "agency")
    world.kinds = [kind_of(ANNUAL, late=[{"after_days": 3, "does": "remind_agency"}, *LATE])]
    for day, done in ((date(2026, 2, 2), 0), (date(2026, 2, 3), 1), (date(2026, 2, 10), 1), (date(2026, 2, 11), 0)):
        with clock.at(clock.local(day, 9)):
            assert follow_up(actor=system("worker")) == done, day
    assert [len(told(a)) for a in (manager, agency)] == [1, 1]
    assert "已逾期 10 天" in told(manager)[0]
    events = Event.objects.filter(command="reports.follow_up", subject_type=SUBJECT, subject_id=unit.pk)
    assert [e.after["told"] for e in events.order_by("pk")] == ["late:remind_agency::3", "late:remind_host::10"]


LATE = [{"after_days": 10, "does": "remind_host"}, {"after_days": 30, "does": "block", "what": "requests"}]


def test_a_region_without_days_reminds_nobody() -> None:
    from headwater.core.models import Parameter

    Parameter.objects.filter(key="report_reminders").delete()
    new_unit(date(2025, 1, 1))
    with clock.at(clock.local(date(2026, 1, 30), 9)):
        assert remind_writers(actor=system("worker")) == 0
