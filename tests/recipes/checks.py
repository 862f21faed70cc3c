"""What the recipes added is used: run by `tests/test_recipes.py` in a process that has the copied source."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from headwater.awards.models import Award, Party
from headwater.awards.services.closing import end_awards
from headwater.calls.applying.services.applications import save_application, submit_application
from headwater.calls.models import SchemeVersion
from headwater.core import clock
from headwater.core.errors import Refused
from headwater.core.invariants import check
from headwater.core.models import Event
from headwater.policy.services import record_indicators
from headwater.registry.models import EarlierProject
from tests import test_access
from tests.awards.test_agreements import awarded, put
from tests.make import actor, as_, client, draft_of, new_award, new_call, new_person, placed, refusal, roles, submitted, user_of

pytestmark = pytest.mark.django_db
QUESTION = {"code": "site", "type": "link", "label_zh": "项目网站", "label_en": "Web site", "required": False}


def test_a_question_of_the_new_type_is_asked_answered_and_shown() -> None:
    last = SchemeVersion.objects.filter(code="im-seed").latest("version")
    definition = json.loads(json.dumps(last.definition))
    section = next(s for s in definition["section"] if s["code"] == "idea")
    section["field"].append(QUESTION)
    last.pk, last.version, last.definition = None, last.version + 1, definition
    last.save()
    leader = new_person()
    row = draft_of(new_call("im-seed"), leader)
    browser, path = client(user_of(leader)), f"/applications/{row.pk}/edit/idea/"
    assert "项目网站" in browser.get(path).content.decode()
    with pytest.raises(Refused) as refused:
        save_application(application=row, values={"site": "http://example.org"}, actor=as_(leader))
    assert [str(r) for r in refused.value.reasons] == ["应为 https:// 开头的网址"]
    row = save_application(application=row, values={"site": " https://example.org/草原 "}, actor=as_(leader))
    assert 'value="https://example.org/草原"' in browser.get(path).content.decode()
    submit_application(application=row, actor=as_(leader), agree=True)
    assert "https://example.org/草原" in browser.get(f"/applications/{row.pk}/").content.decode()


@pytest.mark.parametrize(("months", "refused"), [(2, True), (14, False)])
def test_the_rule_refuses_a_submission(months: int, refused: bool) -> None:
    leader, call = new_person(), new_call("im-youth")
    ends = call.closes_at.date() - timedelta(days=30 * months)
    old = new_award(placed(new_call("im-youth", year=2020), "approved", leader), 10, state="closed", closed_on=ends)
    Award.objects.filter(pk=old.pk).update(starts_on=date(2018, 1, 1), ends_on=ends)
    row = draft_of(call, leader)
    if refused:
        with pytest.raises(Refused) as error:
            submit_application(application=row, actor=as_(leader), agree=True)
        assert [code for _field, code in refusal(error)] == ["F11"]
        assert f"上一项目于 {ends} 结束" in str(error.value)
    else:
        submit_application(application=row, actor=as_(leader), agree=True)
        row.refresh_from_db()
        assert row.state == "host_review"


def test_a_call_of_the_scheme_opens_and_takes_an_application() -> None:
    call, leader = new_call("im-seed"), new_person()
    assert call.title_zh in client(None).get(f"/calls/{call.code}/").content.decode()
    assert "种子项目" in client(None).get("/calls/").content.decode()
    row = submitted(call, leader)
    assert (row.state, row.amount_fen) == ("host_review", 5_000_000)
    too_much = draft_of(new_call("im-seed", year=call.year + 1), leader, amount_fen=6_000_000)
    with pytest.raises(Refused):
        submit_application(application=too_much, actor=as_(leader), agree=True)


def test_the_indicator_gives_a_figure_with_its_records() -> None:
    award = new_award(placed(new_call("im-gen"), "approved"), 12, starts_on=date(2020, 1, 1))
    Award.objects.filter(pk=award.pk).update(state="closed", closed_on=clock.today())
    record_indicators()
    assert "已结题项目" in client(None).get("/policy/3/").content.decode()
    page = client(None).get("/indicators/awards.closed/").content.decode()
    assert award.number in page
    rows = json.loads(client(None).get("/data/indicators.json").content)["rows"]
    assert [r["value"] for r in rows if r["code"] == "awards.closed"] == [1]


def test_the_list_page_lists_filters_and_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    person = new_person("老项目人")
    fields: dict[str, Any] = {"scheme": "im-gen", "approved_on": date(2015, 1, 1), "ends_on": date(2017, 12, 31), "months": 36}
    EarlierProject.objects.create(person=person, number="Q-LEAD", role="leader", **fields)
    EarlierProject.objects.create(person=person, number="Q-MEMBER", role="member", **fields)
    browser, path = client("officer"), "/earlier-projects/"
    assert f'href="{path}"' in browser.get("/desk/").content.decode()
    assert "Q-LEAD" in (both := browser.get(f"{path}?q=Q-").content.decode())
    assert "Q-MEMBER" in both
    led = browser.get(f"{path}?q=Q-&role=leader").content.decode()
    assert ("Q-LEAD" in led, "Q-MEMBER" in led) == (True, False)
    sheet = browser.get(f"{path}?q=Q-&role=member&format=csv").getvalue().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in sheet] == ["编号", "Q-MEMBER"]
    assert client(user_of(person)).get(path).status_code == 403
    monkeypatch.setattr(test_access, "ROUTES", [r for r in test_access.ROUTES if r[0] == "earlier-projects/"])
    assert len(test_access.ROUTES) == 1
    test_access.test_every_route_declares_its_permission()
    test_access.test_every_route_answers_every_role_without_error()
    assert roles()


def test_the_state_is_reached_and_left_through_the_workflow() -> None:
    award = awarded()[0]
    put(award, *Party)
    Award.objects.filter(pk=award.pk).update(starts_on=date(2020, 1, 1))
    page, today = f"/office/calls/{award.call_id}/agreements/", str(clock.today())
    assert "登记暂停" in client("officer").get(page).content.decode()
    sent = {"pk": award.pk, "end": "pause", "day": today, "confirmed": "1"}
    assert client("officer").post(page, sent).status_code == 422  # without a reason
    assert client("officer").post(page, sent | {"reason": "负责人长期病假"}).status_code == 302
    row = Award.objects.get(pk=award.pk)
    assert (row.state, row.closed_on) == ("paused", None)
    assert '<span class="badge hw-state hw-yellow">已暂停</span>' in client("officer").get(page).content.decode()
    assert Event.objects.filter(command="awards.end_awards", subject_id=row.pk).latest("pk").after["state"] == "paused"
    with pytest.raises(Refused, match="已暂停"):
        end_awards(awards=[row], how="close", day=clock.today(), actor=actor("officer"))
    end_awards(awards=[row], how="resume", day=clock.today(), reason="病愈，恢复执行", actor=actor("officer"))
    assert Award.objects.get(pk=award.pk).state == "running"
    assert check(["running_award_is_signed", "rows_as_written"]) == []


def test_the_models_need_no_other_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
