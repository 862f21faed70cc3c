"""Health and mails in words: each check has a state and what to do; mails that failed are sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from headwater.core import clock, mails
from headwater.core.command import command, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.health import Standing, checks, invariant_checks
from headwater.core.invariants import INVARIANTS, check
from headwater.core.models import Job, OutboxMail
from headwater.core.verifying import CLEAN, TOLD
from tests.make import actor, client

pytestmark = pytest.mark.django_db


def standing_of(name: str) -> Standing:
    return next(c.standing for c in checks() if c.name == name)


def test_what_is_not_well_says_what_to_do() -> None:
    Job.objects.all().delete()
    OutboxMail.objects.all().delete()
    assert (standing_of("后台任务"), standing_of("邮件")) == (Standing.WELL, Standing.WELL)
    Job.objects.create(kind="x", state=Job.State.FAILED, ended_at=clock.now())
    assert standing_of("后台任务") == Standing.ATTENTION
    Job.objects.create(kind="x", asked_at=clock.now() - timedelta(hours=1))
    assert standing_of("后台任务") == Standing.BROKEN
    OutboxMail.objects.create(to="a@example.org", subject="s", body="b", attempts=mails.MOST_ATTEMPTS, error="OSError: x")
    assert standing_of("邮件") == Standing.ATTENTION
    assert standing_of("后台进程") == Standing.BROKEN, "no worker runs in tests"
    assert all(c.todo for c in checks() if c.standing != Standing.WELL)


def test_the_nightly_look_is_told_in_words() -> None:
    with command(system("verify"), "core.region.manage", name=TOLD) as log:
        log(None, after={"breaches": {"one_address": 2}})
    found = next(c for c in checks() if c.name == "夜间核对")
    assert (found.standing, str(INVARIANTS["one_address"].sentence) in found.found) == (Standing.BROKEN, True)
    with command(system("verify"), "core.region.manage", name=CLEAN) as log:
        log(None, after={"digest": 1, "full": True})
    assert standing_of("夜间核对") == Standing.WELL


def test_invariants_have_words_a_state_and_a_remedy() -> None:
    assert all(c.standing == Standing.UNKNOWN for c, _rows in invariant_checks(None))
    found = invariant_checks(check(["one_address"]))
    assert len(found) == len(INVARIANTS)
    assert {c.standing for c, _rows in found} == {Standing.WELL}
    assert all(str(i.sentence) and str(i.remedy) for i in INVARIANTS.values())
    page = client("auditor").post("/admin/health/").content.decode()
    assert "相符" in page


def failing(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def send(self: object) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)


def test_a_mail_that_cannot_be_sent_says_why_and_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    OutboxMail.objects.all().delete()
    row = OutboxMail.objects.create(to="a@example.org", subject="你好", body="b")
    with monkeypatch.context() as broken:
        failing(broken, ConnectionRefusedError(111, "Connection refused"))
        for _n in range(mails.MOST_ATTEMPTS + 1):
            mails.send_outbox()
    row = OutboxMail.objects.get(pk=row.pk)
    assert (row.attempts, mails.standing(row), mails.trouble(row)) == (5, mails.Standing.FAILED, "无法连接邮件服务器")
    browser = client("sysadmin")
    assert [m.pk for m in browser.get("/admin/outbox/?state=failed").context["list"].objects] == [row.pk]
    with pytest.raises(NotAllowed):
        mails.retry_mails(mails=[row.pk], actor=actor("officer"))
    assert browser.post("/admin/outbox/", {"again": "1", "pk": [row.pk]}).status_code == 302
    assert mails.send_outbox() == 1
    assert mail.outbox[-1].subject == "你好"
    assert mails.standing(OutboxMail.objects.get(pk=row.pk)) == mails.Standing.SENT
    with pytest.raises(Refused):
        mails.retry_mails(mails=[row.pk], actor=actor("sysadmin"))
