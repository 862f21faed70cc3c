"""The queue of the formal check: worst first, the clear ones together by a job, one application by its keys."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.calls.checking.services import checking
from headwater.calls.checking.services.checking import accept_clear, check_rules, decide_check
from headwater.calls.models import Application, Call, FormalCheck
from headwater.core import clock, jobs
from headwater.core.errors import Refused
from headwater.core.models import Job
from tests.approvals import confirmed, seen_on
from tests.calls.test_recusal import check
from tests.make import actor, client, new_call, new_person, placed

pytestmark = pytest.mark.django_db


def states(rows: list[Application]) -> list[str]:
    return [Application.objects.get(pk=r.pk).state for r in rows]


def queued(*verdicts: str) -> tuple[Call, list[Application]]:
    call = new_call()
    rows = [placed(call, "received") for _ in verdicts]
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict:
            check(row, verdict, ("F12",) if verdict == "faulty" else ())
    return call, rows


def places(call: Call, query: str = "") -> list[int]:
    listing = client("officer").get(f"/office/calls/{call.pk}/check/{query}").context["list"]
    return [a.pk for a in listing.objects]


# the clear ones


def test_clear_ones_are_shown_and_taken_away_before_a_job_accepts_them() -> None:
    call, rows = queued("clear", "faulty", "clear", "eyes")
    browser, address = client("officer"), f"/office/calls/{call.pk}/check/clear/"
    shown = browser.get(address)
    assert shown.context["count"] == 2
    assert [a.pk for a in shown.context["list"].objects] == [rows[0].pk, rows[2].pk]
    table = b"".join(browser.get(address + "?format=csv")).decode("utf-8-sig")
    assert [r.number in table for r in rows] == [True, False, True, False]
    answer = browser.post(address, {"seen": shown.context["seen"]})
    assert states(rows) == ["received"] * 4
    done = jobs.run(Job.objects.get(kind="calls.accept_clear", arguments__call=call.pk).pk)
    done.refresh_from_db()
    assert answer["Location"] == f"/jobs/{done.pk}/"
    assert (done.state, done.result["accepted"], done.done, done.total) == ("done", 2, 2, 2)
    assert states(rows) == ["accepted", "received", "accepted", "received"]


def test_what_changed_since_the_preview_is_not_accepted_unseen() -> None:
    call, rows = queued("clear", "eyes")
    browser, address = client("officer"), f"/office/calls/{call.pk}/check/clear/"
    seen = browser.get(address).context["seen"]
    FormalCheck.objects.filter(application=rows[1]).update(verdict="clear")
    again = browser.post(address, {"seen": seen})
    assert (again.status_code, again.context["count"]) == (200, 2)
    assert not Job.objects.filter(kind="calls.accept_clear", arguments__call=call.pk).exists()
    browser.post(address, {"seen": again.context["seen"]})
    job = Job.objects.get(kind="calls.accept_clear", arguments__call=call.pk)
    FormalCheck.objects.filter(application=rows[1]).update(ran_at=clock.now() + timedelta(minutes=1))
    assert jobs.run(job.pk).result["accepted"] == 1
    assert states(rows) == ["accepted", "received"]


def test_each_chunk_of_clear_ones_is_a_command_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that changes while an earlier chunk is written counts."""
    call, rows = queued("clear", "clear", "clear")
    monkeypatch.setattr(checking, "CHUNK", 1)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int, _message: str) -> None:
        told.append((done, total))
        FormalCheck.objects.filter(application=rows[1]).update(verdict="faulty", failed=["F05"])

    assert accept_clear(call=call, actor=actor("officer"), progress=progress) == 2
    assert states(rows) == ["accepted", "received", "accepted"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    monkeypatch.undo()
    with CaptureQueriesContext(connection) as sent:
        accept_clear(call=queued("clear", "clear")[0], actor=actor("officer"))
    whole = [q["sql"] for q in sent if '"calls_application"."answers"' in q["sql"] and q["sql"].startswith("SELECT")]
    assert whole == []


def test_check_locks_what_it_writes() -> None:
    """Who decides meanwhile waits for the check, and the check for them: evidence is never written over a decision."""
    call, rows = queued("")
    with CaptureQueriesContext(connection) as sent:
        check_rules(call=call, actor=actor("officer"))
    locks = [q["sql"] for q in sent if q["sql"].endswith('FOR UPDATE OF "calls_application"')]
    assert len(locks) == 1
    assert FormalCheck.objects.filter(application=rows[0]).exists()


# the order


def test_queue_shows_the_worst_first() -> None:
    call, rows = queued("clear", "eyes", "", "faulty", "eyes")
    expected = [rows[n].pk for n in (3, 1, 4, 0, 2)]
    assert places(call) == expected
    assert places(call, "?verdict=eyes") == [rows[1].pk, rows[4].pk]
    listing = client("officer").get(f"/office/calls/{call.pk}/check/?verdict=eyes").content.decode()
    assert f"/office/applications/{rows[1].pk}/?verdict=eyes" in listing


def test_next_and_previous_follow_the_queue_and_its_filter() -> None:
    call, rows = queued("clear", "eyes", "faulty", "eyes")
    browser = client("officer")

    def around(n: int, query: str = "") -> tuple[Any, Any]:
        shown = browser.get(f"/office/applications/{rows[n].pk}/{query}").context
        return shown["before"], shown["after"]

    assert around(2) == (None, rows[1].pk)
    assert around(3) == (rows[1].pk, rows[0].pk)
    assert around(3, "?verdict=eyes") == (rows[1].pk, None)
    first = browser.post(f"/office/applications/{rows[1].pk}/?verdict=eyes", {"decision": "accept"})
    assert first["Location"] == f"/office/applications/{rows[3].pk}/?verdict=eyes"
    last = browser.post(first["Location"], {"decision": "accept"})
    assert last["Location"] == f"/office/calls/{call.pk}/check/?verdict=eyes"
    assert states(rows) == ["received", "accepted", "received", "accepted"]


def test_queue_is_exported_as_ticked_or_all() -> None:
    call, rows = queued("eyes", "faulty")
    browser, address = client("officer"), f"/office/calls/{call.pk}/check/"
    for pks, expected in (([rows[0].pk], [True, False]), ([], [True, True])):
        table = b"".join(browser.post(address, {"format": "csv", "pk": pks})).decode("utf-8-sig")
        assert [r.number in table for r in rows] == expected
    assert browser.post(address, {"format": "xlsx"})["Content-Disposition"].endswith(".xlsx")
    assert not Job.objects.filter(kind="calls.formal_check", arguments__call=call.pk).exists()
    assert browser.post(address)["Location"].startswith("/jobs/")


# one application


def test_decision_form_refuses_with_codes_and_keeps_what_was_ticked() -> None:
    _call, rows = queued("faulty")
    browser, address = client("officer"), f"/office/applications/{rows[0].pk}/"
    assert 'value="F12" checked' in browser.get(address).content.decode()
    empty = browser.post(address, {"decision": "refuse", "note": "请见附页"})
    assert (empty.status_code, states(rows)) == (200, ["received"])
    assert "不予受理须选择原因代码" in empty.content.decode()
    wrong = browser.post(address, {"decision": "refuse", "codes": ["F05", "F99"], "note": "请见附页"}).content.decode()
    assert 'value="F05" checked' in wrong
    assert 'value="F12" checked' not in wrong
    assert "请见附页</textarea>" in wrong
    sent = {"decision": "refuse", "codes": ["F05"], "note": "请见附页"}
    shown = browser.post(address, sent).content.decode()
    assert ([w in shown for w in ("F05", "请见附页", "申请复审", rows[0].leader.name_zh)], states(rows)) == (
        [True] * 4,
        ["received"],
    )
    confirmed(browser, address, sent)
    found = FormalCheck.objects.get(application=rows[0])
    assert (states(rows), found.codes, found.note, found.failed) == (["not_accepted"], ["F05"], "请见附页", ["F12"])
    assert found.decided_by == actor("officer").account


def test_officer_reads_the_evidence_of_each_rule_and_the_applicant_does_not() -> None:
    call = new_call()
    row = placed(call, "received", new_person(birth_date="1950-01-01"))
    check_rules(call=call, actor=actor("officer"))
    body = client("officer").get(f"/office/applications/{row.pk}/").content.decode()
    results = FormalCheck.objects.get(application=row).results
    age = next(r for r in results if r["code"] == "F12" and r.get("inputs"))
    assert body.count("<details") >= len(results)
    earliest, sex = age["inputs"]["earliest"], {"m": "男", "f": "女"}[age["inputs"]["sex"]]
    for label, value in (("出生日期", "1950-01-01"), ("性别", sex), ("要求的出生日期不早于", earliest)):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in body
    assert "<dt>规则出处</dt><dd>本批次申报指南“申报条件与要求”</dd>" in body
    assert "<dd>参照《国家自然科学基金条例》第十一条</dd>" in body
    assert not re.search(r"<dt>[a-z_]+</dt>", body)
    assert age["ref"] not in body
    own = client(row.leader.account.username).get(f"/applications/{row.pk}/").content.decode()
    assert "<dt>规则出处</dt>" not in own


def test_decision_needs_the_right() -> None:
    _call, rows = queued("clear")
    stranger = new_person()
    assert (
        client(stranger.account.username).post(f"/office/applications/{rows[0].pk}/", {"decision": "accept"}).status_code == 403
    )
    assert states(rows) == ["received"]


def test_what_no_rule_has_looked_at_is_accepted_only_by_who_says_to_know_it() -> None:
    _call, rows = queued("")
    browser, address = client("officer"), f"/office/applications/{rows[0].pk}/"
    with pytest.raises(Refused, match="没有自动检查结果"):
        decide_check(applications=rows, accept=True, actor=actor("officer"))
    assert "须先核对并确认" in browser.get(address).content.decode()
    shown = browser.post(address, {"decision": "accept"})
    assert (f"{rows[0].number} 没有自动检查结果" in shown.content.decode(), states(rows)) == (True, ["received"])
    sent = {"decision": "accept", "note": "", "confirmed": "1", "seen": seen_on(shown)}
    unticked = browser.post(address, sent)
    assert ("请先逐条确认提示" in unticked.content.decode(), states(rows)) == (True, ["received"])
    assert confirmed(browser, address, {"decision": "accept"}).status_code == 302
    assert states(rows) == ["accepted"]


def test_the_officer_s_list_and_the_board_count_the_same() -> None:
    call = new_call()
    for state in ("draft", "draft", "host_review", "received", "withdrawn"):
        placed(call, state)
    officer = client("officer")
    listed = {c.pk: (c.n, c.received) for c in officer.get("/office/").context["list"].objects}
    funnel = officer.get(f"/office/calls/{call.pk}/").context["funnel"]
    inside = officer.get(f"/office/calls/{call.pk}/applications/")
    assert listed[call.pk] == (4, 1)
    assert (sum(n for _s, n, _r in funnel), sum(n for _s, n, received in funnel if received)) == (4, 1)
    assert (inside.context["list"].total, inside.context["outside"]) == (1, 3)
    assert "另有 3 项还没有送达" in " ".join(inside.content.decode().split())
