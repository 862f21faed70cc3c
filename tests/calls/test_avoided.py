"""Experts whom an applicant asks to avoid: read from any list, shown with what was found, kept away, told to the officer."""

from __future__ import annotations

import pytest

from headwater.calls.applying.services.applications import save_application
from headwater.calls.models import Application
from headwater.core.command import system
from headwater.core.errors import Refused
from headwater.review.models import Conflict
from headwater.review.services.conflicts import find_conflicts
from tests.make import as_, client, draft_of, new_call, new_expert, new_host, new_person, placed, refusal

pytestmark = pytest.mark.django_db


def test_a_list_is_read_and_shown_back_with_what_was_found() -> None:
    one = new_person("独孤·求是", new_host("云外大学"))
    for _n in range(2):
        new_person("欧阳同名", new_host("天边大学"))
    row = draft_of(new_call("im-gen"), new_person())
    browser = client(row.leader.account.username)
    text = "独 孤•求是 教授；欧阳同名、查无此人（教授，某大学）"
    answer = browser.post(f"/applications/{row.pk}/save/", {"_fields": "unsuitable", "unsuitable": text}).json()
    assert answer["errors"] == {}
    row.refresh_from_db()
    assert row.unsuitable == ["独孤·求是", "欧阳同名", "查无此人（某大学）"]
    page = browser.get(f"/applications/{row.pk}/edit/info/").content.decode()
    for html in (answer["fields"]["unsuitable"]["clash"], page):
        assert f"已找到 {one.name_zh} 云外大学" in " ".join(html.split())
        assert "有 2 人叫这个名字" in html
        assert "没有找到" in html
    browser.post(f"/applications/{row.pk}/save/", {"_fields": "unsuitable", "unsuitable": ""})
    row.refresh_from_db()
    assert row.unsuitable == []


def test_more_names_than_the_rule_allows_are_refused_however_they_are_parted() -> None:
    row = draft_of(new_call("im-gen"), new_person())
    for text in ("甲一、乙二，丙三/丁四", "甲一;乙二\n丙三 教授；丁四"):
        with pytest.raises(Refused) as error:
            save_application(application=row, values={"unsuitable": [text]}, actor=as_(row.leader))
        assert refusal(error) == [("unsuitable", "")]


@pytest.mark.parametrize("text", ["试娜•图雅", "试 娜．图雅（教授，外校）", "Tuya, Shina", "shina tuya"])
def test_whoever_is_meant_is_kept_away_however_the_name_is_written(text: str) -> None:
    row = placed(new_call(), "accepted", review_group="x")
    expert = new_expert("试娜·图雅", new_host("外校"))
    expert.person.name_en = "Shina Tuya"
    expert.person.save()
    stranger = new_expert("试娜")
    Application.objects.filter(pk=row.pk).update(unsuitable=[text])
    find_conflicts(call=row.call, actor=system("test"))
    found = Conflict.objects.filter(application=row, kind="named").values_list("expert", flat=True)
    assert list(found) == [expert.pk]
    assert not Conflict.objects.filter(application=row, expert=stranger).exists()


def test_the_officer_sees_who_was_not_found_and_who_is_several() -> None:
    call = new_call()
    for _n in range(2):
        new_expert("欧阳同名")
    new_expert("独孤求是")
    rows = [placed(call, "accepted", unsuitable=[name]) for name in ("查无此人", "欧阳同名", "独孤求是")]
    placed(call, "draft", unsuitable=["草稿中的人"])
    page = client("officer").get(f"/office/calls/{call.pk}/assign/")
    assert [row.pk for row, _names in page.context["avoided"]] == [rows[0].pk, rows[1].pk]
    assert "查无此人" in page.content.decode()


def test_a_name_of_a_merged_record_keeps_the_person_away() -> None:
    row = placed(new_call(), "accepted", review_group="x")
    expert = new_expert("慕容现名", new_host("外校"))
    former = new_person("慕容曾用名", expert.person.organisation)
    type(former).objects.filter(pk=former.pk).update(merged_into=expert.person, merge_reason="曾用名")
    Application.objects.filter(pk=row.pk).update(unsuitable=["慕容曾用名"])
    find_conflicts(call=row.call, actor=system("test"))
    assert list(Conflict.objects.filter(application=row, kind="named").values_list("expert", flat=True)) == [expert.pk]
