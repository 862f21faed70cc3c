"""The event log and its chain."""

from collections.abc import Iterator

import pytest
from django.db import Error, connection, transaction

from headwater.core import clock
from headwater.core.causes import RIGHTS, SYSTEM, declare
from headwater.core.command import Actor, command
from headwater.core.invariants import check
from headwater.core.models import Event, EventSeal, Seal
from headwater.core.sealing import seal_events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]


@pytest.fixture(autouse=True)
def own_commands() -> Iterator[None]:
    with RIGHTS.reopened():
        declare({"test.write": SYSTEM})
        yield


def write(text: str) -> Event:
    with command(Actor(None, "test"), "core.region.manage", name="test.write") as log:
        log(None, after={"text": text})
    return Event.objects.order_by("-id")[0]


def damage(sql: str, values: list[object]) -> None:
    """Change rows as somebody with the keys of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize("sql", ["UPDATE core_event SET actor_label = 'x'", "DELETE FROM core_event", "TRUNCATE core_event"])
def test_event_log_rejects_changes(sql: str) -> None:
    with pytest.raises(Error, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_seal_covers_every_event_once() -> None:
    write("one")
    seal_events()
    assert Event.objects.count() == EventSeal.objects.count()
    assert seal_events() == 0
    assert check(["event_unchanged", "chain_unbroken"]) == []


def test_seal_follows_its_predecessor_in_small_batches() -> None:
    for n in range(7):
        write(str(n))
    before = Seal.objects.count()
    seal_events(batch=3)
    assert Seal.objects.count() >= before + 3
    assert check(["chain_unbroken"]) == []


def test_changed_event_is_named() -> None:
    event = write("true")
    seal_events()
    damage("UPDATE core_event SET after = %s::jsonb WHERE id = %s", ['{"text": "false"}', event.pk])
    found = check(["event_unchanged"])
    assert [b.rows for b in found] == [[f"event {event.pk} was changed (test.write)"]]


def test_missing_event_is_named() -> None:
    event = write("gone")
    seal_events()
    damage("DELETE FROM core_event WHERE id = %s", [event.pk])
    assert [b.rows for b in check(["event_unchanged"])] == [[f"event {event.pk} is missing"]]


def test_rewritten_chain_is_found() -> None:
    write("one")
    seal_events()
    seal = Seal.objects.order_by("id")[0]
    damage("UPDATE core_seal SET digest = %s WHERE id = %s", [b"\1" * 32, seal.pk])
    assert [b.invariant.name for b in check(["chain_unbroken"])] == ["chain_unbroken"]


def test_refused_command_leaves_no_event() -> None:
    before = Event.objects.count()

    def fail() -> None:
        with command(Actor(None, "test"), "core.region.manage", name="test.write") as log:
            log(None, after={})
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    assert Event.objects.count() == before


def test_event_carries_actor_time_and_source() -> None:
    event = write("who")
    assert (event.actor_label, event.source, event.command) == ("system:test", "test", "test.write")
    assert abs((event.at - clock.now()).total_seconds()) < 5
