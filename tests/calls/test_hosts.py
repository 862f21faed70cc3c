"""The host of an application is chosen: at the start, and as long as it is a draft; what the rules then ask for."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from headwater.calls.applying.services.applications import change_host, create_draft, save_application
from headwater.calls.facts import check_applications
from headwater.calls.models import Application, Call
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Event
from headwater.registry.models import Employment, Organisation, Person
from tests.core.test_inspection import pdf
from tests.make import as_, browser_of, complete, draft_of, new_call, new_host, new_person, submitted, words

pytestmark = pytest.mark.django_db
POSTS = ("registered_host", "employed_by_host", "postdoc", "part_time")


def jobless(name: str = "自由学者") -> Person:
    person = new_person(name)
    person.organisation = None
    person.save(update_fields=["organisation"])
    return Person.objects.get(pk=person.pk)


def begin(person: Person, call: Call, host: Organisation) -> Application:
    """From the page of the call to the editor."""
    answer = browser_of(person).post(f"/calls/{call.code}/apply/", {"host": host.name_zh})
    row = Application.objects.select_related("call", "host").get(call=call, leader=person)
    assert answer["Location"] == f"/applications/{row.pk}/edit/info/"
    assert row.host == host
    save_application(application=row, values=complete(call), actor=as_(person))
    return row


def add(row: Application, kind: str) -> None:
    upload = SimpleUploadedFile(f"{kind}.pdf", pdf(), "application/pdf")
    browser_of(row.leader).post(f"/applications/{row.pk}/attachment/", {"kind": kind, "file": upload})


def rules_of(row: Application) -> dict[str, str]:
    fresh = Application.objects.get(pk=row.pk)
    return {r.rule: r.outcome for r in check_applications([fresh], fresh.call)[row.pk] if r.rule in POSTS}


def last_check(row: Application) -> str:
    return browser_of(row.leader).get(f"/applications/{row.pk}/edit/submit/").content.decode()  # type: ignore[no-any-return]


def submit(row: Application) -> Application:
    page = last_check(row)
    seen, known = re.search(r'name="_revision" value="(\d+)"', page), re.findall(r'name="known"[^>]*value="([^"]+)"', page)
    assert seen
    browser, sent = browser_of(row.leader), {"agree": words(row.call, "applicant"), "_revision": seen[1]}
    if known:  # what does not block is asked to be known
        browser.post(f"/applications/{row.pk}/submit/", sent)
        assert Application.objects.get(pk=row.pk).state == "draft"
    browser.post(f"/applications/{row.pk}/submit/", sent | {"known": known})
    return Application.objects.get(pk=row.pk)


def test_el_03_who_has_no_employer_applies_with_the_consent_of_a_host() -> None:
    person, call, host = jobless(), new_call(), new_host("同意大学")
    assert browser_of(person).get(f"/calls/{call.code}/apply/").status_code == 200
    found = browser_of(person).get("/lookup/hosts/", {"q": host.name_zh}, headers={"accept": "application/json"}).json()
    assert [option["value"] for option in found["options"]] == [host.name_zh]
    row = begin(person, call, host)
    missing = "申请人不在依托单位任职，未附该单位同意函"
    assert rules_of(row)["employed_by_host"] == "failed"
    assert missing in last_check(row)
    add(row, "host_consent")
    assert set(rules_of(row).values()) == {"passed"}
    assert missing not in last_check(row)
    assert "已附依托单位同意函" in last_check(row)
    assert browser_of(person).get(f"/applications/{row.pk}/pdf/").status_code == 200
    sent = submit(row)
    assert (sent.state, sent.host) == ("host_review", host)


def test_el_03_of_an_employer_that_is_no_host_and_of_one_that_is() -> None:
    unregistered, host = new_host("未注册单位", is_host=False), new_host("同意大学")
    person, call = new_person(organisation=unregistered), new_call()
    row = begin(person, call, unregistered)
    assert rules_of(row)["registered_host"] == "failed"
    assert "改由同意报送的依托单位申报" in last_check(row)
    browser_of(person).post(f"/applications/{row.pk}/host/", {"host": host.name_zh})
    add(row, "host_consent")
    assert set(rules_of(row).values()) == {"passed"}
    employed = begin(new_person(organisation=new_host("任职大学")), call, host)
    add(employed, "host_consent")
    assert rules_of(employed)["employed_by_host"] == "failed"
    assert "申请人的任职单位是注册的依托单位，应通过任职单位申报" in last_check(employed)


def test_el_07_a_post_doc_applies_through_the_station_elsewhere() -> None:
    home, station = new_host("原单位"), new_host("设站大学")
    person, call = new_person(organisation=home), new_call()
    Employment.objects.create(person=person, organisation=station, kind="postdoc", since=date(2020, 1, 1))
    row = begin(person, call, home)
    assert "在站博士后须通过设站单位申报" in last_check(row)
    browser_of(person).post(f"/applications/{row.pk}/host/", {"host": station.name_zh})
    assert "未附设站单位承诺" in last_check(row)
    add(row, "postdoc_promise")
    assert set(rules_of(row).values()) == {"passed"}
    assert "通过设站单位申报" in last_check(row)
    assert submit(row).host == station


def test_el_09_part_time_at_a_second_institution() -> None:
    home, second = new_host("全职大学"), new_host("双聘大学")
    person, call = new_person(organisation=home), new_call()
    Employment.objects.create(person=person, organisation=home, kind="full", since=date(2020, 1, 1))
    Employment.objects.create(person=person, organisation=second, kind="dual", since=date(2022, 1, 1))
    row = begin(person, call, second)
    assert "非全职人员：每年工作月数 未填（至少 9 个月），聘用合同 0 份" in last_check(row)
    browser_of(person).post(f"/applications/{row.pk}/save/", {"_fields": "months_at_host", "months_at_host": "9"})
    add(row, "contract")
    assert set(rules_of(row).values()) == {"passed"}
    assert "每年工作 9 个月，已附合同" in last_check(row)
    browser_of(person).post(f"/applications/{row.pk}/host/", {"host": home.name_zh})
    assert "申请人不是非全职人员" in last_check(row)


def test_lm_08_another_host_does_not_give_another_application() -> None:
    home, second = new_host("第一大学"), new_host("第二大学")
    person = new_person(organisation=home)
    Employment.objects.create(person=person, organisation=second, kind="dual", since=date(2022, 1, 1))
    submitted(new_call("im-youth"), person)
    row = create_draft(call=new_call("im-gen"), leader=person, actor=as_(person), host=second)
    save_application(application=row, values=complete(row.call), actor=as_(person))
    assert submit(row).state == "draft"
    assert "本年度" in last_check(row)


def test_a_changed_host_is_an_event_and_changes_nothing_else() -> None:
    person, other = new_person(), new_host("另一大学")
    row = draft_of(new_call(), person)
    Application.objects.filter(pk=row.pk).update(host_rank=1)
    before = Application.objects.filter(pk=row.pk).values().get()
    answer = browser_of(person).post(f"/applications/{row.pk}/host/", {"host": other.name_zh}, follow=True)
    assert f"已改由 {other.name_zh} 报送" in answer.content.decode()
    after = Application.objects.filter(pk=row.pk).values().get()
    assert {k for k in after if after[k] != before[k]} == {"host_id", "host_rank"}
    event = Event.objects.get(command="calls.change_host", subject_id=row.pk)
    assert (event.before["host"], event.after["host"]) == (before["host_id"], other.pk)
    browser_of(person).post(f"/applications/{row.pk}/host/", {"host": other.name_zh})
    assert Event.objects.filter(command="calls.change_host", subject_id=row.pk).count() == 1


@pytest.mark.parametrize("page", ["apply", "edit"])
def test_what_is_no_host_is_refused_beside_the_field(page: str) -> None:
    person, call = new_person(), new_call()
    twins = [new_host("同名"), new_host("同名")]
    Organisation.objects.filter(pk__in=[t.pk for t in twins]).update(name_zh="同名大学")
    closed = new_host("非依托单位", is_host=False)
    row = draft_of(call, person) if page == "edit" else None
    address = f"/applications/{row.pk}/host/" if row else f"/calls/{call.code}/apply/"
    told = {
        "": "请选择依托单位",
        "没有的大学": "没有登记这个单位",
        "同名大学": "有多个单位叫这个名称",
        closed.name_zh: "该单位没有注册为依托单位",
    }
    for text, error in told.items():
        answer = browser_of(person).post(address, {"host": text})
        content = answer.content.decode()
        assert answer.status_code == 422
        field = re.search(r'<input[^>]*name="host"[^>]*>', content)
        assert field
        described = re.search(r'aria-describedby="([^"]+)"', field[0])
        assert described
        assert re.search(rf'id="{described[1].split()[0]}"[^>]*>\s*<div class="invalid-feedback">{error}', content), text
        assert 'aria-invalid="true"' in field[0]
    assert Application.objects.filter(call=call).exclude(host=person.organisation).count() == 0
    if row:
        browser_of(person).post(address, {"host": twins[1].code})
        assert Application.objects.get(pk=row.pk).host == twins[1]


def test_only_the_applicant_changes_the_host_and_only_of_a_draft() -> None:
    row, other = submitted(new_call(), new_person()), new_host()
    with pytest.raises(NotAllowed):
        change_host(application=row, host=other, actor=as_(new_person("旁人")))
    with pytest.raises(Refused):
        change_host(application=row, host=other, actor=as_(row.leader))
    assert browser_of(new_person("旁人")).post(f"/applications/{row.pk}/host/", {"host": other.name_zh}).status_code == 404
    assert Application.objects.get(pk=row.pk).host == row.host


def test_own_institutions_come_first_and_the_precheck_is_of_the_chosen_host() -> None:
    home, second, past = new_host("本单位"), new_host("兼职单位"), new_host("从前单位", is_host=False)
    person, call = new_person(organisation=home), new_call()
    Employment.objects.create(person=person, organisation=second, kind="dual", since=date(2022, 1, 1))
    Employment.objects.create(person=person, organisation=past, since=date(2010, 1, 1), until=date(2015, 1, 1))
    browser = browser_of(person)
    offered = [
        option["value"] for option in browser.get("/lookup/hosts/", headers={"accept": "application/json"}).json()["options"]
    ]
    assert offered[:2] == [home.name_zh, second.name_zh]
    assert len(set(offered)) == len(offered)
    assert past.name_zh not in offered
    assert browser.get("/lookup/hosts/", {"q": past.name_zh}, headers={"accept": "application/json"}).json()["options"] == []
    looked = browser.post(f"/calls/{call.code}/apply/", {"host": second.name_zh, "look": "1"})
    assert looked.status_code == 200
    assert "非全职人员" in looked.content.decode()
    assert not Application.objects.filter(leader=person).exists()


def test_without_any_institution_a_host_must_be_chosen() -> None:
    person = jobless()
    with pytest.raises(Refused) as error:
        create_draft(call=new_call(), leader=person, actor=as_(person))
    assert error.value.reasons[0].field == "host"
    assert "请选择依托单位" in str(error.value)
