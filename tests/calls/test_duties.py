"""Duties in English: what they are about is called in English where the record has it, in Chinese where it has not."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from headwater.awards.models import Award, Party
from headwater.calls.models import Application, Call, NoticeRow
from headwater.core.duties import duties_of
from headwater.core.models import Account
from tests.approvals import file_objection
from tests.approvals import sign_agreements as sign
from tests.calls.test_decisions import TEN, close, noticed, on_table, propose
from tests.make import actor, as_, manager

pytestmark = pytest.mark.django_db


def titles(account: Account) -> tuple[list[str], list[str]]:
    """The titles of what waits for somebody, in English and in Chinese."""
    with override("en"):
        english = [d.title for d in duties_of(account)]
    with override("zh-hans"):
        return english, [d.title for d in duties_of(account)]


def in_english(call: Call, row: Application) -> tuple[str, str]:
    """Give a call and an application English titles."""
    Call.objects.filter(pk=call.pk).update(title_en=f"Youth Programme {call.pk}")
    Application.objects.filter(pk=row.pk).update(title_en=f"Carbon in grazed soils {row.pk}")
    return f"Youth Programme {call.pk}", f"Carbon in grazed soils {row.pk}"


def test_an_objection_names_the_application() -> None:
    call, rows, notice = noticed([TEN, TEN])
    _call, title = in_english(call, rows[0])
    for row in rows:
        line = NoticeRow.objects.select_related("notice__call").get(notice=notice, application=row)
        file_objection(
            row=line, name="周某", contact=f"z{row.pk}@x.cn", text="请核实与已发表工作的关系。" * 3, actor=actor("officer")
        )
    english, chinese = titles(rows[0].leader.account)
    assert f"You may reply to an objection: {title}" in english
    assert f"可就公示异议陈述：{rows[0].title_zh}" in chinese
    without, _zh = titles(rows[1].leader.account)
    assert f"You may reply to an objection: {rows[1].title_zh}" in without


def test_decisions_to_approve_name_the_call() -> None:
    call, rows = on_table(1, TEN)
    title, _row = in_english(call, rows[0])
    propose(call, rows, [TEN])
    english, chinese = titles(actor("committee").account)
    assert [t for t in english if title in t] == [f"Approve decisions: {title}"]
    assert f"核准决定：{call.title_zh}" in chinese


def test_agreements_name_project_and_call() -> None:
    call, rows, notice = noticed([TEN])
    title, project = in_english(call, rows[0])
    close(notice)
    award = Award.objects.select_related("leader__account", "host").get(call=call)
    Award.objects.filter(pk=award.pk).update(title_en=project)
    english, chinese = titles(award.leader.account)
    assert [t for t in english if project in t] == [f"To sign: Agreement, {project}"]
    assert f"签署任务书：{award.title_zh}" in chinese
    for party, who in ((Party.LEADER, as_(award.leader)), (Party.HOST, manager(award.host))):
        sign(awards=[award], party=party, actor=who)
    english, chinese = titles(actor("officer2").account)
    assert [t for t in english if title in t] == [f"Sign agreements for the department: {title}"]
    assert f"主管部门签署任务书：{call.title_zh}" in chinese


def test_duties_ask_the_database_as_often_however_many_objections_there_are() -> None:
    _call, rows, notice = noticed([TEN])
    line = NoticeRow.objects.select_related("notice__call").get(notice=notice)

    def object_once(n: int) -> None:
        file_objection(row=line, name="周某", contact=f"z{n}@x.cn", text="请核实与已发表工作的关系。" * 3, actor=actor("officer"))

    def asked() -> tuple[int, int]:
        account = Account.objects.get(pk=rows[0].leader.account_id)
        with CaptureQueriesContext(connection) as queries:
            found = duties_of(account)
        return len(queries), sum("陈述" in d.title for d in found)

    object_once(1)
    number, count = asked()
    object_once(2)
    assert (count, asked()) == (1, (number, 2))
