"""What comes of applications: checks, opinions, ballots, decisions, notices, awards, agreements; put straight into the tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection

from headwater.awards.models import Agreement, Award
from headwater.calls.models import Application, Call, Decision, FormalCheck, Notice, NoticeRow, Objection
from headwater.core import clock
from headwater.core.models import Account
from headwater.review.models import Assignment, BallotCast, Conflict, Opinion, Panel, PanelItem, PanelMember, Round
from tests.make.people import new_expert

DAY = timedelta(days=1)
WAN = 1_000_000


def nothing_played() -> None:
    """Take every call of the played year away with all that hangs on it; the registry stays. Needs the owner of the tables."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE calls_call CASCADE")
        cursor.execute("DELETE FROM policy_indicatorvalue")


def new_award(application: Application, wan: int, **more: Any) -> Award:
    """The award of an application, decided with `wan` ten thousands."""
    given_up = more.get("state") in {"lapsed", "refused"}
    decided = {"outcome": "fund", "amount_fen": wan * WAN, "proposed_by": Account.objects.get(username="officer")}
    Decision.objects.create(application=application, call=application.call, freed_at=clock.now() if given_up else None, **decided)
    fields = {
        "number": f"A-{application.number}",
        "title_zh": application.title_zh,
        "leader": application.leader,
        "host": application.host,
        "state": Award.State.RUNNING,
        "amount_fen": wan * WAN,
        "starts_on": date(application.call.year, 1, 1),
        "ends_on": date(application.call.year + 2, 12, 31),
        "approved_at": clock.now() - 60 * DAY,
        "agreement_by": clock.now() - 30 * DAY,
    } | more
    return Award.objects.create(application=application, call=application.call, **fields)


def signed_agreement(award: Award, *, after: timedelta) -> Agreement:
    """The agreement of an award, signed by all so long after the decision."""
    return Agreement.objects.create(award=award, content={}, digest="0" * 64, signed_at=award.approved_at + after)


def closed_notice(call: Call, *applications: Application, **more: Any) -> Notice:
    """A notice that is over, so that the results of the call are public."""
    now = clock.now()
    dates = {"starts_at": now - 20 * DAY, "ends_at": now - 10 * DAY, "closed_at": now - 9 * DAY} | more
    notice = Notice.objects.create(call=call, title_zh=f"{call.title_zh}公示", digest="0" * 64, **dates)
    for position, row in enumerate(applications, start=1):
        shown = {"title": row.title_zh, "leader": row.leader.name_zh, "host": row.host.name_zh, "amount_fen": row.amount_fen}
        NoticeRow.objects.create(notice=notice, application=row, position=position, **shown)
    return notice


def new_objection(row: NoticeRow, state: str, name: str = "举报人") -> Objection:
    now = clock.now()
    settled = {"settled_at": now} if state == "upheld" else {}
    settled |= {"answered_at": now} if state in {"upheld", "dismissed"} else {}
    contact = f"{name}-{state}@example.org"
    return Objection.objects.create(
        notice=row.notice, row=row, name=name, contact=contact, text="与在研项目重复", state=state, **settled
    )


def checked(application: Application, *, after: timedelta) -> FormalCheck:
    """The formal check of an application, decided so long after the call was closed."""
    at = application.call.closes_at + after
    return FormalCheck.objects.create(application=application, ran_at=at, verdict="clear", decided_at=at)


def opinion_on(application: Application, *, submitted: bool = True) -> Opinion:
    """An opinion of a new expert."""
    round_ = Round.objects.get_or_create(call=application.call, defaults={"seed": 1, "state": Round.State.PROPOSED})[0]
    state = "submitted" if submitted else "accepted"
    asked = Assignment.objects.create(round=round_, application=application, expert=new_expert(), state=state)
    marks = {"total": 80, "grade": 2, "text_applicant": "思路清楚", "submitted_at": clock.now()} if submitted else {}
    return Opinion.objects.create(assignment=asked, **marks)


def conflict_with(application: Application, kind: str = "kin") -> Conflict:
    return Conflict.objects.create(application=application, expert=new_expert(), kind=kind)


def ballots_on(application: Application, number: int) -> Panel:
    """A panel with one item, on which so many members have voted."""
    panel = Panel.objects.create(call=application.call, name="会评组", state=Panel.State.CLOSED)
    item = PanelItem.objects.create(panel=panel, application=application, position=1, yes=number)
    members = [PanelMember.objects.create(panel=panel, expert=new_expert(), present=True) for _n in range(number)]
    BallotCast.objects.bulk_create(BallotCast(item=item, member=member) for member in members)
    return panel
