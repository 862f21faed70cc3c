"""Members and referees by link: who can do what with a key, and with whose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from headwater.calls.applying.services.applications import add_members, remove_member, submit_application
from headwater.calls.applying.services.withdrawing import withdraw_application
from headwater.calls.documents import application_data
from headwater.calls.facts import check_applications
from headwater.calls.joining.services.inviting import claim_account, decline_participation, end_link, find_link, send_again
from headwater.calls.joining.services.referees import (
    decline_referee,
    name_referee,
    remove_referee,
    send_referee_again,
    write_letter,
)
from headwater.calls.models import Application, Call, DocumentSignature, Link, Participant, Referee
from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.core.errors import NotAllowed, Refused
from headwater.core.mails import send_outbox
from headwater.core.models import Account, Event, Notification, OutboxMail
from headwater.core.tokens import digest_of
from headwater.registry.models import Person
from headwater.review.models import Conflict, Expert
from headwater.review.services.conflicts import find_conflicts
from tests.make import actor, as_, client, draft_of, new_call, new_person, placed, real_host, refusal, words

pytestmark = pytest.mark.django_db
OUTSIDE = Actor(account=None, source="web:test")
LETTER = "申请人基础扎实，思路清楚。" * 20


def invited(member: Person | None = None) -> tuple[Application, Participant, str]:
    """A draft with one invited member, and the key of the member's link."""
    call, leader = new_call(), new_person("负责人")
    row = draft_of(call, leader)
    member = member or new_person("成员")
    part = add_members(application=row, members=[(member, 6)], actor=as_(leader))[0]
    key = send_again(participant=part, actor=as_(leader))
    return row, Participant.objects.select_related("application__leader", "person").get(pk=part.pk), key


def stranger(**more: Any) -> Person:
    """Somebody of the registry without an account."""
    person = new_person(more.pop("name", "无账号"), **more)
    account = person.account
    Person.objects.filter(pk=person.pk).update(account=None)
    account.delete()  # type: ignore[union-attr]
    return Person.objects.get(pk=person.pk)


def confirm_at(browser: Client, part: Participant) -> int:
    return browser.post(
        f"/participations/{part.pk}/", {"do": "confirm", "agree": words(part.application.call, "member")}
    ).status_code


def ended(key: str) -> str:
    link = find_link(key)
    assert link is not None
    return link.end


# members


def test_only_the_hash_of_a_key_is_kept_and_nothing_of_it_in_the_events() -> None:
    row, part, key = invited(stranger(email="member@example.org"))
    assert Link.objects.get(participant=part, revoked_at=None).digest == digest_of(key)
    assert not Event.objects.filter(after__icontains=key).exists()
    mail = OutboxMail.objects.filter(to="member@example.org").order_by("-pk")[0]
    assert f"/confirm/{key}/" in mail.body
    send_outbox(limit=100_000)
    assert OutboxMail.objects.get(pk=mail.pk).body == ""
    assert row.pk


def test_no_key_of_one_member_confirms_another() -> None:
    """Whoever is logged in, whichever link is open: a participation is confirmed by the account of its own person and no other."""
    cases = [invited() for _n in range(3)]
    people = {row.leader.account.username for row, _p, _k in cases} | {p.person.account.username for _r, p, _k in cases}  # type: ignore[union-attr]
    for _row, part, key in cases:
        for name in sorted(people | {"officer", "committee"}):
            own = part.person.account.username == name  # type: ignore[union-attr]
            browser = client(name)
            browser.defaults["REMOTE_ADDR"] = f"192.0.2.{part.pk % 250}"
            opened = browser.get(f"/confirm/{key}/").status_code
            browser.post(f"/confirm/{key}/", {"do": "confirm", "agree": words(part.application.call, "member")})
            if not own:
                assert confirm_at(browser, part) == 404
            assert opened == (302 if own else 403)
        assert Client().post(f"/confirm/{key}/", {"do": "confirm"}).status_code == 200
        assert Participant.objects.get(pk=part.pk).confirmed_at is None
    for _row, part, _key in cases:
        assert confirm_at(client(part.person.account.username), part) == 302  # type: ignore[union-attr]
        assert Participant.objects.get(pk=part.pk).confirmed_at
    assert DocumentSignature.objects.filter(party="member", application__in=[r.pk for r, _p, _k in cases]).count() == 3


def test_the_link_shows_what_is_asked_and_tells_no_index() -> None:
    row, part, key = invited()
    answer = Client().get(f"/confirm/{key}/")
    page = answer.content.decode()
    for text in (row.title_zh, "负责人", "成员", "参与者承诺书", f"next=/participations/{part.pk}/"):
        assert text in page
    assert key not in re.findall(r'href="[^"]*login[^"]*"', page)[0]
    assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex, nofollow", "same-origin")
    assert "no-store" in answer["Cache-Control"]


def test_links_that_ended_say_what_to_do_and_wrong_ones_say_nothing() -> None:
    row, part, key = invited()
    again = send_again(participant=part, actor=as_(row.leader))
    assert (ended(key), ended(again)) == ("revoked", "")
    assert Client().get(f"/confirm/{key}/").status_code == 410
    end_link(participant=part, actor=as_(row.leader))
    assert "重新发送" in Client().get(f"/confirm/{again}/").content.decode()
    third = send_again(participant=part, actor=as_(row.leader))
    with clock.at(row.call.closes_at):
        assert "已过期" in Client().get(f"/confirm/{third}/").content.decode()
    wrong = [Client().get(f"/confirm/{x}/") for x in ("x", "y" * 43, third[:-1] + "_")]
    referee = name_one(row)[1]
    wrong.append(Client().get(f"/confirm/{referee}/"))
    assert {a.status_code for a in wrong} == {404}
    assert len({re.sub(r'value="[^"]+"', "", a.content.decode()).replace(a.wsgi_request.path, "") for a in wrong}) == 1


def test_links_are_tried_only_so_often() -> None:
    codes = [Client(REMOTE_ADDR="203.0.113.9").get(f"/refer/{'z' * 40}/").status_code for _n in range(31)]
    assert codes == [404] * 30 + [429] or codes.count(404) >= 30  # a minute may turn over meanwhile


def test_an_applicant_sends_only_so_many_invitations_a_minute() -> None:
    row, part, _key = invited()
    browser = client(row.leader.account.username)  # type: ignore[union-attr]
    shown = [b"/confirm/" in browser.post(f"/applications/{row.pk}/member/", {"link": part.pk}).content for _n in range(25)]
    assert 10 <= shown.count(True) <= 20


def test_declining_tells_the_leader_and_stops_the_submission() -> None:
    row, part, key = invited()
    with pytest.raises(Refused, match="理由"):
        decline_participation(participant=part, reason=" ", actor=as_(part.person))
    for other in (as_(row.leader), OUTSIDE):
        with pytest.raises(Refused, match="本人"):
            decline_participation(participant=part, reason="没有时间", actor=other, by_link=True)
    client(part.person.account.username).post(f"/participations/{part.pk}/", {"do": "decline", "reason": "没有时间"})  # type: ignore[union-attr]
    told = Notification.objects.filter(account=row.leader.account).order_by("-pk")[0]
    assert (told.title, told.body) == ("成员 谢绝参与申请", "没有时间")
    assert ended(key) == "used"
    with pytest.raises(Refused, match="成员 谢绝参与"):
        submit_application(application=row, actor=as_(row.leader), agree=True)
    send_again(participant=part, actor=as_(row.leader))
    assert confirm_at(client(part.person.account.username), part) == 302  # type: ignore[union-attr]


def test_somebody_without_an_account_declines_by_the_link() -> None:
    row, part, key = invited(stranger())
    answer = Client().post(f"/confirm/{key}/", {"do": "decline", "reason": "不参加"})
    assert "已谢绝" in answer.content.decode()
    found = Participant.objects.get(pk=part.pk)
    assert (bool(found.declined_at), found.decline_reason) == (True, "不参加")
    assert row.pk


def test_an_account_is_opened_only_for_the_person_and_mailed_to_the_registry_s_address() -> None:
    _row, part, key = invited(stranger(name="乌兰", email="wulan@example.org"))
    for name, email in (("乌兰", "other@example.org"), ("别人", "wulan@example.org")):
        with pytest.raises(Refused, match="不符"):
            claim_account(participant=part, name=name, email=email, actor=OUTSIDE)
    Client().post(f"/confirm/{key}/", {"do": "claim", "name": "乌兰", "email": "WuLan@example.org"})
    account = Account.objects.get(person=part.person_id)
    assert (account.username, account.has_usable_password()) == ("wulan@example.org", False)
    mail = OutboxMail.objects.filter(to="wulan@example.org").order_by("-pk")[0]
    path = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mail.body)[0]
    browser = Client()
    form = browser.get(path, follow=True)
    browser.post(form.wsgi_request.path, {"password1": "Caoyuan-2031-x", "password2": "Caoyuan-2031-x"})
    assert Account.objects.get(pk=account.pk).has_usable_password()
    with pytest.raises(Refused, match="已有账号"):
        claim_account(participant=part, name="乌兰", email="wulan@example.org", actor=OUTSIDE)


def test_nobody_opens_an_account_without_an_address_in_the_registry() -> None:
    _row, part, _key = invited(stranger(name="无邮箱"))
    with pytest.raises(Refused, match="没有您的电子邮箱"):
        claim_account(participant=part, name="无邮箱", email="a@example.org", actor=OUTSIDE)


def test_links_are_the_leader_s_to_send_and_to_end() -> None:
    row, part, _key = invited()
    other = new_person("旁人")
    for work in (send_again, end_link):
        with pytest.raises(NotAllowed):
            work(participant=part, actor=as_(other))
    browser = client(row.leader.account.username)  # type: ignore[union-attr]
    page = browser.post(f"/applications/{row.pk}/member/", {"link": part.pk}).content.decode()
    key = re.findall(r"/confirm/([\w-]+)/", page)[0]
    assert ended(key) == ""
    browser.post(f"/applications/{row.pk}/member/", {"end": part.pk})
    assert ended(key) == "revoked"
    remove_member(participant=part, actor=as_(row.leader))
    assert find_link(key) is None


# referees


def code_of(row: Application) -> str:
    return row.discipline.code if row.discipline else ""


def name_one(row: Application, n: int = 1, **more: Any) -> tuple[Referee, str]:
    values = {"name": f"专家{n}", "institution": "外地大学", "title": "教授", "email": f"r{n}-{row.pk}@example.org"} | more
    return name_referee(application=row, values={"discipline": code_of(row), **values}, actor=as_(row.leader))


def writing(row: Application, **more: Any) -> dict[str, Any]:
    said = {"said_name": "王教授", "said_institution": "外地大学", "said_title": "教授", "tie": "none", "letter": LETTER}
    yes = {"is_senior": "on", "same_field": "on"}
    return {"do": "write", **said, **yes, "agree": words(row.call, "referee"), **more}


def master() -> tuple[Call, Application]:
    """A draft of somebody with neither a senior title nor a doctorate."""
    call = new_call()
    return call, draft_of(call, new_person("硕士申请人", highest_degree="硕士"))


def qualified(row: Application) -> Any:
    fresh = Application.objects.select_related("call__scheme", "host", "leader", "discipline").get(pk=row.pk)
    return next(r for r in check_applications([fresh], fresh.call)[row.pk] if r.rule == "qualified")


def test_two_referees_by_link_make_the_applicant_eligible() -> None:
    _call, row = master()
    assert qualified(row).outcome == "failed"
    for n in (1, 2):
        _referee, key = name_one(row, n)
        assert Client().get(f"/refer/{key}/").status_code == 200
        answer = Client().post(f"/refer/{key}/", writing(row, said_name=f"专家{n}"))
        assert "推荐意见已提交" in answer.content.decode()
        assert (qualified(row).outcome == "passed") == (n == 2)
    assert {r.state for r in row.referees.all()} == {"written"}
    found = DocumentSignature.objects.filter(application=row, party="referee").values_list("name", flat=True)
    assert sorted(found) == ["专家1", "专家2"]


def test_a_referee_without_senior_title_or_of_another_field_does_not_count() -> None:
    _call, row = master()
    for n, missing in ((1, "is_senior"), (2, "same_field")):
        _referee, key = name_one(row, n)
        values = writing(row, said_name=f"专家{n}")
        del values[missing]
        Client().post(f"/refer/{key}/", values)
    found = qualified(row)
    assert (found.outcome, found.inputs["not_counted"]) == ("failed", ["专家1", "专家2"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"letter": "太短"}, "letter"),
        ({"letter": "长" * 3001}, "letter"),
        ({"tie": "friend"}, "tie"),
        ({"said_name": " "}, "said_name"),
        ({"agree": []}, "agree"),
    ],
)
def test_a_letter_is_whole_or_nothing(change: dict[str, Any], field: str) -> None:
    _call, row = master()
    referee, key = name_one(row)
    answer = Client().post(f"/refer/{key}/", writing(row, **change))
    assert answer.status_code == 422
    assert (Referee.objects.get(pk=referee.pk).written_at, ended(key)) == (None, "")
    values = writing(row, **change)
    with pytest.raises(Refused) as error:
        write_letter(referee=referee, values=values, agree=values["agree"], actor=OUTSIDE)
    assert refusal(error)[0][0] == field


def test_a_letter_is_written_once_and_in_time() -> None:
    _call, row = master()
    referee, key = name_one(row)
    values = writing(row)
    with clock.at(row.call.closes_at), pytest.raises(Refused, match="已过申报截止时间"):
        write_letter(referee=referee, values=values, agree=True, actor=OUTSIDE)
    write_letter(referee=referee, values=values, agree=True, actor=OUTSIDE)
    with pytest.raises(Refused, match="已经答复"):
        write_letter(referee=referee, values=values, agree=True, actor=OUTSIDE)
    assert Client().get(f"/refer/{key}/").status_code == 410
    with pytest.raises(Refused, match="已提交推荐意见"):
        remove_referee(referee=referee, actor=as_(row.leader))


def test_a_referee_writes_also_after_the_submission_but_not_for_what_was_withdrawn() -> None:
    _call, row = master()
    (first, _k1), (second, _k2) = name_one(row, 1), name_one(row, 2)
    submit_application(application=row, actor=as_(row.leader), agree=True)
    write_letter(referee=first, values=writing(row), agree=True, actor=OUTSIDE)
    withdraw_application(application=row, actor=as_(row.leader))
    with pytest.raises(Refused, match="已撤回"):
        write_letter(referee=second, values=writing(row), agree=True, actor=OUTSIDE)


def test_a_referee_declines_and_makes_room_for_another() -> None:
    _call, row = master()
    made = [name_one(row, n) for n in (1, 2, 3)]
    with pytest.raises(Refused, match="最多 3 名"):
        name_one(row, 4)
    answer = Client().post(f"/refer/{made[0][1]}/", {"do": "decline", "reason": "不熟悉"})
    assert "已谢绝" in answer.content.decode()
    told = Notification.objects.filter(account=row.leader.account).order_by("-pk")[0]
    assert (told.title, told.body) == ("推荐专家 专家1 谢绝推荐", "不熟悉")
    name_one(row, 4)
    with pytest.raises(Refused, match="已经答复"):
        decline_referee(referee=made[0][0], reason="再次", actor=OUTSIDE)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"email": "x"}, ""), ({"discipline": "ZZ"}, "discipline"), ({"title": " "}, "title"), ({"name": ""}, "name")],
)
def test_a_referee_is_named_in_full(change: dict[str, Any], field: str) -> None:
    _call, row = master()
    values = {
        "name": "甲",
        "institution": "外地大学",
        "title": "教授",
        "email": "a@example.org",
        "discipline": code_of(row),
    } | change
    answer = client(row.leader.account.username).post(f"/applications/{row.pk}/referees/", values)  # type: ignore[union-attr]
    assert (answer.status_code, row.referees.count()) == (422, 0)
    if field:
        with pytest.raises(Refused) as error:
            name_referee(application=row, values=values, actor=as_(row.leader))
        assert refusal(error)[0][0] == field


def test_nobody_recommends_themselves_a_member_or_twice() -> None:
    _call, row = master()
    Person.objects.filter(pk=row.leader_id).update(email="self@example.org")
    row = Application.objects.get(pk=row.pk)
    member = new_person("同组", email="member@example.org")
    add_members(application=row, members=[(member, 3)], actor=as_(row.leader))
    name_one(row, 1, email="once@example.org")
    for email in ("Self@example.org", "member@example.org", "ONCE@example.org"):
        with pytest.raises(Refused) as error:
            name_one(row, 2, email=email)
        assert refusal(error) == [("email", "")]
    with pytest.raises(Refused) as error:
        name_one(row, 2, name="同组", institution=member.organisation.name_zh)  # type: ignore[union-attr]
    assert refusal(error) == [("name", "")]


def test_referees_are_named_by_the_leader_and_only_where_the_scheme_has_them() -> None:
    _call, row = master()
    values = {"name": "甲", "institution": "乙", "title": "教授", "email": "a@example.org", "discipline": code_of(row)}
    with pytest.raises(NotAllowed):
        name_referee(application=row, values=values, actor=as_(new_person("旁人")))
    lab = placed(new_call("im-lab"), "draft")
    with pytest.raises(Refused, match="不需要推荐专家"):
        name_referee(application=lab, values=values, actor=as_(lab.leader))


def test_no_key_of_one_referee_writes_for_another() -> None:
    _call, row = master()
    (first, key), (second, other) = name_one(row, 1), name_one(row, 2)
    Client().post(f"/refer/{key}/", writing(row))
    assert [r.state for r in row.referees.order_by("pk")] == ["written", "invited"]
    assert Client().get(f"/confirm/{other}/").status_code == 404
    fresh = send_referee_again(referee=second, actor=as_(row.leader))
    assert (ended(other), ended(fresh)) == ("revoked", "")
    assert first.pk


def test_who_reads_the_letter() -> None:
    """Officers and the committee once it is in the house; not the applicant, the host or anybody else."""
    call, row = master()
    _referee, key = name_one(row)
    Client().post(f"/refer/{key}/", writing(row))
    submit_application(application=row, actor=as_(row.leader), agree=True)
    url, text = f"/applications/{row.pk}/", LETTER[:26]
    readers = {row.leader.account.username: False, f"host-{row.host.code}": False, "officer": True, "committee": True}  # type: ignore[union-attr]
    for name in (row.leader.account.username, f"host-{row.host.code}"):  # type: ignore[union-attr]
        page = client(name).get(url).content.decode()
        assert ("已提交推荐意见" in page, text in page) == (True, False)
    Application.objects.filter(pk=row.pk).update(state="received")
    for name, reads in readers.items():
        page = client(name).get(url).content.decode()
        assert ("王教授" in page, text in page) == (True, reads)
    assert text in client("officer").get(f"/office/applications/{row.pk}/").content.decode()
    assert client(row.leader.account.username).get(f"/office/applications/{row.pk}/").status_code == 403  # type: ignore[union-attr]
    fresh = Application.objects.get(pk=row.pk)
    assert application_data(fresh)["referees"][0]["letter"] == ""
    assert application_data(fresh, letters=True)["referees"][0]["letter"] == LETTER
    assert call.pk


def test_the_applicant_s_list_tells_the_state_only() -> None:
    _call, row = master()
    referee, key = name_one(row)
    browser = client(row.leader.account.username)  # type: ignore[union-attr]
    url = f"/applications/{row.pk}/edit/referees/"
    assert "已邀请" in browser.get(url).content.decode()
    Client().get(f"/refer/{key}/")
    assert "已打开链接" in browser.get(url).content.decode()
    Client().post(f"/refer/{key}/", writing(row))
    page = browser.get(url).content.decode()
    assert ("已提交推荐意见" in page, LETTER[:26] in page) == (True, False)
    assert referee.pk


def test_a_referee_of_the_registry_does_not_review_the_application() -> None:
    call = new_call()
    expert = Expert.objects.filter(is_active=True).exclude(person__email="").select_related("person").order_by("pk").first()
    person = expert.person if expert else Expert.objects.select_related("person").order_by("pk")[0].person
    Person.objects.filter(pk=person.pk).update(email="expert-referee@example.org")
    row = draft_of(call, new_person("硕士申请人", real_host(), highest_degree="硕士"))
    referee, _key = name_one(row, 1, name=person.name_zh, email="Expert-Referee@example.org")
    assert referee.person_id == person.pk
    Application.objects.filter(pk=row.pk).update(state="accepted", number="R000001")
    find_conflicts(call=call, actor=system("test"))
    found = Conflict.objects.filter(application=row, expert__person=person, kind="named")
    assert [c.evidence for c in found] == [f"推荐专家 {person.name_zh}"]
    assert not Conflict.objects.filter(application=row, kind="named").exclude(expert__person=person).exists()


def test_officer_sees_the_account_of_nobody_in_a_referee() -> None:
    """A name alone does not tell a person of the registry."""
    _call, row = master()
    known = new_person("同名专家")
    referee, _key = name_one(row, 1, name=known.name_zh)
    assert referee.person_id is None
    assert actor("officer").account
