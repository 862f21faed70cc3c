"""The editor by its save button: a page that is opened and saved as it stands changes nothing, and no answer gets lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bench.fuzz.pages import forms_in
from headwater.calls.applying.services.applications import create_draft, save_application
from headwater.calls.models import Application
from headwater.core.errors import Refused
from tests.calls.test_services import as_, draft_of, new_call, new_person, refusal
from tests.people import client

pytestmark = pytest.mark.django_db


def made(scheme: str, **values: Any) -> tuple[Any, Application]:
    call, leader = new_call(scheme), new_person()
    row = draft_of(call, leader, title_zh="盐碱地水盐运移")
    if values:
        save_application(application=row, values=values, actor=as_(leader))
    return client(leader.account.username), Application.objects.get(pk=row.pk)


def saved_as_it_stands(browser: Any, row: Application, section: str) -> Application:
    path = f"/applications/{row.pk}/edit/{section}/"
    form = next(f for f in forms_in(path, browser.get(path).content.decode()) if f.method == "post" and f.action == path)
    sent: dict[str, list[str]] = {}
    for name, value in form.pairs():
        sent.setdefault(name, []).append(value.replace("\n", "\r\n"))
    answer = browser.post(path, sent)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Application.objects.get(pk=row.pk)


def test_a_hidden_answer_outlives_saving_the_page() -> None:
    browser, row = made("im-instr", similar_count=2, why_another="已有仪器机时饱和")
    row = save_application(application=row, values={"similar_count": 0}, actor=as_(row.leader))
    assert saved_as_it_stands(browser, row, "need").answers["why_another"] == "已有仪器机时饱和"


def test_a_hidden_table_outlives_saving_the_page() -> None:
    rows = [{"name": "某校", "part": "观测"}]
    browser, row = made("im-lab", shape="joint", partners=rows)
    kept = row.answers["partners"]
    assert len(kept) == 1
    row = save_application(application=row, values={"shape": "single"}, actor=as_(row.leader))
    assert saved_as_it_stands(browser, row, "basic").answers["partners"] == kept


def test_a_text_keeps_the_blank_line_it_begins_with() -> None:
    browser, row = made("im-gen", abstract_zh="\n摘要", goals="\n\n目标")
    row = saved_as_it_stands(browser, saved_as_it_stands(browser, row, "info"), "plan")
    assert (row.abstract_zh, row.answers["goals"]) == ("\n摘要", "\n\n目标")


@pytest.mark.parametrize("fen", [12_345_600, 1_234_500_000, 100, 0])
def test_an_amount_is_saved_as_it_was_shown(fen: int) -> None:
    browser, row = made("im-gen", amount_fen=fen)
    assert saved_as_it_stands(browser, row, "info").amount_fen == fen


def test_a_day_long_ago_is_saved_as_it_was_shown() -> None:
    browser, row = made("im-gen", starts_on=date(1, 1, 1))
    assert saved_as_it_stands(browser, row, "info").starts_on == date(1, 1, 1)


@pytest.mark.parametrize("text", ["nan", "inf", "1e309", "1e300", "-1", "九万", "٣e٣"])
def test_an_amount_that_is_none_is_told_beside_its_field(text: str) -> None:
    browser, row = made("im-gen")
    answer = browser.post(f"/applications/{row.pk}/edit/info/", {"amount_wan": text, "title_zh": "题"})
    assert answer.status_code == 422
    assert "请填写数字，单位万元" in answer.content.decode()
    assert Application.objects.get(pk=row.pk).title_zh == "题"


def test_a_comma_that_parts_no_thousands_is_asked_about_and_never_dropped() -> None:
    browser, row = made("im-gen")
    before = Application.objects.get(pk=row.pk).amount_fen
    answer = browser.post(f"/applications/{row.pk}/edit/info/", {"amount_wan": "12,5", "months": "3,6"})
    page = answer.content.decode()
    assert (answer.status_code, sorted(answer.context["errors"])) == (422, ["amount_wan", "months"])
    assert "写成 12.5；整数请去掉逗号，写成 125" in page
    assert 'value="12,5"' in page
    assert Application.objects.get(pk=row.pk).amount_fen == before
    assert (
        browser.post(f"/applications/{row.pk}/edit/info/", {"amount_wan": "１，２００．５", "months": "２４"}).status_code == 302
    )
    found = Application.objects.get(pk=row.pk)
    assert (found.amount_fen, found.months) == (1_200_500_000, 24)


def test_a_scheme_offers_its_own_research_classes_and_begins_with_one() -> None:
    call, leader = new_call("im-instr"), new_person()
    row = create_draft(call=call, leader=leader, actor=as_(leader))
    assert row.research_class == "goal"
    page = client(leader.account.username).get(f"/applications/{row.pk}/edit/info/").content.decode()
    assert 'value="free"' not in page


def test_a_priority_field_is_one_of_those_known() -> None:
    _browser, row = made("im-gen", priority_field="rare-earth")
    with pytest.raises(Refused) as error:
        save_application(application=row, values={"priority_field": "eco"}, actor=as_(row.leader))
    assert refusal(error) == [("priority_field", "")]


@pytest.mark.parametrize("name", ["title_en", "abstract_en", "keywords_zh", "keywords_en"])
def test_a_text_that_is_too_long_is_told_beside_its_field(name: str) -> None:
    browser, row = made("im-gen")
    page = browser.post(f"/applications/{row.pk}/edit/info/", {name: "x" * 4000}).content.decode()
    field = page[page.index(f'name="{name}"') :]
    assert "最多" in field[: field.index("<label") if "<label" in field else 6000]
    assert "x" * 4000 in page


@pytest.mark.parametrize("index", ["400", "999999"])
def test_a_row_that_is_out_of_reach_is_refused_not_lost(index: str) -> None:
    browser, row = made("im-instr")
    sent = {"_fields": "items", "items": "", "items.0.name": "电镜", f"items.{index}.name": "离心机"}
    answer = browser.post(f"/applications/{row.pk}/save/", sent).json()
    assert list(answer["errors"]) == ["items"]
    assert "items" not in Application.objects.get(pk=row.pk).answers


@pytest.mark.parametrize(
    ("name", "text"), [("unit", "校" * 121), ("experts.0.who", "张" * 61), ("experts.0.who", "张三 " + "校" * 121)]
)
def test_a_name_that_is_too_long_is_refused_not_cut(name: str, text: str) -> None:
    browser, row = made("im-prize", by="unit")
    answer = browser.post(f"/applications/{row.pk}/save/", {"_fields": name, name: text}).json()
    assert list(answer["errors"]) == [name]
    assert Application.objects.get(pk=row.pk).answers == row.answers


def test_a_name_of_an_expert_to_be_spared_is_refused_not_cut() -> None:
    browser, row = made("im-gen")
    answer = browser.post(f"/applications/{row.pk}/save/", {"_fields": "unsuitable", "unsuitable": "张" * 61}).json()
    assert list(answer["errors"]) == ["unsuitable"]


def test_a_row_of_blanks_is_no_row() -> None:
    browser, row = made("im-instr")
    sent = {"_fields": "items", "items": "", "items.0.name": " \t", "items.1.name": "电镜", "items.400.name": "\u3000"}
    assert browser.post(f"/applications/{row.pk}/save/", sent).json()["errors"] == {}
    assert Application.objects.get(pk=row.pk).answers["items"] == [{"name": "电镜"}]


def test_blanks_are_no_institution() -> None:
    browser, row = made("im-prize", by="unit")
    answer = browser.post(f"/applications/{row.pk}/save/", {"_fields": "unit", "unit": "\u3000"}).json()
    assert answer["errors"] == {}
    assert Application.objects.get(pk=row.pk).answers.get("unit") is None


def test_a_page_is_saved_whatever_the_row_button_says() -> None:
    """An address that is too long was refused after the answers had been kept."""
    row = draft_of(new_call(), new_person())
    assert row.leader.account
    browser = client(row.leader.account.username)
    for sent in ("研" * 3000, "x" * 3000, "\n", "goals:add"):
        answer = browser.post(f"/applications/{row.pk}/edit/plan/", {"goals": f"目标{len(sent)}", "_row": sent})
        assert (answer.status_code, Application.objects.get(pk=row.pk).answers["goals"]) == (302, f"目标{len(sent)}")
