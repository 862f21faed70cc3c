"""The log in words: every event is a sentence, found by date, person, record and kind of act; its codes are on a page of their own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from headwater.calls.models import Application, Call
from headwater.core.causes import RIGHTS
from headwater.core.command import system
from headwater.core.exports import ask_export
from headwater.core.jobs import run
from headwater.core.models import Account, Event, Export, Job, OutboxMail
from headwater.core.sentences import ACTS, Names, kind_of, sentence
from headwater.review.models import Assignment
from tests.make import actor, client, new_call, placed

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\b(?:calls|core|review|awards|registry|regions|demo|system)[.:][a-z]\w*")
"""What only programmers read: words joined by low lines, dotted names of commands and tables."""


def visible(page: str) -> str:
    """The text that a reader sees: without scripts, attributes, and the details that are for the administrator."""
    body = page[page.index("<main") : page.index("</main>")]
    for hidden in ("script", "style", "details", "select"):
        body = re.sub(rf"<{hidden}\b.*?</{hidden}>", " ", body, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body)


def test_every_command_has_words_in_both_languages() -> None:
    product = {c for c in RIGHTS if c.partition(".")[0] in {"calls", "core", "review", "awards", "registry", "regions", "demo"}}
    assert product - set(ACTS) == set()
    with translation.override("en"):
        assert [c for c, words in ACTS.items() if re.search("[\u4e00-\u9fff]", str(words))] == []


def test_every_kind_of_record_in_the_log_has_a_name() -> None:
    kinds = set(Event.objects.exclude(subject_type="").values_list("subject_type", flat=True).distinct())
    assert len(kinds) > 15
    assert {k for k in kinds if kind_of(k) is None} == set()


def test_an_event_says_who_did_what_to_which_record() -> None:
    event = Event.objects.filter(command="calls.submit_application").latest("pk")
    application = Application.objects.get(pk=event.subject_id)
    names = Names(Account.objects.get(username="auditor"))
    names.load([event])
    assert sentence(event, names).startswith(f"{application.leader.name_zh}提交了申请：{application.number} “")
    with translation.override("en"):
        assert " submitted the application: " in sentence(event, names)


def test_a_record_is_linked_for_who_may_open_it() -> None:
    call = new_call()
    row = placed(call, "accepted")
    event = Event(
        command="calls.endorse", subject_type="calls.application", subject_id=row.pk, actor_label="system:job:1", source="job:1"
    )
    for username, url in (("auditor", ""), ("officer", f"/applications/{row.pk}/")):
        names = Names(Account.objects.get(username=username))
        names.load([event])
        assert names.of(event).url == url
    names = Names(Account.objects.get(username="auditor"))
    public = Event(command="calls.save_call", subject_type="calls.call", subject_id=call.pk)
    names.load([public])
    assert names.of(public).url == f"/calls/{call.code}/"


def test_a_record_that_is_gone_is_named_by_its_kind() -> None:
    event = Event(
        command="calls.endorse", subject_type="calls.application", subject_id=999_999_999, source="web", actor_label="system:web"
    )
    assert sentence(event, Names(Account.objects.get(username="auditor"))) == "访客报送了申请：申请书（第 999999999 号）"


def shown(query: str) -> list[int]:
    return [e.pk for e in client("auditor").get(f"/admin/audit/?{query}").context["list"].rows_all.order_by("pk")]


def test_events_are_found_by_date_person_record_and_act() -> None:
    assignment = Assignment.objects.select_related("application__leader").latest("pk")
    application = assignment.application
    event = Event.objects.filter(command="calls.submit_application", subject_id=application.pk).latest("pk")
    day = timezone.localtime(event.at).date()
    assert event.pk in shown(f"record={application.number}")
    beside = (
        Event.objects.exclude(subject_type="calls.application")
        .filter(Q(subject_type="review.assignment", subject_id__in=application.assignments.values("pk")))
        .latest("pk")
    )
    assert beside.pk in shown(f"record={application.number}"), "what belongs to a record is found with it"
    assert shown("record=no-such-record") == []
    by_person = Event.objects.filter(pk__in=shown(f"person={application.leader.name_zh}"))
    assert event in by_person
    assert set(by_person.values_list("actor_id", flat=True)) <= set(
        Account.objects.filter(name_zh__icontains=application.leader.name_zh).values_list("pk", flat=True)
    )
    assert set(Event.objects.filter(pk__in=shown("act=calls.submit_application")).values_list("command", flat=True)) == {
        "calls.submit_application"
    }
    same_day = shown(f"since={day}&until={day}&act=calls.submit_application")
    assert event.pk in same_day
    assert event.pk not in shown(f"since={day + timedelta(days=1)}")
    assert event.pk not in shown(f"until={day - timedelta(days=1)}")
    assert shown("since=yesterday") == shown("")


def test_pages_follow_each_other_by_key_and_ask_a_fixed_number_of_questions() -> None:
    browser = client("auditor")
    first = browser.get("/admin/audit/?act=calls.submit_application").context["list"]
    with CaptureQueriesContext(connection) as asked:
        page = browser.get("/admin/audit/")
    assert len(asked) <= 60, "a query or two for each kind of record, none for each event"
    assert "下一页" in page.content.decode() or not page.context["list"].has_next
    assert first.objects == sorted(first.objects, key=lambda e: -e.pk)


def test_codes_stand_on_the_page_of_an_event_and_in_files_only() -> None:
    event = Event.objects.filter(command="calls.submit_application").latest("pk")
    page = client("auditor").get(f"/admin/audit/{event.pk}/").content.decode()
    assert "calls.submit_application" in page
    assert CODE.findall(visible(page)) == []
    file = client("auditor").get("/admin/audit/?act=calls.submit_application&format=csv")
    text = b"".join(file.streaming_content).decode() if file.streaming else file.content.decode()
    assert "calls.submit_application" in text
    assert "提交了申请" in text
    assert client("officer").get(f"/admin/audit/{event.pk}/").status_code == 403


@pytest.fixture
def busy() -> None:
    """Mails, jobs and exports in every state, some of kinds that there are no more."""
    officer = Account.objects.get(username="officer")
    OutboxMail.objects.create(to="a@example.org", subject="待发", body="x")
    for n, error in (
        (1, "ConnectionRefusedError: [Errno 111] Connection refused"),
        (5, "SMTPRecipientsRefused: {'x_y': (550, b'no_such')}"),
    ):
        OutboxMail.objects.create(to="b@example.org", subject="有误", body="x", attempts=n, error=error)
    for state in Job.State:
        for kind in ("calls.formal_check", "gone.kind_of_job"):
            Job.objects.create(kind=kind, state=state, asked_by=officer)
    ask_export(what=next(iter(_archives())), items=[Call.objects.order_by("pk")[0].pk], title="一批文件", actor=actor("officer"))
    Export.objects.create(account=officer, kind="gone_kind", title="旧文件")


def _archives() -> list[str]:
    from headwater.core.exports import KINDS

    return list(KINDS)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("auditor", "/admin/audit/"),
        ("auditor", "/admin/audit/?act=regions.load_region"),
        ("auditor", "/admin/health/"),
        ("sysadmin", "/admin/health/"),
        ("sysadmin", "/admin/outbox/"),
        ("sysadmin", "/jobs/"),
        ("officer", "/jobs/"),
        ("officer", "/exports/"),
    ],
)
def test_no_code_stands_on_the_pages_of_administrators(who: str, address: str, language: str, busy: None) -> None:
    browser = client(who)
    browser.cookies["django_language"] = language
    text = visible(browser.get(address).content.decode())
    assert CODE.findall(text) == []
    if address == "/admin/health/":
        assert CODE.findall(visible(browser.post(address).content.decode())) == []


def test_a_job_that_fails_says_so_in_words_and_keeps_the_error_for_the_administrator() -> None:
    row = Job.objects.create(
        kind="calls.formal_check", arguments={"call": "none"}, asked_by=Account.objects.get(username="officer")
    )
    done = run(row.pk)
    assert (done.state, done.message) == ("failed", "系统内部错误，没有完成；请联系系统管理员")
    assert "Error" in done.result["error"]
    assert "Error" not in client("officer").get(f"/jobs/{row.pk}/").content.decode()
    assert "Error" in client("sysadmin").get(f"/jobs/{row.pk}/").content.decode()


def test_the_system_is_named_as_such() -> None:
    event = Event(command="core.rows_compared", actor_label=system("verify").label, source="verify")
    assert sentence(event, Names(Account.objects.get(username="auditor"))) == "系统核对了全部记录，未见改动"
