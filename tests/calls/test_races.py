"""Two at once: real transactions in a database of their own, the second begun while the first is not yet committed."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction

from headwater.calls import schemes
from headwater.calls.applying.services.applications import add_members, confirm_participation, create_draft, submit_application
from headwater.calls.applying.services.withdrawing import reopen_application
from headwater.calls.models import Application, Call, SchemeVersion
from headwater.core.errors import Refused
from headwater.registry.models import Person
from tests.browser.conftest import connect
from tests.conftest import fingerprint
from tests.make import as_, draft_of, new_call, new_person, placed

OWN = f"hw_race_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
SOON = 0.4
"""Seconds after which a transaction that does not wait for another would long be through."""


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What is committed here is gone with the database, and no other test sees it."""
    from django.conf import settings

    def use(name: str) -> None:
        connections["default"].close()
        settings.DATABASES["default"]["NAME"] = name
        connections["default"].settings_dict["NAME"] = name
        schemes._cached.cache_clear()  # another database gives the same keys to other versions

    before = settings.DATABASES["default"]["NAME"]
    with connect("postgres") as admin, django_db_blocker.unblock():
        admin.execute(f'DROP DATABASE IF EXISTS "{OWN}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{OWN}" TEMPLATE "hw_template_{fingerprint()}"')
        use(OWN)
        try:
            yield
        finally:
            use(before)
            admin.execute(f'DROP DATABASE IF EXISTS "{OWN}" WITH (FORCE)')


def both(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[list[Any], bool]:
    """What the two gave or were refused with, and whether the second waited for the first to commit."""
    found: list[Any] = [None, None]
    done, commit = threading.Event(), threading.Event()

    def attempt(place: int, work: Callable[[], Any], hold: bool) -> None:
        try:
            with transaction.atomic():
                found[place] = work()
                if hold:
                    done.set()
                    commit.wait(10)
        except Exception as error:
            found[place] = error
        finally:
            done.set()
            connection.close()

    threads = [
        threading.Thread(target=attempt, args=(0, first, True), daemon=True),
        threading.Thread(target=attempt, args=(1, second, False), daemon=True),
    ]
    threads[0].start()
    assert done.wait(10)
    threads[1].start()
    threads[1].join(SOON)
    waited = threads[1].is_alive()
    commit.set()
    for thread in threads:
        thread.join(10)
    return found, waited


def limited_call(code: str) -> Call:
    """A call in which a number of projects over the limit blocks, with a yearly limit of its own."""
    version = SchemeVersion.objects.filter(code="im-youth").order_by("-version")[0]
    definition = copy.deepcopy(version.definition)
    definition["scheme"] |= {"code": code, "limit_group": code}
    definition["rule"] = [*definition["rule"], {"name": "limit_total", "blocks": True}]
    version.pk, version.code, version.definition = None, code, definition
    version.save(force_insert=True)
    return new_call(code)


def with_member(row: Application, member: Person) -> Application:
    added = add_members(application=row, members=[(member, 3)], actor=as_(row.leader))
    confirm_participation(participants=added, actor=as_(member))
    return row


def submitting(row: Application) -> Callable[[], Application]:
    return lambda: submit_application(application=Application(pk=row.pk), actor=as_(row.leader), agree=True)


def refused_by_limits(answer: Any) -> bool:
    return isinstance(answer, Refused) and "F11" in {r.code for r in answer.reasons}


def test_a_leader_who_submits_to_two_calls_at_once_is_counted_once_each(own_database: None) -> None:
    leader = new_person()
    rows = [draft_of(limited_call(f"race-{n}"), leader) for n in range(2)]
    (first, second), waited = both(*map(submitting, rows))
    assert waited
    assert first.state == "host_review"
    assert refused_by_limits(second), second
    assert sorted(Application.objects.filter(leader=leader).values_list("state", flat=True)) == ["draft", "host_review"]


def test_a_member_whom_two_leaders_name_at_once_is_counted_for_both(own_database: None) -> None:
    call, member = limited_call("race-member"), new_person("共同参与人")
    rows = [with_member(draft_of(call, new_person()), member) for _n in range(3)]
    submitting(rows[0])()
    (first, second), waited = both(*map(submitting, rows[1:]))
    assert waited
    assert first.state == "host_review"
    assert refused_by_limits(second), second


def test_people_who_have_nothing_in_common_do_not_wait(own_database: None) -> None:
    call = limited_call("race-others")
    rows = [draft_of(call, new_person()) for _n in range(3)]
    submitting(rows[0])()
    found, waited = both(*map(submitting, rows[1:]))
    assert ([getattr(f, "state", f) for f in found], waited) == (["host_review"] * 2, False)


def test_a_draft_begun_twice_at_once_is_one(own_database: None) -> None:
    call, leader = new_call(), new_person()

    def begin() -> int:
        return create_draft(call=call, leader=leader, actor=as_(leader)).pk

    (first, second), waited = both(begin, begin)
    assert waited
    assert first == second
    assert Application.objects.filter(call=call, leader=leader).count() == 1


def test_two_withdrawn_applications_reopened_at_once_give_one_draft(own_database: None) -> None:
    call, leader = new_call(), new_person()
    rows = [placed(call, "withdrawn", leader) for _n in range(2)]

    def reopening(row: Application) -> Callable[[], None]:
        return lambda: reopen_application(application=row, actor=as_(leader))

    (_first, second), waited = both(*map(reopening, rows))
    assert waited
    assert isinstance(second, Refused)
    assert "填写中的申请书" in str(second)
    assert Application.objects.filter(call=call, leader=leader, state="draft").count() == 1
