"""Sittings: called with notice, held with a quorum or not met, voted on in secret or openly, closed with results that stay."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from icalendar import Calendar
from pypdf import PdfReader

from headwater.casework.bodies.models import Attendance, Ballot, BodyMember, Recusal, Sitting, SittingItem
from headwater.casework.bodies.queries import (
    committee_met,
    meetings_lacking,
    met_between,
    records_whose_body_met,
    result_for,
    whats_wrong,
)
from headwater.casework.bodies.services.calling import (
    Agenda,
    answer_invitation,
    call_sitting,
    cancel_sitting,
    change_sitting,
    remind,
)
from headwater.casework.bodies.services.composing import Chosen, as_chosen
from headwater.casework.bodies.services.convening import change_members
from headwater.casework.bodies.services.holding import close_sitting, hold, missing_ballots, recuse, vote
from headwater.casework.bodies.services.minutes import minutes_of
from headwater.casework.bodies.services.opinions import submitted, write_opinion
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.mails import send_outbox
from headwater.core.models import Account, Event, Notification
from headwater.registry.models import Relation
from tests.casework.made import COMMITTEE, ETHICS, PANEL, attendance, called, cast, chosen, committee, in_session, outsiders
from tests.make import actor, as_, browser_of, client, manager, new_person, real_host

pytestmark = pytest.mark.django_db
VOTE, HEARD = Agenda("是否同意年度计划"), Agenda("听取工作报告", ballot="none")


def close(sitting: Sitting, **more: str) -> Sitting:
    return close_sitting(sitting=sitting, actor=actor("officer"), **({"minutes": "会议听取了报告。"} | more))


def test_a_sitting_is_called_with_notice_and_members_get_it_for_their_calendar() -> None:
    body = committee()
    with pytest.raises(Refused) as error:
        called(body, Agenda(" ", minutes=0), meets_at=clock.now() + timedelta(days=2))
    assert [r.field for r in error.value.reasons] == ["meets_at", "agenda", "agenda"]
    assert "须提前 7 天通知" in error.value.reasons[0].text
    sitting = called(body, VOTE, HEARD)
    assert (sitting.quorum, sitting.majority, sitting.counted) == (">=2/3", ">1/2", "present")
    assert sitting.attendances.count() == 9
    send_outbox(limit=100_000)
    member = body.members.order_by("pk")[1]
    sent = next(m for m in mail.outbox if m.to == [member.person.account.email] and "会议通知" in m.subject)
    entry = Calendar.from_ical(sent.attachments[0][1]).walk("VEVENT")[0]
    assert (entry["STATUS"], entry["LOCATION"]) == ("CONFIRMED", "一号会议室")
    assert f"/sittings/{sitting.pk}/" in entry["URL"]


def test_a_change_is_told_once_and_asks_anew_where_the_time_is_another() -> None:
    body = committee()
    sitting = called(body, VOTE)
    row = attendance(sitting, body.members.order_by("pk")[0])
    answer_invitation(attendance=row, comes=True, actor=as_(row.member.person))
    same = [Agenda(i.title, i.text, i.ballot, i.minutes, item=i.pk) for i in sitting.items.all()]
    before = Notification.objects.count()
    change_sitting(sitting=sitting, meets_at=sitting.meets_at, place=sitting.place, agenda=same, actor=actor("officer"))
    assert Notification.objects.count() == before
    later = sitting.meets_at + timedelta(days=1)
    changed = change_sitting(sitting=sitting, meets_at=later, place="二号会议室", agenda=[*same, HEARD], actor=actor("officer"))
    assert (changed.sequence, changed.items.count()) == (1, 2)
    assert Notification.objects.filter(title=f"会议安排有变更：{body.name_zh}").count() == 9
    assert attendance(sitting, row.member).answer == ""


def test_a_member_answers_for_themself_alone_and_a_cancelled_sitting_is_taken_out_of_calendars() -> None:
    body = committee()
    sitting = called(body)
    first, second = body.members.order_by("pk")[:2]
    row = attendance(sitting, first)
    with pytest.raises(Refused, match="只能由本人"):
        answer_invitation(attendance=row, comes=True, actor=as_(second.person))
    with pytest.raises(NotAllowed):
        answer_invitation(attendance=row, comes=True, actor=as_(outsiders(1)[0]))
    assert answer_invitation(attendance=row, comes=False, actor=as_(first.person)).answer == "away"
    cancel_sitting(sitting=sitting, reason="主任委员出差", actor=actor("officer"))
    send_outbox(limit=100_000)
    sent = next(m for m in mail.outbox if m.to == [second.person.account.email] and "会议取消" in m.subject)
    assert Calendar.from_ical(sent.attachments[0][1]).walk("VEVENT")[0]["STATUS"] == "CANCELLED"
    with pytest.raises(Refused, match="会议已开始或已取消"):
        answer_invitation(attendance=row, comes=True, actor=as_(first.person))


def test_without_a_quorum_a_sitting_counts_as_not_met_until_it_is_put_right() -> None:
    body = committee()
    today = clock.today()
    sitting, members = in_session(body, VOTE, present=5)
    assert sitting.state == "unmet"
    assert not met_between(body, today, today)
    with pytest.raises(Refused, match="现在不能投票"):
        cast(sitting, members[0], "yes")
    sitting = hold(sitting=sitting, present=[m.pk for m in members[:6]], actor=actor("officer"))
    assert (sitting.state, sitting.closed_at) == ("in_session", None)
    for m in members[:6]:
        cast(sitting, m, "yes")
    close(sitting)
    assert met_between(body, today, today)
    assert not met_between(body, today - timedelta(days=9), today - timedelta(days=1))
    assert committee_met(body.record, COMMITTEE, today, today)
    assert not committee_met(body.record, PANEL, today, today)
    assert list(records_whose_body_met("registry.organisation", COMMITTEE, today, today)) == [body.subject_id]


def test_attendance_is_not_put_down_before_the_day_nor_taken_from_who_voted() -> None:
    body = committee()
    sitting = called(body)
    with pytest.raises(Refused, match="会议日期未到"):
        hold(sitting=sitting, present=[], actor=actor("officer"))
    sitting, members = in_session(committee(), VOTE)
    cast(sitting, members[0], "yes")
    with pytest.raises(Refused, match="已经投票"):
        hold(sitting=sitting, present=[m.pk for m in members[1:]], actor=actor("officer"))


def test_a_secret_ballot_keeps_no_choice_and_an_open_one_does() -> None:
    sitting, members = in_session(committee(), VOTE, Agenda("记名事项", ballot="open"), HEARD)
    choices = ["yes"] * 5 + ["no"] * 3 + ["abstain"]
    for member, choice in zip(members, choices, strict=True):
        assert cast(sitting, member, choice, choice) == 2
    secret, open_, _heard = sitting.items.order_by("position")
    assert set(Ballot.objects.filter(item=secret).values_list("choice", flat=True)) == {""}
    assert sorted(Ballot.objects.filter(item=open_).values_list("choice", flat=True)) == sorted(choices)
    events = Event.objects.filter(command="bodies.vote", subject_id__in=[m.pk for m in members])
    assert not any("yes" in str(e.after) or "abstain" in str(e.after) for e in events)
    close(sitting)
    items = list(sitting.items.order_by("position"))
    assert [(i.yes, i.no, i.abstain, i.result) for i in items] == [(5, 3, 1, "carried"), (5, 3, 1, "carried"), (0, 0, 0, "noted")]
    assert not check(
        ["body_votes_match_ballots", "body_ballots_are_allowed", "held_sittings_had_a_quorum", "rows_as_written", "guards_stand"]
    )


def test_who_stands_back_neither_sees_nor_votes_and_is_not_counted() -> None:
    sitting, members = in_session(committee(), VOTE, Agenda("第二项"))
    first, second = sitting.items.order_by("position")
    recuse(item=first, member=members[0], reason="与申请人合作", actor=as_(members[0].person))
    page = browser_of(members[0].person).get(f"/sittings/{sitting.pk}/").content.decode()
    assert ("是否同意年度计划" in page, "第二项" in page, "有 1 项您须回避" in page) == (False, True, True)
    with pytest.raises(Refused, match="须回避"):
        vote(sitting=sitting, member=members[0], votes={first.pk: "yes"}, actor=as_(members[0].person))
    for m in members[1:6]:
        cast(sitting, m, "yes", "yes")
    for m in members[6:]:
        cast(sitting, m, "no", "yes")
    vote(sitting=sitting, member=members[0], votes={second.pk: "yes"}, actor=as_(members[0].person))
    closed = close(sitting)
    assert [i.result for i in closed.items.order_by("position")] == ["carried", "carried"]
    minutes = minutes_of(closed)
    assert [[m.person.name_zh for m in line.recused] for line in minutes.lines] == [[members[0].person.name_zh], []]
    with pytest.raises(Refused, match="会议已结束"):
        recuse(item=second, member=members[1], reason="迟了", actor=as_(members[1].person))


def test_hooks_find_who_must_stand_back_when_a_sitting_is_called() -> None:
    host = real_host()
    judged = new_person("被评议人", host)
    account = manager(host).account
    type(judged).objects.filter(account=account).update(account=None)
    type(judged).objects.filter(pk=judged.pk).update(account=account)
    people = outsiders(5)
    pair = sorted((judged.pk, people[1].pk))
    Relation.objects.create(first_id=pair[0], second_id=pair[1], kind="supervisor")
    body = committee(kind=PANEL, host=host, members=chosen(people))
    sitting = called(body, Agenda("是否通过验收", purpose="accept"), meets_at=clock.now() + timedelta(days=4))
    found = Recusal.objects.filter(item__sitting=sitting).get()
    assert (found.member.person_id, found.hook) == (people[1].pk, "related")
    assert "师生或合作关系" in found.reason


def test_the_database_refuses_ballots_that_the_rules_do() -> None:
    body = committee()
    sitting, members = in_session(body, VOTE, present=8)
    item = sitting.items.get()

    def put(member: BodyMember, choice: str = "") -> str:
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            Ballot.objects.create(item=item, member=member, choice=choice)
        return str(error.value)

    assert "headwater_ballot" in put(members[8]), "who is away"
    assert "headwater_ballot" in put(members[0], "yes"), "a choice of a secret ballot"
    Recusal.objects.create(item=item, member=members[1], reason="回避")
    assert "headwater_recused" in put(members[1])
    Ballot.objects.create(item=item, member=members[2])
    with pytest.raises(DatabaseError, match="headwater_voted"), transaction.atomic():
        Recusal.objects.create(item=item, member=members[2], reason="太迟")
    SittingItem.objects.filter(pk=item.pk).update(result="carried")
    with pytest.raises(DatabaseError, match="headwater_settled"), transaction.atomic():
        SittingItem.objects.filter(pk=item.pk).update(result="not_carried")


def test_a_missing_ballot_is_named_and_needs_a_reason() -> None:
    sitting, members = in_session(committee(), VOTE)
    for m in members[:8]:
        cast(sitting, m, "yes")
    item = sitting.items.get()
    assert {k: [m.pk for m in v] for k, v in missing_ballots(sitting).items()} == {item.pk: [members[8].pk]}
    with pytest.raises(Refused) as error:
        close(sitting, minutes=" ")
    assert [r.field for r in error.value.reasons] == ["minutes", "reason"]
    assert members[8].person.name_zh in error.value.reasons[1].text
    closed = close(sitting, reason="临时离会")
    assert (closed.missing_reason, closed.items.get().missing) == ("临时离会", 1)
    with pytest.raises(Refused):
        close(sitting)


def test_of_all_members_when_the_kind_says_so() -> None:
    """Five of seven are there and all say yes: two thirds of those there, not of all."""
    body = committee(7, "ethics-recheck", members=chosen(outsiders(7)))
    for here, result in ((6, "carried"), (5, "carried")):
        sitting, members = in_session(body, VOTE, present=here)
        for m in members[:here]:
            cast(sitting, m, "yes" if m != members[0] else "no")
        needed = -(-7 * 2 // 3)
        assert close(sitting).items.get().result == (result if here - 1 >= needed else "not_carried")


def test_a_secretary_keeps_the_papers_without_a_vote() -> None:
    body = committee()
    clerk = outsiders(1, name="秘书")[0]
    rows = [as_chosen(m) for m in body.members.order_by("pk")]
    change_members(body=body, members=[*rows, Chosen(clerk, "secretary")], actor=actor("officer"))
    sitting = call_sitting(body=body, meets_at=clock.now() + timedelta(days=8), place="线上", agenda=[VOTE], actor=as_(clerk))
    Sitting.objects.filter(pk=sitting.pk).update(meets_at=clock.now())
    members = list(body.members.order_by("pk"))
    sitting = hold(sitting=sitting, present=[m.pk for m in members], actor=as_(clerk))
    with pytest.raises(Refused, match="现在不能投票"):
        cast(sitting, members[-1], "yes")
    for m in members[:-1]:
        cast(sitting, m, "yes")
    assert close_sitting(sitting=sitting, minutes="已表决。", actor=as_(clerk)).items.get().yes == 9


def test_the_result_of_a_panel_is_asked_by_purpose() -> None:
    host = real_host()
    body = committee(kind=PANEL, host=host, members=chosen(outsiders(5)))
    assert result_for(host, PANEL, purpose="accept") is None
    sitting, members = in_session(body, Agenda("是否通过验收", purpose="accept"))
    for m in members:
        cast(sitting, m, "yes")
    close(sitting)
    found = result_for(host, PANEL, purpose="accept")
    assert found is not None
    assert found.result == "carried"
    assert result_for(host, PANEL, purpose="accept", since=clock.today() + timedelta(days=1)) is None
    assert result_for(host, PANEL, purpose="other") is None


def test_opinions_are_written_under_the_form_of_the_kind_and_shown_without_names() -> None:
    body = committee(kind=PANEL, members=chosen(outsiders(5)))
    sitting, members = in_session(body, Agenda("是否通过验收"))
    item = sitting.items.select_related("sitting__body__kind").get()
    with pytest.raises(Refused) as error:
        write_opinion(item=item, member=members[0], values={"text": "太短"}, actor=as_(members[0].person), submit=True)
    assert {r.field for r in error.value.reasons} == {"fulfilled", "text"}
    words = "建设任务全面完成，运行机制健全，建议通过验收。"
    for m in members[:2]:
        write_opinion(
            item=item, member=m, values={"fulfilled": "full", "text": words + m.person.name_zh}, actor=as_(m.person), submit=True
        )
    with pytest.raises(Refused, match="意见已提交"):
        write_opinion(item=item, member=members[0], values={"text": "改"}, actor=as_(members[0].person))
    with pytest.raises(Refused, match="只能由本人"):
        write_opinion(item=item, member=members[2], values={}, actor=as_(members[0].person))
    assert len(submitted(item)) == 2
    for m in members:
        cast(sitting, m, "yes")
    close(sitting)
    answer = client("officer").get(f"/sittings/{sitting.pk}/minutes/pdf/")
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(answer.content)).pages).replace("\n", "")
    assert words in text
    assert f"{members[0].person.name_zh}：建设" not in text
    assert "意见1：" in text


def test_reminders_go_out_once_on_the_days_of_the_kind() -> None:
    body = committee()
    sitting = called(body, meets_at=clock.now() + timedelta(days=10))
    gone = attendance(sitting, body.members.order_by("pk")[0])
    answer_invitation(attendance=gone, comes=False, actor=as_(gone.member.person))
    for days, times in ((2, 0), (7, 8), (8, 8), (9, 16)):
        with clock.at(clock.now() + timedelta(days=days)):
            remind()
            remind()
            found = Notification.objects.filter(title=f"会议提醒：{body.name_zh}")
            assert found.count() == times
            assert not found.filter(account=gone.member.person.account).exists()


def test_duties_of_members_and_of_who_leads() -> None:
    body = committee()
    member = body.members.order_by("pk")[1]

    def titles(account: Account) -> list[str]:
        return [d.title for d in duties_of(Account.objects.get(pk=account.pk)) if body.name_zh in d.title]

    officer = actor("officer").account
    assert any(d.url == "/bodies/?need=meeting" for d in duties_of(officer))
    sitting = called(body)
    assert titles(member.person.account) == [f"确认是否参加会议：{body.name_zh}"]
    answer_invitation(attendance=attendance(sitting, member), comes=True, actor=as_(member.person))
    assert titles(member.person.account) == [f"参加会议：{body.name_zh}"]
    assert titles(officer) == []
    Sitting.objects.filter(pk=sitting.pk).update(meets_at=clock.now())
    assert titles(officer) == [f"登记到会：{body.name_zh}"]
    hold(sitting=sitting, present=list(body.members.values_list("pk", flat=True)), actor=actor("officer"))
    assert titles(member.person.account) == [f"会议投票：{body.name_zh}"]
    cast(sitting, member, "yes")
    assert titles(member.person.account) == []
    assert titles(officer) == [f"结束会议并写会议记录：{body.name_zh}"]


def test_what_is_wrong_with_a_body_is_worked_out_from_its_records() -> None:
    body = committee()
    found = [f.text for f in whats_wrong(body)]
    assert found == ["还没有上传议事规则", "本年度须召开 1 次会议，还差 1 次"]
    lazy = body.members.order_by("pk")[8]
    for _n in range(2):
        sitting, _members = in_session(body, HEARD, present=8)
        close(sitting)
    assert meetings_lacking(body) == 0
    assert f"{lazy.person.name_zh} 连续 2 次没有到会，应予更换" in [f.text for f in whats_wrong(body)]
    with clock.at(clock.local(lazy.until - timedelta(days=100))):
        assert any("届满，请换届或补选" in f.text for f in whats_wrong(body))


def test_votes_of_one_member_side_by_side_count_once() -> None:
    sitting, members = in_session(committee(), VOTE)
    cast(sitting, members[0], "yes")
    with pytest.raises(Refused, match="您已投过票"):
        cast(sitting, members[0], "no")
    assert (sitting.items.get().yes, sitting.items.get().no) == (1, 0)
    assert connection.in_atomic_block


def test_an_item_about_another_record_has_its_own_recusals() -> None:
    host = real_host()
    people = outsiders(7)
    type(people[0]).objects.filter(pk=people[6].pk).update(sex="m")
    kinds = [("ethics",), ("law",), ("local",), (), (), (), ()]
    rows = [
        Chosen(type(p).objects.get(pk=p.pk), "chair" if n == 0 else "member", qualities=q)
        for n, (p, q) in enumerate(zip(people, kinds, strict=True))
    ]
    body = committee(kind=ETHICS, host=host, members=rows)
    judged = new_person("项目负责人", host)
    account = manager(host).account
    type(judged).objects.filter(account=account).update(account=None)
    type(judged).objects.filter(pk=judged.pk).update(account=account)
    pair = sorted((judged.pk, people[3].pk))
    Relation.objects.create(first_id=pair[0], second_id=pair[1], kind="coproject")
    sitting = called(body, Agenda("审查甲"), Agenda("审查乙", record=host), meets_at=clock.now() + timedelta(days=4))
    assert set(Recusal.objects.filter(item__sitting=sitting).values_list("member__person", flat=True)) == {people[3].pk}
    assert Attendance.objects.filter(sitting=sitting).count() == 7
