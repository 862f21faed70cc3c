"""What the deadline rush rests on: few statements, numbers without waiting, lengths kept beside the texts, steps sent twice."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import connection

from headwater.calls.applying.services.applications import save_application, submit_application
from headwater.calls.models import Application
from headwater.core.errors import NotAllowed
from headwater.core.models import Account, Event
from tests.conftest import database_url
from tests.make import as_, client, draft_of, new_call, new_person, words
from tests.test_queries import counted


def author(row: Application) -> Any:
    return client(Account.objects.get(person=row.leader).username)


@pytest.mark.django_db
def test_a_submission_by_http_asks_nineteen_times_whatever_the_number_of_questions() -> None:
    call = new_call()
    for warm in (True, False):
        row = draft_of(call, new_person())
        browser = author(row)
        browser.get("/desk/")  # the first page of a session notes where it came from
        with counted() as sent:
            answer = browser.post(
                f"/applications/{row.pk}/submit/", {"agree": words(row.call, "applicant"), "_revision": row.revision}
            )
        assert answer["Location"] == f"/applications/{row.pk}/"
        statements = [s for s in sent if not s.startswith(("SAVEPOINT", "RELEASE"))]
        if not warm:
            assert len(statements) == 19


@pytest.mark.django_db
def test_a_submission_sent_twice_is_one() -> None:
    row = draft_of(new_call(), new_person())
    browser = author(row)
    for _once_more in range(2):
        assert (
            browser.post(f"/applications/{row.pk}/submit/", {"agree": words(row.call, "applicant"), "_revision": row.revision})[
                "Location"
            ]
            == f"/applications/{row.pk}/"
        )
    events = Event.objects.filter(subject_type="calls.application", subject_id=row.pk, command="calls.submit_application")
    assert events.count() == 1


@pytest.mark.django_db
def test_only_the_leader_submits_also_where_only_the_key_is_given() -> None:
    row, other = draft_of(new_call(), new_person()), new_person("旁人")
    for application in (row, Application(pk=row.pk)):
        with pytest.raises(NotAllowed):
            submit_application(application=application, actor=as_(other), agree=True)
    assert (
        author(draft_of(row.call, other))
        .post(f"/applications/{row.pk}/submit/", {"agree": words(row.call, "applicant"), "_revision": row.revision})
        .status_code
        == 404
    )
    assert submit_application(application=Application(pk=row.pk), actor=as_(row.leader), agree=True).state == "host_review"


@pytest.mark.django_db
def test_a_save_merges_answers_of_two_people_at_once() -> None:
    row = draft_of(new_call(), new_person())
    stale = Application.objects.get(pk=row.pk)
    save_application(application=row, values={"goals": "甲"}, actor=as_(row.leader))
    save_application(application=stale, values={"content": "乙", "title_zh": "丙"}, actor=as_(row.leader))
    found = Application.objects.get(pk=row.pk)
    assert (found.answers["goals"], found.answers["content"], found.title_zh) == ("甲", "乙", "丙")
    assert found.revision == row.revision + 2


@pytest.mark.django_db
def test_numbers_are_given_once_and_nobody_waits_for_a_commit() -> None:
    """The first of a series holds the others up; after that a transaction that stays open hinders nobody."""
    url = database_url(connection.settings_dict["NAME"])

    def ask(open_connection: psycopg.Connection[Any]) -> int:
        return int(open_connection.execute("SELECT calls_next_number('2999ZZ')").fetchone()[0])  # type: ignore[index]

    with ExitStack() as stack:
        others = [stack.enter_context(psycopg.connect(url)) for _n in range(6)]
        first = others[0]
        first.execute("SET lock_timeout = '5s'")
        try:
            assert ask(first) == 1
            waiting = threading.Thread(target=lambda: assert_two(ask(others[1])))
            waiting.start()
            waiting.join(0.3)
            assert waiting.is_alive()
            first.commit()
            waiting.join(5)
            assert not waiting.is_alive()
            assert [ask(c) for c in others] == [3, 4, 5, 6, 7, 8]
        finally:
            for other in others:
                other.rollback()
            first.execute('DROP SEQUENCE IF EXISTS "calls_number_2999ZZ"')


def assert_two(number: int) -> None:
    assert number == 2
