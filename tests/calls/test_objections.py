"""Objections from the public count once their contact has confirmed them; a flood of forms changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from headwater.calls.deciding.services.objecting import ask_objection, file_objection, forget_unconfirmed
from headwater.calls.duties import of_officers
from headwater.calls.models import Notice, NoticeRow, Objection, ObjectionClaim
from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.models import Event, OutboxMail
from tests.calls.test_decisions import TEN, TEXT, actor, answer, close, noticed, state
from tests.make import client

pytestmark = pytest.mark.django_db
PUBLIC = Actor(None, "test")
LINK = re.compile(r"/objections/[\w-]+/")


def line(notice: Notice, n: int = 0) -> NoticeRow:
    return NoticeRow.objects.select_related("notice__call__scheme").filter(notice=notice).order_by("position")[n]


def ask(notice: Notice, contact: str = "zhou@x.cn", n: int = 0, **more: Any) -> str:
    return ask_objection(row=line(notice, n), name="周某", contact=contact, text=TEXT, actor=PUBLIC, **more)


def test_a_flood_suspends_nothing_tells_nobody_and_stops_no_release() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    url, events = f"/office/notices/{notice.pk}/", Event.objects.count()
    duties = [d for d in of_officers(actor("officer").account) if d.url == url]
    for n in range(60):
        ask(notice, f"flood{n}@x.cn", n=n % 2)
    assert [state(a) for a in rows] == ["publicity", "publicity"]
    assert not Objection.objects.filter(notice=notice).exists()
    assert Event.objects.count() == events
    assert [d for d in of_officers(actor("officer").account) if d.url == url] == duties
    assert "60" not in client(None).get(f"/notices/{notice.pk}/").content.decode().split("<table")[0]
    assert close(notice) == {"approved": 2, "rejected": 0}


def test_the_form_sends_a_link_and_only_its_button_files_the_objection() -> None:
    _call, rows, notice = noticed([TEN])
    browser, row = client(None), line(notice)
    form = {"name": "周某", "contact": " Zhou@X.cn ", "text": TEXT}
    sent = browser.post(f"/notices/{notice.pk}/objection/{row.pk}/", form, follow=True)
    assert "确认后异议才生效" in sent.content.decode()
    mail = OutboxMail.objects.latest("pk")
    assert (mail.to, mail.forget) == ("zhou@x.cn", True)
    link = LINK.search(mail.body)
    assert link
    page = browser.get(link[0])
    assert (page.status_code, TEXT in page.content.decode(), page["Cache-Control"]) == (200, True, "no-store")
    assert state(rows[0]) == "publicity"
    browser.post(link[0])
    assert state(rows[0]) == "objection"
    found = Objection.objects.get(notice=notice)
    assert (found.contact, found.name, found.text, found.confirmed_at is not None) == ("zhou@x.cn", "周某", TEXT, True)
    again = browser.post(link[0])
    assert (again.status_code, Objection.objects.filter(notice=notice).count()) == (410, 1)


@pytest.mark.parametrize("contact", ["0471-1234567", "周某", "a@", "a,b@x.cn"])
def test_a_contact_is_an_address_that_can_be_written_to(contact: str) -> None:
    _call, _rows, notice = noticed([TEN])
    with pytest.raises(Refused) as error:
        ask(notice, contact)
    assert {r.field for r in error.value.reasons} == {"contact"}
    page = client(None).post(
        f"/notices/{notice.pk}/objection/{line(notice).pk}/", {"name": "周某", "contact": contact, "text": TEXT}
    )
    assert page.status_code == 422
    assert not ObjectionClaim.objects.filter(row__notice=notice).exists()


def test_one_open_objection_of_a_contact_to_a_line_is_told_at_the_mailbox_only() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    first = file_objection(key=ask(notice), actor=PUBLIC)
    second = ask(notice, "ZHOU@x.cn")
    with pytest.raises(Refused, match="您对该项已有一件异议正在处理"):
        file_objection(key=second, actor=PUBLIC)
    file_objection(key=ask(notice, n=1), actor=PUBLIC)
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.create(notice=notice, row=first.row, name="x", contact="zhou@x.cn", text=TEXT, confirmed_at=clock.now())
    answer(first, uphold=False)
    assert file_objection(key=second, actor=PUBLIC).state == "open"
    assert [state(a) for a in rows] == ["objection", "objection"]


def test_a_new_one_of_the_same_contact_ends_the_link_before() -> None:
    _call, _rows, notice = noticed([TEN])
    first, second = ask(notice), ask(notice)
    with pytest.raises(Refused, match="链接已失效"):
        file_objection(key=first, actor=PUBLIC)
    file_objection(key=second, actor=PUBLIC)


def test_a_link_ends_after_its_hours_and_what_it_kept_is_forgotten() -> None:
    _call, rows, notice = noticed([TEN])
    forget_unconfirmed()
    key = ask(notice)
    with clock.at(clock.now() + timedelta(hours=48, minutes=1)):
        with pytest.raises(Refused, match="链接已失效"):
            file_objection(key=key, actor=PUBLIC)
        forget_unconfirmed()  # what others left
        kept = ObjectionClaim.objects.filter(row__notice=notice).count()
        assert (client(None).get(f"/objections/{key}/").status_code, kept) == (410, 1)
    with clock.at(clock.now() + timedelta(hours=50)):
        assert (forget_unconfirmed(), ObjectionClaim.objects.filter(row__notice=notice).count()) == (1, 0)
    assert state(rows[0]) == "publicity"


def test_too_many_from_one_place_or_for_one_contact_wait_an_hour() -> None:
    _call, _rows, notice = noticed([TEN, TEN])
    for n in range(10):
        ask(notice, f"a{n}@x.cn", source="192.0.2.1")
    with pytest.raises(Refused, match="提出过于频繁"):
        ask(notice, "b@x.cn", source="192.0.2.1")
    ask(notice, "b@x.cn", source="192.0.2.2")
    for n in range(5):
        ask(notice, "victim@x.cn", n=n % 2, source=f"198.51.100.{n}")
    with pytest.raises(Refused, match="确认邮件过多"):
        ask(notice, "Victim@x.cn", source="198.51.100.99")
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        ask(notice, "victim@x.cn", source="192.0.2.1")


def test_what_was_asked_in_time_may_be_confirmed_until_the_result_is_out() -> None:
    _call, rows, notice = noticed([TEN, TEN])
    with clock.at(notice.ends_at - timedelta(minutes=1)):
        first, late = ask(notice), ask(notice, "late@x.cn", n=1)
    with clock.at(notice.ends_at + timedelta(hours=1)):
        found = file_objection(key=first, actor=PUBLIC)
        assert found.filed_at < notice.ends_at
        with pytest.raises(Refused, match="还有异议没有处理完"):
            close(notice, hours=2)
        answer(found, uphold=False)
        close(notice, hours=2)
        with pytest.raises(Refused, match="公示期已结束"):
            file_objection(key=late, actor=PUBLIC)
    assert [state(a) for a in rows] == ["approved", "approved"]
