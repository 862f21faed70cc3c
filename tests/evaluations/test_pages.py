"""Pages of a round: who opens them, what they show and hide, what they do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from headwater.calls.models import Application
from headwater.core.duties import duties_of
from headwater.core.models import Account, RoleGrant
from headwater.evaluations.models import Entrant, Grade, GradeDraft, Round, Verified, Veto
from tests.evaluations.made import (
    KIND,
    alone,
    drafted,
    ended,
    eval_call,
    handed_in,
    judged,
    laboratories,
    marked,
    opened,
    published,
)
from tests.make import browser_of, client, new_expert, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    alone()


def text(user: str | None, path: str, status: int = 200) -> str:
    answer = client(user).get(path)
    assert answer.status_code == status, answer.content.decode()[:400]
    return answer.content.decode()


def desk(round_: Round) -> str:
    return f"/office/evaluations/{round_.pk}/"


def test_an_officer_opens_a_round_from_the_list() -> None:
    base, young = laboratories(1)[0], laboratories(1, years=1)[0]
    call = eval_call()
    assert f"/office/evaluations/open/{call.pk}/" in text("officer", "/office/evaluations/")
    page = f"/office/evaluations/open/{call.pk}/"
    officer = client("officer")
    asked = officer.post(page, {"on": "2026-06-30", "kinds": [KIND]}).content.decode()
    assert base.name_zh in asked
    assert f'value="{young.pk}"' in asked
    assert "须参加" in asked
    answer = officer.post(page, {"on": "2026-06-30", "kinds": [KIND], "volunteer": [young.pk], "confirmed": "1"})
    round_ = Round.objects.get(call=call)
    assert (answer.status_code, answer["Location"]) == (302, desk(round_))
    assert set(round_.entrants.values_list("subject_id", flat=True)) == {base.pk, young.pk}


def test_a_round_that_cannot_be_is_refused_beside_its_field() -> None:
    laboratories(1)
    call = eval_call()
    page = f"/office/evaluations/open/{call.pk}/"
    answer = client("officer").post(page, {"on": "2036-06-30", "kinds": [KIND]})
    assert answer.status_code == 422
    assert "不能晚于今天" in answer.content.decode()
    assert client("officer").post(page, {"on": "", "kinds": []}).status_code == 422


def test_only_those_who_run_or_read_evaluations_open_a_round() -> None:
    base = laboratories(1)[0]
    round_ = opened()
    for user, status in (("officer", 200), ("committee", 200), ("leader", 200), (user_of(base.director), 403), (None, 302)):
        assert client(user).get(desk(round_)).status_code == status, user


def test_the_score_sheet_says_what_each_point_came_from_and_who_gave_it() -> None:
    laboratories(1)
    round_ = opened()
    rows = handed_in(round_, {"area": 750})
    expert = new_expert("评分专家")
    marked(rows[0], 90, experts=[expert])
    page = f"{desk(round_)}entries/{rows[0].pk}/"
    shown = text("officer", page)
    assert "750 平方米，基准值 1,500" in shown
    assert "评分专家 90" in shown
    assert "核对清单还没有填写" in shown
    leader = text("leader", page)
    assert "1 位专家评分：90" in leader
    assert "评分专家" not in leader


def test_officers_tick_correct_and_veto_on_the_page_of_an_entry() -> None:
    laboratories(1)
    round_ = opened()
    row = handed_in(round_)[0]
    page, officer = f"{desk(round_)}entries/{row.pk}/", client("officer")
    bad = officer.post(page, {"do": "tick", "indicator": "d4", "met": ["rules"], "note": ""})
    assert bad.status_code == 422
    assert officer.post(page, {"do": "tick", "indicator": "d4", "met": ["rules"], "note": "核对制度汇编"}).status_code == 302
    assert Verified.objects.get(entrant=row, indicator="d4").met == ["rules"]
    assert officer.post(page, {"do": "value", "indicator": "a2", "value": "800", "note": "现场丈量"}).status_code == 302
    assert "主管核定：现场丈量" in text("officer", page)
    assert officer.post(page, {"do": "withdraw", "indicator": "a2"}).status_code == 302
    assert not Verified.objects.filter(entrant=row, indicator="a2").exists()
    sent = {"do": "veto", "code": "accident", "reason": "安全事故", "evidence": "应急管理部门通报"}
    assert officer.post(page, sent).status_code == 302
    veto = Veto.objects.get(entrant=row)
    assert "核定成立" not in text("officer", page)
    assert client("officer2").post(page, {"do": "confirm", "veto": veto.pk}).status_code == 302
    assert Veto.objects.get(pk=veto.pk).state == "confirmed"
    assert client("leader").post(page, {"do": "withdraw", "indicator": "a2"}).status_code in {302, 403}
    assert client("officer").post(page, {"do": "nonsense"}).status_code == 404


def test_the_table_of_a_group_shows_the_lines_and_goes_out_as_a_workbook() -> None:
    laboratories(5)
    round_ = opened()
    judged(round_, [99, 98, 80, 70, 60])
    group = Entrant.objects.filter(round=round_)[0].group
    page = f"{desk(round_)}group/?group={group}"
    with CaptureQueriesContext(connection) as queries:
        shown = text("officer", page)
    assert len(queries) < 45
    assert "名额 1，已用 1" in shown
    assert "名额已满，顺延到下一等次" in shown
    assert "线下第一" in shown
    answer = client("officer").get(f"{page}&format=xlsx")
    assert answer["Content-Type"].endswith("sheet")
    assert answer.content[:2] == b"PK"


def confirm(user: str, path: str, **more: str) -> int:
    """Read an act and confirm it as it was shown."""
    browser = client(user)
    shown = browser.get(path).content.decode()
    seen = shown.split('name="seen" value="')[1].split('"')[0].replace("&quot;", '"')
    return browser.post(path, {"confirmed": "1", "seen": seen, **more}).status_code


def test_grades_pass_from_hand_to_hand_on_the_pages() -> None:
    bases = laboratories(2)
    round_ = opened()
    judged(round_, [95, 70])
    assert confirm("officer", f"{desk(round_)}grades/draft/") == 302
    draft = GradeDraft.objects.get(round=round_)
    assert client("officer").get(f"{desk(round_)}grades/approve/").status_code == 403
    waiting = [str(d.title) for d in duties_of(Account.objects.get(username="officer2"))]
    assert any(title.startswith("核准等次") for title in waiting)
    assert not any(str(d.title).startswith("核准等次") for d in duties_of(Account.objects.get(username="officer")))
    assert confirm("officer2", f"{desk(round_)}grades/approve/") == 302
    assert confirm("officer", f"{desk(round_)}grades/publish/") == 302
    notice = GradeDraft.objects.get(pk=draft.pk).notice
    assert notice is not None
    public = text(None, f"/notices/cases/{notice.pk}/")
    assert bases[0].name_zh in public
    assert "良好" in public or "优秀" in public or "合格" in public
    grade = Grade.objects.get(entrant__round=round_, entrant__subject_id=bases[0].pk)
    mine = browser_of(bases[0].director).get(f"/evaluations/results/{grade.pk}/")
    assert mine.status_code == 200
    assert "总分" in mine.content.decode()
    assert browser_of(bases[1].director).get(f"/evaluations/results/{grade.pk}/").status_code == 403
    ended(GradeDraft.objects.select_related("notice").get(pk=draft.pk))
    assert "历次评估" in text(None, f"/registers/laboratories/{bases[0].number}/")
    rows = client(None).get("/data/grades.csv").content.decode()
    assert bases[0].number in rows


def test_a_draft_is_not_known_outside() -> None:
    base = laboratories(1)[0]
    round_ = opened()
    judged(round_, [95])
    drafted(round_)
    grade = Grade.objects.get(entrant__round=round_)
    assert browser_of(base.director).get(f"/evaluations/results/{grade.pk}/").status_code == 404
    tab = browser_of(base.director).get(f"/office/registers/laboratories/{base.pk}/evaluations/")
    assert tab.status_code == 200
    assert "优秀" not in tab.content.decode()


def test_an_officer_with_a_part_in_a_self_report_sees_nothing_of_it_and_no_line() -> None:
    bases = laboratories(3)
    round_ = opened()
    judged(round_, [95, 80, 70])
    mine = Application.objects.get(entrant__subject_id=bases[0].pk)
    account = Account.objects.get(username=user_of(bases[0].director))
    RoleGrant.objects.create(account=account, role="programme_officer")
    entrant = Entrant.objects.get(application=mine)
    assert client(account.username).get(f"{desk(round_)}entries/{entrant.pk}/").status_code == 404
    shown = text(account.username, f"{desk(round_)}group/?group={entrant.group}")
    assert f"entries/{entrant.pk}/" not in shown
    assert "线下第一" not in shown
    assert "另有 1 个与您有关" in shown
    assert client(account.username).get(f"{desk(round_)}grades/draft/").status_code == 403


def test_the_tab_of_an_entry_shows_what_stands_to_everybody_and_more_to_its_people() -> None:
    base = laboratories(1)[0]
    round_ = opened()
    judged(round_, [95])
    ended(published(round_))
    grade = Grade.objects.get(entrant__round=round_)
    inside = browser_of(base.director).get(f"/office/registers/laboratories/{base.pk}/evaluations/").content.decode()
    assert f"/evaluations/results/{grade.pk}/" in inside
    public = text(None, f"/registers/laboratories/{base.number}/")
    assert f"/evaluations/results/{grade.pk}/" not in public
    assert "合格" in public or "良好" in public or "优秀" in public
