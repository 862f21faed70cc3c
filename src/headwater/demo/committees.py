"""Bodies and public notices outside of calls: a committee that has met and meets again, a panel for one case, a list with an objection."""

from __future__ import annotations

from datetime import timedelta

from headwater.casework.bodies.kinds import BodyKind
from headwater.casework.bodies.models import Body, Sitting
from headwater.casework.bodies.models import BodyKind as KindRow
from headwater.casework.bodies.rules.composition import CHAIR, MEMBER
from headwater.casework.bodies.services.calling import Agenda, answer_invitation, call_sitting
from headwater.casework.bodies.services.composing import Chosen
from headwater.casework.bodies.services.convening import convene
from headwater.casework.bodies.services.holding import close_sitting, hold, vote
from headwater.casework.notices.models import NoticeKind
from headwater.casework.notices.services.objections import ask_objection, file_objection
from headwater.casework.notices.services.publishing import Line, publish
from headwater.core import clock
from headwater.core.i18n import Bilingual
from headwater.demo.people import World
from headwater.registry.models import Organisation, Person
from headwater.registry.queries import region_code

MEETING_HOUR = 9
TITLE = Bilingual("重点实验室年度评估", "yearly evaluation of key laboratories")


def leave_committees(world: World) -> None:
    """Let the committee of the home institution meet once and be called again; convene a panel; publish a list."""
    rows = KindRow.objects.current(region_code()).order_by("code")
    fitting = [row for row in rows if row.rule.fits("registry.organisation") and not row.rule.qualities]
    standing = [row.rule for row in fitting if row.rule.standing]
    if standing:
        _meet(world, _committee(world, standing[0], world.home, days_ago=300))
    for rule in [row.rule for row in fitting if not row.rule.standing][:1]:
        _called(world, _committee(world, rule, world.hosts[-1], days_ago=5, skip=rule.composition.least + 4))
    _list(world)


def _committee(world: World, rule: BodyKind, host: Organisation, *, days_ago: int, skip: int = 0) -> Body:
    people = _outsiders(world, host)[skip : skip + rule.composition.least]
    members = [Chosen(p, CHAIR if n == 0 else MEMBER) for n, p in enumerate(people)]
    with clock.at(clock.local(clock.add_days(clock.today(), -days_ago), MEETING_HOUR)):
        return convene(
            kind=rule.code,
            record=host,
            name_zh=f"{host.name_zh}{rule.name.zh}",
            name_en=f"{rule.name.en}, {host.name_en}" if host.name_en else "",
            members=members,
            actor=world.actor(world.staff["officer2"]),
        )


def _outsiders(world: World, host: Organisation) -> list[Person]:
    """Return experts of other institutions, each with an account."""
    experts = sorted(world.experts, key=lambda e: e.pk)
    return [e.person for e in experts if e.person.account_id and e.person.organisation_id not in (None, host.pk)]


def _meet(world: World, body: Body) -> None:
    """Hold a sitting with its votes and minutes, and call the next one, to which some have answered."""
    officer = world.actor(world.staff["officer2"])
    day = clock.local(clock.add_days(clock.today(), -40), MEETING_HOUR)
    agenda = [
        Agenda("听取年度工作报告", ballot="none", minutes=40),
        Agenda("审议研究方向的调整", "调整的理由和新方向见会议材料。", minutes=30),
    ]
    with clock.at(day - timedelta(days=body.rule.notice_days + 5)):
        sitting = call_sitting(body=body, meets_at=day, place="依托单位会议室", agenda=agenda, actor=officer)
    members = list(body.members.select_related("person").order_by("pk"))
    with clock.at(day):
        sitting = hold(sitting=sitting, present=[m.pk for m in members], actor=officer)
        for n, member in enumerate(members):
            votes = {item.pk: "no" if n == 1 else "yes" for item in sitting.items.exclude(ballot="none")}
            vote(sitting=sitting, member=member, votes=votes, actor=world.actor_of(member.person.account_id))
        close_sitting(sitting=sitting, minutes="会议听取了年度工作报告，审议并表决了研究方向的调整。", actor=officer)
    following = _called(world, body)
    for row in following.attendances.select_related("member__person", "sitting").order_by("pk")[:2]:
        answer_invitation(attendance=row, comes=True, actor=world.actor_of(row.member.person.account_id))


def _called(world: World, body: Body) -> Sitting:
    at = clock.local(clock.add_days(clock.today(), body.rule.notice_days + 6), MEETING_HOUR)
    agenda = [Agenda("听取情况介绍并质询", ballot="none", minutes=60), Agenda("形成意见", minutes=30)]
    officer = world.actor(world.staff["officer2"])
    return call_sitting(body=body, meets_at=at, place="科技厅第二会议室", agenda=agenda, actor=officer)


def _list(world: World) -> None:
    """Publish a list two days ago; somebody objects to its last line."""
    kinds = [row for row in NoticeKind.objects.current(region_code()).order_by("-code") if row.rule.by_hand]
    if not kinds:
        return
    rule, hosts = kinds[0].rule, world.hosts[:3]
    words = [Bilingual("按期办理", "as proposed")] * len(rule.columns)
    lines = [
        Line(
            Bilingual(f"{host.name_zh}重点实验室", f"Key laboratory of {host.name_en}" if host.name_en else ""),
            Bilingual(host.name_zh, host.name_en),
            record=host,
            organisation=host,
            cells=dict(zip((code for code, _word in rule.columns), words, strict=True)),
        )
        for host in hosts
    ]
    with clock.at(clock.local(clock.add_days(clock.today(), -2), MEETING_HOUR)):
        notice = publish(kind=rule.code, lines=lines, what=TITLE, actor=world.actor(world.staff["officer"]))
        row = notice.rows.select_related("notice__kind").order_by("-position")[0]
        text = "该实验室的年度报告与公开数据不一致，请核实。"
        outside = world.actor(None)
        key = ask_objection(row=row, name="某高校教师 郑某", contact="zheng@people.example", text=text, actor=outside)
        file_objection(key=key, actor=outside)
