"""Calls that stop at one step of the year, so that the demo has work at every step."""

from __future__ import annotations

from datetime import timedelta

from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import agreements_sight, sign
from headwater.calls.checking.services.checking import decide_check, run_formal_check
from headwater.calls.checking.services.rechecking import ask_recheck
from headwater.calls.models import Application, Notice
from headwater.calls.states import State
from headwater.core import clock
from headwater.demo.plan import STAGES
from headwater.demo.texts import Text
from headwater.demo.year import Season
from headwater.registry.models import Person
from headwater.review.models import Panel, PanelItem, PanelMember, Ranking
from headwater.review.services.assigning import propose_round
from headwater.review.services.voting import open_voting

FAULTY, TO_CHECK = 2, 1
"""Of the applications under formal check: refused for a missing file, and left to check."""


class Staged(Season):
    """A call that is played up to the step that its part names; its applicants are careful, and few are enough."""

    def reaches(self, part: str) -> bool:
        """Tell whether the call comes as far as `part`."""
        return STAGES.index(self.plan.part) >= STAGES.index(part)

    def prepare(self) -> None:
        if self.reaches("checking"):
            super().prepare()
        else:
            self.draft_call(2)

    def _quality(self) -> float:
        """Return a quality with which reviewers agree, so that few applications are enough."""
        return 1.0 + self.random.random() / 2

    def _flags(self, leader: Person, n: int, text: Text) -> list[str]:
        if self._forgets(leader, n):
            return [str(next(iter(self.world.plan.more["flags"].values())))]
        return super()._flags(leader, n, text)

    def _forgets(self, leader: Person, n: int) -> bool:
        return self.plan.part == "checking" and n < FAULTY

    def check(self) -> None:
        """Check all, or leave a refusal to ask about, a re-check to answer, an application to check and a round to approve."""
        if self.plan.part != "checking":
            return super().check()
        officer = self.staff("officer")
        with clock.at(self.t.at(84)):
            run_formal_check(call=self.call, actor=officer)
        received = Application.objects.filter(call=self.call, state=State.RECEIVED).select_related("check_result").order_by("pk")
        faulty, clear = [a for a in received if a.check_result.failed], [a for a in received if not a.check_result.failed]
        with clock.at(self.t.at(88)):
            for application in faulty:
                codes = application.check_result.failed
                decide_check(applications=[application], accept=False, codes=codes, note="", actor=officer)
            decide_check(applications=clear[:-TO_CHECK], accept=True, actor=officer)
        asking = Application.objects.select_related("leader__account", "call").get(pk=faulty[0].pk)
        with clock.at(self.t.at(90)):
            ask_recheck(application=asking, text="伦理审查意见已随申请书提交，请予核对。", actor=self.as_person(asking.leader))
        with clock.at(self.t.at(91)):
            propose_round(call=self.call, actor=officer, seed=self.random.randrange(2**31))
        return None

    def hear(self) -> None:
        """Experts accept, write and submit; the review is closed."""
        with clock.at(self.t.at(107)):
            self.answer(decline=0.0, silent=0.0)
        self.review()
        self.close()

    def judge(self, least: int) -> None:
        """The panel sits; then the decisions are proposed and approved, as far as the call comes."""
        self.panels(least)
        if self.reaches("approving"):
            self.decide()
        if self.reaches("publishing"):
            self.approve()

    def _shortlist(self, ranked: list[Ranking], most: int) -> list[Ranking]:
        return ranked[:-1] if self.plan.part == "voting" else ranked

    def _vote(self, panel: Panel) -> None:
        if self.plan.part == "voting":
            open_voting(panel=panel, present=list(PanelMember.objects.filter(panel=panel)), actor=self.staff("officer2"))
        else:
            super()._vote(panel)

    def _favour(self, place: float) -> float:
        return 0.97 if place < 0.9 else 0.2

    def _funded(self) -> list[int]:
        """Fund what the panel recommends, as far as the money goes; the suggestion would keep to few from one institution."""
        rows = PanelItem.objects.filter(panel__call=self.call, result=PanelItem.Result.RECOMMENDED).order_by("position")
        return list(rows.values_list("application", flat=True)[: self.call.budget_fen // self.plan.amount_fen])

    def tell(self) -> None:
        """The notice is published; one is objected to, one has ended, one was released."""
        notice = self.give_notice()
        if self.plan.part == "noticed":
            self.object_to(notice)
        if self.plan.part == "agreeing":
            self.release(Notice.objects.select_related("call").get(pk=notice.pk))

    def sign_some(self) -> None:
        """The first agreement waits for its leader, the second for the institution, the third for the department."""
        awards = list(Award.objects.filter(call=self.call).select_related("leader__account", "host", "call").order_by("pk"))
        if len(awards) < 3:
            return
        for n, award in enumerate(awards[1:], start=1):
            with clock.at(award.approved_at + timedelta(days=1)):
                sign(awards=[award], party=Party.LEADER, actor=self.as_person(award.leader), seen=agreements_sight([award]).token)
            if n > 1:
                manager = self.world.actor(self.world.managers[award.host_id])
                with clock.at(award.approved_at + timedelta(days=2)):
                    sign(awards=[award], party=Party.HOST, actor=manager, seen=agreements_sight([award]).token)
