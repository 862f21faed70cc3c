"""Two worlds that differ only in what became of one application inside, and people who have a part in it or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from headwater.calls.models import Application, Call, Decision, DocumentSignature, DocumentText, FormalCheck, Likeness, Referee
from headwater.core import clock
from headwater.core.models import Account, Event, Job
from headwater.registry.models import Discipline, Person, Relation, ReviewGroup
from headwater.review.models import (
    Assignment,
    BallotCast,
    Conflict,
    Expert,
    Opinion,
    Panel,
    PanelItem,
    PanelMember,
    Ranking,
    Round,
)
from tests.make.calls import new_call, placed
from tests.make.people import new_expert, new_person

DAY = timedelta(days=1)
PARTS = ("leader", "member", "declined", "referee", "family", "signatory")
TEN = 10_000_000
OTHERS = 3
FIGURES = {"pairs": 1, "unfilled": 0, "mean": 0.5, "max_load": 3, "conflicts": 2, "gap": 0.0, "seconds": 1.0}
ITEM = 900_001
"""Key of the application's place on the panel, in the world where it has one."""


@dataclass
class Case:
    """A call under review with one application that is looked at (`row`), others beside it, and a panel."""

    call: Call
    row: Application
    others: list[Application]
    panel: Panel
    round: Round
    experts: list[Expert]

    @property
    def members(self) -> list[PanelMember]:
        return list(self.panel.members.order_by("pk"))


def make_case() -> Case:
    now = clock.now()
    dates = {
        "opens_at": now - 90 * DAY,
        "closes_at": now - 60 * DAY,
        "endorse_by": now - 50 * DAY,
        "recommend_by": now - 40 * DAY,
    }
    call = new_call(budget_fen=9 * TEN, **dates)
    group = ReviewGroup.objects.order_by("code")[0]
    row, *others = [placed(call, "panel", new_person(f"申请人{n}"), review_group=group.code) for n in range(OTHERS + 1)]
    Application.objects.filter(call=call).update(received_at=now - 40 * DAY)
    experts = [new_expert(f"专家{n}号") for n in range(9)]
    panel = Panel.objects.create(call=call, name="会评组", group=group, state=Panel.State.CLOSED, opened_at=now, closed_at=now)
    PanelMember.objects.bulk_create([PanelMember(panel=panel, expert=e, present=True) for e in experts[:3]])
    round_ = Round.objects.create(call=call, state=Round.State.PROPOSED, seed=1, published_at=now, record=FIGURES)
    for application, expert in zip(others, experts, strict=False):
        asked = Assignment.objects.create(round=round_, application=application, expert=expert, state="submitted", due_at=now)
        opine(asked, 70, "别的意见")
        Assignment.objects.create(round=round_, application=application, expert=experts[-1], state="proposed", score=0.5)
        FormalCheck.objects.create(application=application, ran_at=now, verdict="clear")
    for n, application in enumerate(others, start=1):
        PanelItem.objects.create(panel=panel, application=application, position=n, yes=2, no=1, result="recommended")
    return Case(call, row, others, panel, round_, experts)


def opine(asked: Assignment, total: float, text: str) -> Opinion:
    scores = {"scores": {"originality": total}, "total": total, "grade": 2, "familiarity": 2}
    return Opinion.objects.create(
        assignment=asked, text_applicant=f"{text}{total}", text_fund=f"密{text}{total}", submitted_at=clock.now(), **scores
    )


def rank(application: Application, place: int, mean: float) -> None:
    marks = {"mean": mean, "calibrated": mean, "grade_mean": 2, "spread": 1, "chance": 0.5}
    Ranking.objects.create(application=application, rank=place, opinions=3, computed_at=clock.now(), **marks)


def favoured(case: Case) -> None:
    """The application came first, was recommended by the panel and is proposed; other experts than in the other world wrote."""
    row, now = case.row, clock.now()
    Application.objects.filter(pk=row.pk).update(state="proposed")
    for place, application in enumerate([row, *case.others]):
        rank(application, place + 1, 90 - place)
    for n, expert in enumerate(case.experts[3:6]):
        state = "declined" if n == 2 else "submitted"
        asked = Assignment.objects.create(round=case.round, application=row, expert=expert, state=state, due_at=now + 5 * DAY)
        if state == "submitted":
            opine(asked, 91 + n, "甲界意见")
    item = PanelItem.objects.create(pk=ITEM, panel=case.panel, application=row, position=9, yes=3, no=0, result="recommended")
    BallotCast.objects.create(item=item, member=case.members[0])
    officer = Account.objects.get(username="officer")
    Decision.objects.create(
        application=row,
        call=case.call,
        outcome="fund",
        amount_fen=TEN,
        rank=1,
        reason="甲界理由",
        proposed_by=officer,
        proposed_at=now,
    )
    FormalCheck.objects.create(application=row, ran_at=now, verdict="faulty", failed=["F11"], note="甲界审查")
    Conflict.objects.create(application=row, expert=case.experts[6], kind="kin", evidence="甲界冲突")
    Likeness.objects.create(application=case.others[0], other=row, share=0.9, plain=0.9, evidence=9, longest=20, passages=[])
    Round.objects.filter(pk=case.round.pk).update(record=FIGURES | {"pairs": 77})
    told("review.submit_opinions", "review.assignment", Assignment.objects.filter(application=row)[0].pk, "甲界事件")
    told("calls.propose_decisions", "calls.application", row.pk, "甲界事件")
    work = {"kind": "review.assign", "arguments": {"call": case.call.pk}, "asked_by": officer, "state": "done"}
    Job.objects.create(**work, result={"pairs": 77}, message="甲界任务")


def waiting(case: Case) -> None:
    """The application is still under review; the others are where they are."""
    Application.objects.filter(pk=case.row.pk).update(state="in_review")
    for place, application in enumerate(case.others, start=1):
        rank(application, place, 90 - place)
    for n, expert in enumerate(case.experts[5:8]):
        asked = Assignment.objects.create(
            round=case.round,
            application=case.row,
            expert=expert,
            state="invited" if n else "submitted",
            due_at=clock.now() + 9 * DAY,
        )
        if not n:
            opine(asked, 41, "乙界意见")
    FormalCheck.objects.create(application=case.row, ran_at=clock.now(), verdict="clear")


WORLDS = (favoured, waiting)


def told(command: str, subject: str, pk: int, label: str) -> None:
    now = clock.now()
    Event.objects.create(at=now, command=command, subject_type=subject, subject_id=pk, actor_label=label, source="test")


def involve(person: Person, row: Application, part: str) -> None:
    """Give somebody a part in an application."""
    if part == "leader":
        Application.objects.filter(pk=row.pk).update(leader=person)
    elif part in {"member", "declined"}:
        answered = {"confirmed_at" if part == "member" else "declined_at": clock.now()}
        row.participants.create(person=person, organisation=person.organisation, **answered)
    elif part == "referee":
        code = Discipline.objects.filter(level=2).order_by("code")[0]
        written = {"name": person.name_zh, "institution": "外校", "title": "教授", "email": f"r{person.pk}@example.org"}
        Referee.objects.create(application=row, person=person, discipline=code, **written)
    elif part == "family":
        first, second = sorted([person, row.leader], key=lambda p: p.pk)
        Relation.objects.create(first=first, second=second, kind=Relation.Kind.KIN)
    else:
        text = DocumentText.objects.order_by("digest")[0]
        signed = {"document": "host", "party": "partner", "organisation": person.organisation, "name": person.name_zh}
        DocumentSignature.objects.create(application=row, text=text, account=person.account, **signed)
