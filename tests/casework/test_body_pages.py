"""Pages of bodies: convened with what is wrong beside the rows, changed, dissolved; a sitting from its call to its minutes."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from headwater.casework.bodies.models import Body, BodyKind, BodyOpinion, Recusal, Sitting
from headwater.casework.bodies.services.calling import Agenda
from headwater.casework.bodies.services.holding import close_sitting
from headwater.casework.bodies.views.tab import bodies_tab
from headwater.core import clock
from headwater.core.models import Account, StoredFile
from tests.approvals import seen_on
from tests.casework.made import COMMITTEE, PANEL, attendance, called, cast, chosen, committee, in_session, outsiders
from tests.make import actor, browser_of, client, new_host, new_person

pytestmark = pytest.mark.django_db


def rows(people: list[str], **more: str) -> dict[str, Any]:
    """What the rows of a form of members send: the first person is the chair."""
    sent: dict[str, Any] = {"since": clock.today().isoformat(), **more}
    for n, person in enumerate(people):
        sent |= {f"person_{n}": person, f"post_{n}": "chair" if n == 0 else "member"}
    return sent


def named(n: int, **more: Any) -> list[str]:
    """The names of people of another institution, each as one types it."""
    return [f"{p.name_zh}（{p.organisation.name_zh}）" for p in outsiders(n, **more)]


def convening(host: Any, kind: str = COMMITTEE) -> str:
    return f"/bodies/new/{kind}/?of=registry.organisation&id={host.pk}"


def test_a_committee_is_convened_from_its_form() -> None:
    host, officer = new_host("设会大学"), client("officer")
    page = officer.get(convening(host)).content.decode()
    assert f'value="{host.name_zh}学术委员会"' in page
    assert page.count('name="person_') == 9, "as many rows as the kind needs"
    answer = officer.post(convening(host), rows(named(9), name_zh="学术委员会"))
    body = Body.objects.get(subject_id=host.pk)
    assert answer["Location"] == f"/bodies/{body.pk}/"
    assert body.members.count() == 9
    page = officer.get(answer["Location"]).content.decode()
    assert "召集会议" in page
    assert "还没有上传" in page


def test_what_is_wrong_is_shown_while_somebody_chooses_and_nothing_typed_is_lost() -> None:
    host, officer = new_host("设会大学"), client("officer")
    people = named(9)
    sent = rows([*people[:7], "查无此人", people[8]], name_zh="学术委员会", since="不是日期")
    sent |= {"until_2": "2030年", "standing_3": "host"}
    checked = officer.post(convening(host), {**sent, "check": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert 'id="findings"' in checked
    assert "查无此人" in checked
    refused = officer.post(convening(host), sent)
    page = refused.content.decode()
    assert refused.status_code == 422
    for text in ("请填写日期，例如 2026-01-01", "请填写日期，例如 2030-06-30", "查无此人", "有的行没有填对"):
        assert text in page, text
    assert 'value="2030年"' in page
    assert not Body.objects.filter(subject_id=host.pk).exists()
    more = officer.post(convening(host), {**sent, "more": "1"}).content.decode()
    assert more.count('name="person_') > page.count('name="person_')


def test_a_composition_that_is_only_unusual_asks_for_the_reason_in_its_field() -> None:
    host, officer = new_host("设会大学"), client("officer")
    own = new_person("林本校", host)
    sent = rows([f"{own.name_zh}（{host.name_zh}）", *named(8)], name_zh="学术委员会")
    refused = officer.post(convening(host), sent)
    assert refused.status_code == 422
    assert "如确需如此，请写明理由" in refused.content.decode()
    assert officer.post(convening(host), {**sent, "insisted": "院士领衔筹建"}).status_code == 302
    body = Body.objects.get(subject_id=host.pk)
    assert "院士领衔筹建" in officer.get(f"/bodies/{body.pk}/").content.decode()


def test_without_an_institution_one_is_chosen_first() -> None:
    host, officer = new_host("设会大学"), client("officer")
    address = f"/bodies/new/{COMMITTEE}/"
    assert "先选择它属于哪个单位" in officer.get(address).content.decode()
    assert officer.post(address, {"institution": "没有的单位"}).status_code == 422
    assert officer.post(address, {"institution": host.name_zh})["Location"] == convening(host)


def test_only_who_may_convenes() -> None:
    host = new_host("设会大学")
    stranger = browser_of(new_person("路人", host))
    assert stranger.get("/bodies/new/").status_code == 403
    assert stranger.get(convening(host)).status_code == 403
    officer = client("officer")
    for wrong in ("?of=registry.organisation&id=999999999", "?of=core.account&id=1", "?of=registry.organisation&id=x"):
        assert officer.get(f"/bodies/new/{COMMITTEE}/{wrong}").status_code == 404
    assert officer.get(f"/bodies/new/no-such-kind/?of=registry.organisation&id={host.pk}").status_code == 404


def test_members_are_changed_in_the_form_they_were_chosen_in() -> None:
    body, officer = committee(), client("officer")
    seats = list(body.members.order_by("pk"))
    address = f"/bodies/{body.pk}/members/"
    page = officer.get(address).content.decode()
    assert page.count('name="person_') == 11, "those in office and two empty rows"
    keep: dict[str, Any] = {"since": clock.today().isoformat()}
    for n, m in enumerate(seats):
        keep |= {
            f"person_{n}": m.person.email or f"{m.person.name_zh}（{m.person.organisation.name_zh}）",
            f"seat_{n}": str(m.pk),
        }
        keep |= {f"post_{n}": m.post, f"standing_{n}": m.standing, f"until_{n}": m.until.isoformat()}
    keep["person_8"] = named(1, name="接任")[0]
    refused = officer.post(address, keep)
    assert refused.status_code == 422, "the reason why somebody leaves is missing"
    assert officer.post(address, {**keep, "reason": "调离本地区"})["Location"] == f"/bodies/{body.pk}/"
    page = officer.get(f"/bodies/{body.pk}/").content.decode()
    assert "接任0" in page
    assert "曾任成员" in page


def test_dissolving_is_read_first_and_closes_what_can_be_done() -> None:
    body, officer = committee(), client("officer")
    called(body)
    address = f"/bodies/{body.pk}/dissolve/"
    page = officer.get(address)
    assert "取消已召集的会议 1 次" in page.content.decode()
    seen = seen_on(page)
    sent = {"confirmed": "1", "seen": seen, "reason": "届满换届"}
    assert officer.post(address, {**sent, "reason": ""}).status_code == 422
    assert officer.post(address, sent)["Location"] == f"/bodies/{body.pk}/"
    page = officer.get(f"/bodies/{body.pk}/").content.decode()
    assert "召集会议" not in page
    assert officer.get(f"/bodies/{body.pk}/members/").status_code == 302
    assert "已经解散" in officer.get(address).content.decode()


def test_the_rules_of_procedure_are_uploaded_by_who_leads() -> None:
    body = committee()
    chair, member = (browser_of(m.person) for m in body.members.order_by("pk")[:2])
    paper = SimpleUploadedFile("议事规则.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    assert chair.post(f"/bodies/{body.pk}/", {"rules": paper}).status_code == 302
    body.refresh_from_db()
    assert body.rules_file is not None
    StoredFile.objects.filter(pk=body.rules_file_id).update(state="fine")
    page = member.get(f"/bodies/{body.pk}/").content.decode()
    assert f"/files/{body.rules_file_id}/" in page
    assert "上传议事规则" not in page
    assert member.get(f"/files/{body.rules_file_id}/").status_code == 200
    closed = committee(kind=PANEL, members=chosen(outsiders(5)))
    StoredFile.objects.filter(pk=body.rules_file_id).update(owner_id=closed.pk)
    assert browser_of(new_person("路人")).get(f"/files/{body.rules_file_id}/").status_code == 404, "of one that is not open"


def moment(days: int) -> str:
    return f"{timezone.localtime(clock.now() + timedelta(days=days)):%Y-%m-%dT%H:%M}"


def test_a_sitting_is_called_changed_and_cancelled() -> None:
    body = committee()
    chair = browser_of(body.members.get(post="chair").person)
    address = f"/bodies/{body.pk}/call/"
    assert chair.get(address).status_code == 200
    sent = {"meets_at": moment(1), "place": "", "title_0": "年度计划", "text_0": "", "ballot_0": "secret", "minutes_0": "一刻"}
    refused = chair.post(address, sent)
    assert refused.status_code == 422
    assert 'value="年度计划"' in refused.content.decode()
    refused = chair.post(address, {**sent, "minutes_0": "15"})
    assert "须提前 7 天通知" in refused.content.decode()
    sent |= {"meets_at": moment(9), "place": "一号会议室", "minutes_0": "15"}
    assert "年度计划" in chair.post(address, {**sent, "more": "1"}).content.decode()
    assert not body.sittings.exists()
    answer = chair.post(address, sent)
    sitting = body.sittings.get()
    assert answer["Location"] == f"/sittings/{sitting.pk}/"
    item = sitting.items.get()
    change = f"/sittings/{sitting.pk}/change/"
    assert "年度计划" in chair.get(change).content.decode()
    assert chair.post(change, {**sent, "item_0": str(item.pk), "title_1": "增加一项", "ballot_1": "none"}).status_code == 302
    assert next(i.pk for i in sitting.items.order_by("position")) == item.pk
    assert sitting.items.count() == 2
    cancel = f"/sittings/{sitting.pk}/cancel/"
    seen = seen_on(chair.get(cancel))
    assert chair.post(cancel, {"confirmed": "1", "seen": seen, "reason": "主任出差"}).status_code == 302
    assert "主任出差" in chair.get(f"/sittings/{sitting.pk}/").content.decode()
    assert chair.get(change).status_code == 302


def test_a_member_answers_stands_back_and_votes_from_the_room() -> None:
    body = committee()
    sitting = called(body, Agenda("年度计划"), Agenda("主任的项目"))
    member = body.members.order_by("pk")[1]
    browser, address = browser_of(member.person), f"/sittings/{sitting.pk}/"
    assert "您是否参加" in browser.get(address).content.decode()
    browser.post(address, {"answer": "comes"})
    assert attendance(sitting, member).answer == "comes"
    second = sitting.items.order_by("position")[1]
    browser.post(address, {"recuse": "1", "item": str(second.pk), "reason": ""}, follow=True)
    assert not Recusal.objects.exists(), "a reason is asked for"
    browser.post(address, {"recuse": "1", "item": str(second.pk), "reason": "本人参与该项目"})
    page = browser.get(address).content.decode()
    assert "主任的项目" not in page
    assert "有 1 项您须回避" in page
    Sitting.objects.filter(pk=sitting.pk).update(meets_at=clock.now() - timedelta(minutes=1))
    chair = browser_of(body.members.get(post="chair").person)
    everybody = [str(m.pk) for m in body.members.all()]
    chair.post(address, {"hold": "1", "present": everybody})
    first = sitting.items.order_by("position")[0]
    assert "还没有选择" in browser.post(address, {"vote": "1"}, follow=True).content.decode()
    browser.post(address, {"vote": "1", f"vote_{first.pk}": "yes", f"vote_{second.pk}": "no"}, follow=True)
    assert first.ballots.count() == 0, "a vote on what one stands back from takes no part of it"
    browser.post(address, {"vote": "1", f"vote_{first.pk}": "yes"})
    assert first.ballots.count() == 1
    assert "提交投票" not in browser.get(address).content.decode()


def held() -> tuple[Sitting, list[Any]]:
    sitting, members = in_session(committee(), Agenda("是否同意年度计划"))
    for m in members:
        cast(sitting, m, "yes")
    return close_sitting(sitting=sitting, minutes="同意年度计划。", actor=actor("officer")), members


def test_a_sitting_is_closed_from_the_room_and_its_minutes_are_read_and_printed() -> None:
    sitting, members = in_session(committee(), Agenda("是否同意年度计划"))
    address = f"/sittings/{sitting.pk}/"
    chair = browser_of(members[0].person)
    for m in members[:-1]:
        cast(sitting, m, "yes")
    refused = chair.post(address, {"close": "1", "minutes": "会议同意年度计划。", "reason": ""})
    assert refused.status_code == 422
    assert "会议同意年度计划。" in refused.content.decode()
    assert members[-1].person.name_zh in refused.content.decode()
    assert chair.get(f"{address}minutes/").status_code == 404
    assert chair.post(address, {"close": "1", "minutes": "会议同意年度计划。", "reason": "一人中途离席"}).status_code == 302
    page = browser_of(members[3].person).get(f"{address}minutes/").content.decode()
    assert "会议同意年度计划。" in page
    assert "一人中途离席" in page
    paper = chair.get(f"{address}minutes/pdf/")
    assert "是否同意年度计划" in "".join(p.extract_text() for p in PdfReader(BytesIO(paper.content)).pages)
    assert b"BEGIN:VCALENDAR" in chair.get(f"{address}calendar/").content


def test_who_was_not_asked_sees_neither_room_nor_minutes() -> None:
    sitting, _members = held()
    stranger = browser_of(new_person("路人"))
    for address in ("", "minutes/", "minutes/pdf/", "calendar/", "change/", "cancel/"):
        assert stranger.get(f"/sittings/{sitting.pk}/{address}").status_code in {403, 404}, address
        assert Client().get(f"/sittings/{sitting.pk}/{address}").status_code == 302, address


def test_a_kind_that_is_not_open_is_seen_by_its_members_alone() -> None:
    open_, closed = committee(), committee(5, kind=PANEL, members=chosen(outsiders(5, name="验收")))
    stranger = browser_of(new_person("路人"))
    assert (BodyKind.objects.get(pk=open_.kind_id).rule.open, BodyKind.objects.get(pk=closed.kind_id).rule.open) == (True, False)
    assert stranger.get(f"/bodies/{open_.pk}/").status_code == 200
    assert stranger.get(f"/bodies/{closed.pk}/").status_code == 404
    assert browser_of(closed.members.order_by("pk")[1].person).get(f"/bodies/{closed.pk}/").status_code == 200


def test_an_opinion_is_kept_sent_and_then_only_read() -> None:
    host = new_host("验收基地")
    body = committee(kind=PANEL, host=host, members=chosen(outsiders(5, name="验收")))
    sitting = called(body, Agenda("是否通过验收"))
    item, member = sitting.items.get(), body.members.order_by("pk")[1]
    browser, address = browser_of(member.person), f"/sittings/{sitting.pk}/items/{item.pk}/opinion/"
    assert browser.get(address).status_code == 200
    form = body.rule.form
    refused = browser.post(address, {"submit": "1"})
    assert refused.status_code == 422
    sent = {f.code: (f.choices[0][0] if f.choices else "建设任务全面完成，数据属实，建议按期转入正式运行。") for f in form.fields}
    assert browser.post(address, {**sent, "save": "1"})["Location"] == address
    assert BodyOpinion.objects.get(item=item, member=member).submitted_at is None
    assert browser.post(address, {**sent, "submit": "1"})["Location"] == f"/sittings/{sitting.pk}/"
    page = browser.get(address).content.decode()
    assert "<textarea" not in page
    assert "建设任务全面完成" in page
    assert browser_of(new_person("路人")).get(address).status_code in {403, 404}


def test_the_list_is_narrowed_to_needs_to_a_record_and_to_ones_own() -> None:
    first, second = committee(), committee()
    member, officer = browser_of(first.members.order_by("pk")[1].person), client("officer")
    page = member.get("/bodies/?mine=1").content.decode()
    assert f"/bodies/{first.pk}/" in page
    assert f"/bodies/{second.pk}/" not in page
    narrowed = officer.get(f"/bodies/?of=registry.organisation&id={second.subject_id}").content.decode()
    assert f"/bodies/{second.pk}/" in narrowed
    assert f"/bodies/{first.pk}/" not in narrowed
    assert f"/bodies/{first.pk}/" in officer.get("/bodies/?need=meeting").content.decode()
    assert f"/bodies/{first.pk}/" not in officer.get("/bodies/?need=term").content.decode()
    first.members.update(until=clock.today() + timedelta(days=30))
    assert f"/bodies/{first.pk}/" in officer.get("/bodies/?need=term").content.decode()


def statements(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


def test_pages_ask_no_more_of_the_database_for_more_rows() -> None:
    officer = client("officer")
    small, large = committee(9), committee(15)
    assert statements(officer, f"/bodies/{large.pk}/") == statements(officer, f"/bodies/{small.pk}/")
    few = statements(officer, "/bodies/")
    for _ in range(3):
        committee()
    assert statements(officer, "/bodies/") == few
    short, _m = in_session(small, Agenda("一"))
    long, _m = in_session(large, *[Agenda(f"议题{n}") for n in range(8)])
    assert statements(officer, f"/sittings/{long.pk}/") == statements(officer, f"/sittings/{short.pk}/")


def test_a_records_page_shows_its_bodies_and_what_may_be_convened() -> None:
    body = committee()
    officer = Account.objects.get(username="officer")
    context = bodies_tab(officer, body.record)
    assert [(c.body, len(c.seats), c.last) for c in context["cards"]] == [(body, 9, None)]
    assert f"/bodies/{body.pk}/" in render_to_string("bodies/tab.html", context)
    assert COMMITTEE not in {k.code for k in context["may_convene"]}, "it has one already"
    assert bodies_tab(new_person("路人").account, body.record)["may_convene"] == []
