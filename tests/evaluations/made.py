"""Rounds that tests need: laboratories with directors, a round opened by the command, reviewed as far as a test asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from headwater.bases.models import Base
from headwater.calls.models import Application, Call
from headwater.calls.signatures import documents_for
from headwater.calls.stores import SIGNATURES, ApplicationSigning
from headwater.casework.notices.models import Notice
from headwater.casework.notices.services.ending import end_notice
from headwater.core import clock
from headwater.core.command import Actor, system
from headwater.evaluations.models import Entrant, GradeDraft, Round
from headwater.evaluations.services.grading import approve_grades, draft_grades, grades_sight, publish_grades
from headwater.evaluations.services.opening import open_round
from headwater.evaluations.services.verifying import tick
from headwater.forms.signing import sign
from headwater.registers.services.changing import change_entry
from headwater.registers.services.opening import Draft, open_entries
from headwater.registry.models import Organisation, Place, PriorityField
from headwater.review.models import Assignment, Expert, Opinion
from headwater.review.models import Round as Assigning
from tests.make import actor, end_period, new_call, new_expert, new_person, real_host, sign_as_asked
from tests.make.bases import COMPLETE, register_of

SCHEME, KIND = "im-lab-eval", "key-lab-medical"
MARKS = ("b1", "b3", "c1", "c2", "d3")
FULL: dict[str, Any] = {
    "equipment": 2_000_000_000,
    "area": 1500,
    "host_money": 200_000_000,
    "instrument_hours": 1400,
    "project_money": 1_000_000_000,
    "transfer_income": 300_000_000,
    "fixed": 20,
    "senior": 10,
    "new_talent": 3,
    "trained": 30,
    "open_projects": 15,
    "share_rate": "20",
    "popularisation": 6,
    "leaders": "主任和学术带头人在本领域有长期积累，带领三支队伍开展工作。",
    "results": [{"title": "草原碳汇", "kind": "论文", "merit": "首次给出区域估算"}],
}
"""Answers that reach the norm of every quantity of the sheet."""
ALL = ("committee", "rules", "open_call", "data")


def laboratories(
    n: int, *, kind: str = KIND, years: int = 5, field: str = "", host: Organisation | None = None, **more: Any
) -> list[Base]:
    """So many laboratories of a kind that are at work since some years, each with its own director."""
    place, of = Place.objects.get(code="150100"), PriorityField.objects.order_by("code")
    home = host or real_host()
    drafts = [
        Draft(
            kind=kind,
            name_zh=f"测试实验室{kind}{years}{m}",
            host=home,
            state="running",
            since=clock.today() - timedelta(days=366 * years),
            columns={"place": place, "field": of.get(code=field) if field else of[0]},
            answers={**COMPLETE, **more},
            keepers={"director": new_person(f"主任{m}", home)},
        )
        for m in range(n)
    ]
    rows = open_entries(register=register_of(kind), drafts=drafts, actor=system("test"))
    return list(Base.objects.filter(pk__in=[r.pk for r in rows]).order_by("pk"))


def alone() -> None:
    """Nobody else's laboratory of the kind is there to take part: those of the played year began at a day that nobody knows."""
    for base in Base.objects.filter(kind=KIND, since__isnull=False):
        change_entry(register=register_of(KIND), entry=base, actor=system("test"), columns={"since": None})


def eval_call(scheme: str = SCHEME, **more: Any) -> Call:
    return new_call(scheme, budget_fen=0, **more)


def opened(
    *, call: Call | None = None, kinds: Sequence[str] = (KIND,), on: date | None = None, who: Actor | None = None, **more: Any
) -> Round:
    return open_round(call=call or eval_call(), kinds=kinds, on=on or clock.today(), actor=who or actor("officer"), **more)


def handed_in(round_: Round, answers: Mapping[str, Any] | None = None, *, but: Sequence[int] = ()) -> list[Entrant]:
    """Put the self-reports straight behind the formal check with answers, all but those of some entrants, and end the period."""
    rows = list(
        round_.entrants.exclude(pk__in=but).filter(application__isnull=False).select_related("application").order_by("pk")
    )
    for n, e in enumerate(rows, 1):
        application = e.application
        assert application is not None
        application.answers = {**FULL, **(answers or {})}
        application.number = f"PG{round_.pk:03d}{n:04d}"
        application.state, application.submitted_at = "reviewed", round_.call.opens_at
        application.received_at = clock.now()
        application.save()
        for party in ("applicant", "host"):
            sign_as_asked(application, party)
        documents = documents_for([application], "recommender")[application.pk]
        agency = application.host.recommender_id
        sign(
            SIGNATURES,
            [ApplicationSigning(application.pk, d, "recommender", "测试", agency=agency) for d in documents],
            actor=system("test"),
            at=clock.now(),
        )
    Application.objects.filter(call=round_.call, state="draft").update(state="expired")
    end_period(round_.call)
    return rows


def marked(entrant: Entrant, *marks: float, experts: Sequence[Expert] = ()) -> None:
    """Opinions of experts who give each criterion the same mark."""
    run, _new = Assigning.objects.get_or_create(
        call=entrant.round.call, seed=1, defaults={"state": "published", "published_at": clock.now()}
    )
    for n, mark in enumerate(marks):
        expert = experts[n] if experts else new_expert()
        asked = Assignment.objects.create(
            round=run, application=entrant.application, expert=expert, state="submitted", due_at=clock.now()
        )
        scores = dict.fromkeys(MARKS, mark)
        Opinion.objects.create(
            assignment=asked,
            scores=scores,
            total=mark,
            grade=2,
            familiarity=2,
            text_applicant=f"意见{mark}",
            submitted_at=clock.now(),
        )


def ticked(round_: Round, entrants: Sequence[Entrant], met: Sequence[str] = ALL) -> None:
    rows = Entrant.objects.filter(pk__in=[e.pk for e in entrants]).select_related("round__call", "application")
    tick(entrants=list(rows), indicator="d4", met=met, note="核对材料", actor=actor("officer"))


def judged(round_: Round, marks: Sequence[float], answers: Mapping[str, Any] | None = None) -> list[Entrant]:
    """Everything that drafting asks for: material, one opinion for each mark, checklists."""
    rows = handed_in(round_, answers)
    for e, mark in zip(rows, marks, strict=True):
        marked(e, mark)
    ticked(round_, rows)
    return rows


def fresh(round_: Round) -> Round:
    return Round.objects.select_related("call__scheme").get(pk=round_.pk)


def drafted(round_: Round) -> GradeDraft:
    return draft_grades(round_=fresh(round_), actor=actor("officer"))


def approved(draft: GradeDraft) -> GradeDraft:
    row = GradeDraft.objects.select_related("round__call__scheme").get(pk=draft.pk)
    return approve_grades(draft=row, seen=grades_sight(row).token, actor=actor("officer2"))


def published(round_: Round) -> GradeDraft:
    draft = approved(drafted(round_))
    row = GradeDraft.objects.select_related("round__call__scheme").get(pk=draft.pk)
    publish_grades(draft=row, seen=grades_sight(row).token, actor=actor("officer"))
    return GradeDraft.objects.select_related("round__call__scheme", "notice").get(pk=draft.pk)


def ended(draft: GradeDraft) -> None:
    """End the notice of a draft as if its period were over."""
    assert draft.notice is not None
    over = clock.now() - timedelta(minutes=1)
    Notice.objects.filter(pk=draft.notice_id).update(starts_at=over - timedelta(days=9), ends_at=over)
    end_notice(notice=Notice.objects.get(pk=draft.notice_id), actor=system("test"))
