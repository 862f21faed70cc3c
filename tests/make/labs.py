"""What a laboratory needs before it runs, by the real commands: staff, committee with a meeting, rules, a call, the request, the panel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from headwater.bases.models import Base, BasePerson, OpenCall
from headwater.bases.rows.declared import ROWS
from headwater.bases.rows.services import put_row
from headwater.casework.bodies.models import Body, Sitting
from headwater.casework.bodies.services.calling import Agenda, call_sitting
from headwater.casework.bodies.services.composing import Chosen
from headwater.casework.bodies.services.convening import convene
from headwater.casework.bodies.services.holding import close_sitting, hold, vote
from headwater.casework.notices.models import Notice
from headwater.casework.notices.services.ending import end_everywhere
from headwater.casework.requests.models import Request
from headwater.casework.requests.services.proposing import propose, submit
from headwater.casework.requests.stores import STORE
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.command import system
from headwater.core.models import Account, RoleGrant
from headwater.forms.sheets import sheet_of
from tests.make.people import actor, as_, new_host, new_person

ACCEPTANCE = {
    "summary": "建设任务书规定的各项任务都已完成：队伍、场地、仪器设备和制度齐备，开放课题已经发布，学术委员会正常运转。实验室具备运行条件，申请验收。",
    "goals": [{"goal": "队伍", "planned": "20 人", "reached": "25 人"}],
    "problems": "高层次人才仍需引进，下一步加大投入。",
}


def put(table: str, base: Base, who: Any = None, **values: Any) -> Any:
    """Put a row beside a base; what is not said is empty."""
    of = ROWS[table]
    empty = {c.name: None if c.kind in {"date", "money", "number"} or c.name in {"call", "file"} else "" for c, _f in of.asked}
    return put_row(table=of, entry=base, values=empty | values, actor=who or actor("officer"))


def put_fixed(base: Base, person: Any = None, **more: Any) -> BasePerson:
    values = {
        "person": person or new_person(),
        "role": "researcher",
        "kind": "fixed",
        "since": clock.today() - timedelta(days=600),
    }
    row: BasePerson = put("people", base, **(values | more))
    return row


def put_call(base: Base, **more: Any) -> OpenCall:
    today = clock.today()
    values = {"title": "开放课题指南", "text": "面向国内外同行。", "opens_on": today, "closes_on": today + timedelta(days=60)}
    row: OpenCall = put("calls", base, **(values | more))
    return row


def put_rule(base: Base, **more: Any) -> Any:
    values = {"title": "实验室章程", "adopted_on": clock.today() - timedelta(days=30), "link": "https://example.org/rules"}
    return put("rules", base, **(values | more))


def body_of(base: Base, kind: str, size: int) -> Body:
    home = new_host("外校")
    members = [Chosen(new_person(f"外专家{n}", home), "chair" if n == 0 else "member") for n in range(size)]
    return convene(kind=kind, record=base, name_zh=f"{base.name_zh}委员会", members=members, actor=actor("officer"))


def sit(body: Body, *agenda: Agenda, choice: str = "yes") -> Sitting:
    """Call a body together, have all come and vote alike, and end the sitting, all now."""
    soon = clock.now() + timedelta(days=body.rule.notice_days + 1)
    sitting = call_sitting(body=body, meets_at=soon, place="一号会议室", agenda=list(agenda), actor=actor("officer"))
    Sitting.objects.filter(pk=sitting.pk).update(meets_at=clock.now() - timedelta(minutes=1))
    members = list(body.members.select_related("person").order_by("pk"))
    sitting = hold(sitting=sitting, present=[m.pk for m in members], actor=actor("officer"))
    items = list(sitting.items.exclude(ballot="none").order_by("position"))
    for member in members if items else []:
        vote(sitting=sitting, member=member, votes={i.pk: choice for i in items}, actor=as_(member.person))
    return close_sitting(sitting=sitting, minutes="会议听取了汇报并表决。", actor=actor("officer"))


def give_committee(base: Base, kind: str = "academic-committee", size: int = 9, *, meets: bool = True) -> Body:
    body = body_of(base, kind, size)
    if meets:
        sit(body, Agenda("听取年度工作", ballot="none"))
    return body


def panel_votes(base: Base, choice: str = "yes") -> Body:
    body = body_of(base, "acceptance-panel", 5)
    sit(body, Agenda("是否通过验收", purpose="accept"), choice=choice)
    return body


def requested(base: Base, kind: str, values: dict[str, Any], who: Any, *, reason: str = "按规定提出") -> Request:
    """Propose and submit a request about a base."""
    request = propose(subject=base, kind=kind, values=values, reason=reason, actor=who)
    return submit(request=request, reason=reason, revision=sheet_of(STORE.of(request.pk)).revision, actor=who)


def agreed(request: Request, verdict: str = "approve", director: Any = None) -> Request:
    """Have everybody whom a request asks answer it, each another than before."""
    base, officers = Base.objects.get(pk=request.subject_id), iter(("officer", "officer2"))
    while case := open_case(Request.objects.get(pk=request.pk)):
        role = case.steps.get(place=case.place).role
        if role == "programme_officer":
            who = actor(next(officers))
        elif role == "committee":
            who = actor("committee")
        elif role == "director":
            who = as_(base.director)
        else:
            who = actor(answering(role, base))
        answer(case=case, verdict=verdict, seen=case_sight(case).token, note="同意", actor=who)
    return Request.objects.get(pk=request.pk)


def answering(role: str, base: Base) -> str:
    """An account that holds a role for the institution of a base, another than its usual manager."""
    account = new_person("管理员", base.host).account
    assert account
    RoleGrant.objects.create(account=account, role=role, scope="organisation", scope_id=base.host_id)
    return str(Account.objects.get(pk=account.pk).username)


def ready(base: Base, committee: str = "academic-committee") -> Base:
    """Give a laboratory that is being built all that its acceptance asks but the request and the panel."""
    Base.objects.filter(pk=base.pk, director=None).update(director=new_person("主任", base.host))
    put_fixed(base)
    put_rule(base)
    put_call(base)
    give_committee(base, committee, size=7 if committee == "enterprise-committee" else 9)
    return Base.objects.select_related("host", "director").get(pk=base.pk)


def ready_to_accept(base: Base, who: Any = None) -> Base:
    """As `ready`, with the request agreed to and the panel in favour."""
    base = ready(base)
    asking = who or actor(f"host-{base.host.code}")
    agreed(requested(base, "accept", ACCEPTANCE, asking))
    panel_votes(base)
    return base


def end_notices() -> None:
    """Let the periods of all notices be over, and what was published take effect."""
    Notice.objects.filter(closed_at=None).update(
        starts_at=clock.now() - timedelta(days=9), ends_at=clock.now() - timedelta(days=1)
    )
    end_everywhere(actor=system("worker"))
