"""Chains of approvals in any order of acts, beside a model of a few lines that keeps lists."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from headwater.core.approvals import Step, waiting_for, withdraw
from headwater.core.command import command
from headwater.core.errors import NotAllowed, Refused
from headwater.core.invariants import check
from headwater.core.models import ApprovalCase
from headwater.core.permission import SIGNED_IN
from tests.make.chains import again, begun, declared, followed, holding, new_matter, says

pytestmark = pytest.mark.django_db
ROLES = ("programme_officer", "committee")
HOLDERS = ("programme_officer", "programme_officer", "programme_officer", "committee", "committee", "host_manager")


class Model:
    """What a chain is: for each step who approved, and where it stands."""

    def __init__(self, steps: list[tuple[str, int]], away: set[int]) -> None:
        self.steps, self.away = steps, away
        self.approved: list[list[int]] = [[] for _step in steps]
        self.place, self.state = 0, "open"

    @property
    def answered(self) -> set[int]:
        return {who for step in self.approved for who in step}

    def may(self, who: int) -> bool:
        asked = self.state == "open" and HOLDERS[who] == self.steps[self.place][0]
        return asked and who not in self.away and who not in self.answered

    def answer(self, who: int, verdict: str, back: int | None) -> bool:
        if not self.may(who) or (back is not None and (verdict != "send_back" or back >= self.place)):
            return False
        if verdict == "approve":
            self.approved[self.place].append(who)
            if len(self.approved[self.place]) == self.steps[self.place][1]:
                self.place, self.state = (
                    (self.place, "approved") if self.place == len(self.steps) - 1 else (self.place + 1, "open")
                )
        elif back is not None:
            self.approved[back:] = [[] for _step in self.approved[back:]]
            self.place = back
        elif verdict == "refuse":
            self.state = "refused"
        else:
            self.approved, self.state = [[] for _step in self.steps], "sent_back"
        return True


class OneChain(RuleBasedStateMachine):
    """Six people, one of whom proposed it and one of whom has a part, answer as they like."""

    @initialize(
        steps=st.lists(st.tuples(st.sampled_from(ROLES), st.integers(1, 2)), min_size=1, max_size=3),
        proposer=st.sampled_from([0, 3, 5]),
        part=st.sampled_from([1, 4]),
    )
    def begin(self, steps: list[tuple[str, int]], proposer: int, part: int) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.stack.enter_context(declared())
        self.people = [holding(role) for role in HOLDERS]
        chain = [Step(f"s{n}", role, least=least) for n, (role, least) in enumerate(steps)]
        barred = [self.people[part].person_id or 0]
        self.pk = begun(new_matter(), *chain, people=barred, by=self.people[proposer]).pk
        self.proposer, self.model = proposer, Model(steps, {proposer, part})

    @property
    def case(self) -> ApprovalCase:
        return ApprovalCase.objects.get(pk=self.pk)

    def tried(self, work: Any) -> bool:
        try:
            with transaction.atomic():
                work()
        except (Refused, NotAllowed):
            return False
        return True

    @rule(who=st.integers(0, 5), verdict=st.sampled_from(["approve", "approve", "approve", "refuse", "send_back"]))
    def answer(self, who: int, verdict: str) -> None:
        expected = self.model.answer(who, verdict, None)
        assert self.tried(lambda: says(self.case, self.people[who], verdict, "理由")) == expected

    @rule(who=st.integers(0, 5), back=st.integers(0, 2))
    def send_back(self, who: int, back: int) -> None:
        expected = self.model.answer(who, "send_back", back)
        assert self.tried(lambda: says(self.case, self.people[who], "send_back", "理由", back_to=f"s{back}")) == expected

    @rule(who=st.integers(0, 5))
    def withdraw(self, who: int) -> None:
        expected = self.model.state == "open" and who == self.proposer

        def work() -> None:
            with command(again(self.people[who]), SIGNED_IN, name="test.propose") as log:
                withdraw(case=self.case, log=log)

        assert self.tried(work) == expected
        if expected:
            self.model.state = "withdrawn"

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        case, model = self.case, self.model
        assert (case.state, case.place - 1) == (model.state, model.place)
        counting = case.answers.counting().filter(verdict="approve").values_list("account", flat=True)
        assert sorted(counting) == sorted(self.people[who].account.pk for who in model.answered)
        waits = {who for who, person in enumerate(self.people) if waiting_for(again(person).account).filter(pk=case.pk).exists()}
        assert waits == {who for who in range(6) if model.may(who)}
        assert [kind for kind, _pk, _note in followed] == [model.state] * (model.state in {"approved", "refused", "sent_back"})

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            assert not check(["approvals_complete", "approvals_not_own", "approvals_in_turn"])
            transaction.set_rollback(True)
            self.stack.close()


def test_a_chain_does_what_a_simple_model_does() -> None:
    phases = (Phase.generate,)  # making a failure small takes minutes, as every example makes its people anew
    limits = settings(
        max_examples=8, stateful_step_count=14, deadline=None, phases=phases, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(OneChain, settings=limits)
