"""Bases that tests need, opened by the real command."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from headwater.bases.incubation.models import Assessment
from headwater.bases.models import Base
from headwater.casework.notices.models import Notice
from headwater.casework.notices.services.ending import end_everywhere
from headwater.core import clock
from headwater.core.approvals import answer, case_sight, open_case
from headwater.core.command import system
from headwater.registers.declared import REGISTERS, RegisterOf
from headwater.registers.kinds import kinds_here
from headwater.registers.models import Proposal
from headwater.registers.services.acting import apply_verb
from headwater.registers.services.opening import Draft, open_entry
from headwater.registry.models import Place
from tests.make.people import SERIAL, actor, real_host

COMPLETE: dict[str, Any] = {
    "area": 1200,
    "equipment": 1_500_000_000,
    "fixed": 25,
    "senior": 10,
    "directions": [{"name": "草原生态"}],
}
"""Answers that the form of a key laboratory asks for."""
ACCEPTED = {"accepted_on": "2026-03-20", "conclusion": "建设任务全部完成，运行条件具备，建议通过验收。"}


def register_of(kind: str) -> RegisterOf:
    return REGISTERS[kinds_here()[kind].register]


def new_base(kind: str = "key-lab-academic", name: str = "测试实验室", **more: Any) -> Base:
    """A base of a kind, by default in its first state, at a host of the demo."""
    given: dict[str, Any] = {"host": real_host(), "columns": {"place": Place.objects.get(code="150100")}, "answers": COMPLETE}
    draft = Draft(kind=kind, name_zh=f"{name}{next(SERIAL)}", **given | more)
    base = open_entry(register=register_of(kind), draft=draft, actor=actor("officer"))
    return Base.objects.select_related("host").get(pk=base.pk)


def done(base: Base, verb: str, username: str = "officer", **more: Any) -> Base:
    """Do a verb with a base; where it has a chain, have others approve it in turn."""
    register = register_of(base.kind)
    apply_verb(register=register, entries=[base.pk], verb=verb, reason="会议研究决定", actor=actor(username), **more)
    answered(base)
    end_published(base)
    return Base.objects.get(pk=base.pk)


def end_published(base: Base) -> None:
    """Let the period be over in which the public hears of what is to be done with a base."""
    if Proposal.objects.filter(subject_id=base.pk, state=Proposal.State.PUBLISHED).exists():
        past = {"starts_at": clock.now() - timedelta(days=9), "ends_at": clock.now() - timedelta(days=1)}
        Notice.objects.filter(closed_at=None).update(**past)
        end_everywhere(actor=system("worker"))


def answered(base: Base, verdict: str = "approve", note: str = "") -> None:
    """Have everybody whom the open proposal asks answer it, each another than before."""
    proposal = Proposal.objects.filter(subject_id=base.pk, state=Proposal.State.OPEN).first()
    while proposal and (case := open_case(proposal)):
        username = "committee" if case.steps.get(place=case.place).role == "committee" else "officer2"
        answer(case=case, verdict=verdict, seen=case_sight(case).token, note=note, actor=actor(username))


def commissioned(host: Any, discipline: Any = None, grade: str = "excellent", **more: Any) -> Base:
    """A laboratory of a host that runs, with a grade: one that can be commissioned."""
    columns = {"place": Place.objects.get(code="150100"), "discipline": discipline}
    base = new_base(host=host, state="running", since=date(2018, 1, 1), columns=columns, **more)
    if grade:
        Assessment.objects.create(base=base, year=2025, grade=grade, on=date(2025, 12, 1))
    return base
