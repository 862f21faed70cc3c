"""Bases that tests need, opened by the real command."""

from __future__ import annotations

from typing import Any

from headwater.bases.models import Base
from headwater.core.approvals import answer, case_sight, open_case
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
ACCEPTED = {
    "accepted_on": "2026-03-20",
    "experts": 7,
    "managers": 2,
    "conclusion": "建设任务全部完成，运行条件具备，建议通过验收。",
}


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
    return Base.objects.get(pk=base.pk)


def answered(base: Base, verdict: str = "approve", note: str = "") -> None:
    """Have everybody whom the open proposal asks answer it, each another than before."""
    proposal = Proposal.objects.filter(subject_id=base.pk, state=Proposal.State.OPEN).first()
    while proposal and (case := open_case(proposal)):
        username = "committee" if case.steps.get(place=case.place).role == "committee" else "officer2"
        answer(case=case, verdict=verdict, seen=case_sight(case).token, note=note, actor=actor(username))
