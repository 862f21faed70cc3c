"""The second half of a funding year: assignment, review, panels, decision, notice, agreements."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import Any

from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import agreements_sight, sign
from headwater.awards.services.giving_up import lapse_late
from headwater.calls.deciding.services.decisions import Proposal, approve_decisions, propose_decisions, publish_notice, release
from headwater.calls.deciding.services.finishing import finish_call
from headwater.calls.deciding.services.objecting import ask_objection, file_objection
from headwater.calls.deciding.services.objections import answer_objection
from headwater.calls.deciding.services.sentences import release_sight
from headwater.calls.deciding.services.sights import decisions_sight, notice_sight, objection_sight
from headwater.calls.models import Application, Decision, Notice, Objection
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.demo.applying import Applying
from headwater.registry.models import ReviewGroup
from headwater.review.models import Assignment, Conflict, Expert, Panel, PanelItem, PanelMember, Ranking
from headwater.review.rules import weighted_total
from headwater.review.services.assigning import propose_round, publish_round
from headwater.review.services.conflicts import declare_conflict, find_conflicts
from headwater.review.services.deciding import Departure, departs, proposals_of, propose
from headwater.review.services.ending import close_reviews
from headwater.review.services.inviting import answer_invitations, assign_by_hand, expire_invitations
from headwater.review.services.opinions import save_opinions
from headwater.review.services.panels import make_panel
from headwater.review.services.reasons import refusal_of
from headwater.review.services.reviving import sign_revival
from headwater.review.services.suggesting import suggest
from headwater.review.services.voting import cast_ballot, close_voting, open_voting, recusals
from headwater.review.terms import weights_of


class Season(Applying):
    """One call on its whole timetable. Only `match`, `match_late` and `publicise` look at other calls."""

    short = 0
    kept: int | None = None
    """An expert whose invitation and opinion are left for whoever takes the expert's button."""

    def prepare(self) -> None:
        """Play the steps from the draft of the call to its formal check."""
        self.announce(len(self.leaders))
        self.draft()
        self.endorse()
        self.check()

    def up_to_now(self, share: float) -> None:
        """Play a call to the middle of its review: some experts have answered, some of them have written."""
        self.prepare()
        self.match()
        self.answer_first()
        self.keep_one()
        self.review(share, 111)

    def keep_one(self) -> None:
        """Leave an expert an opinion to write and, by the officer's hand, an invitation to answer."""
        for expert, rows in self._by_expert(Assignment.State.ACCEPTED).items():
            others = Application.objects.filter(call=self.call, state=State.IN_REVIEW).exclude(assignments__expert=expert)
            for application in others.select_related("call__scheme").order_by("pk"):
                with clock.at(self.t.at(111)), suppress(Refused):
                    assign_by_hand(application=application, expert=rows[0].expert, actor=self.staff("officer"))
                    self.kept = expert
                    return

    def match(self, day: int = 104) -> None:
        """Propose an assignment and publish it; places that stayed empty earlier are filled by a second round."""
        with clock.at(self.t.at(day)):
            if day > 104:
                expire_invitations(call=self.call, actor=self.staff("officer"))
            round_ = propose_round(call=self.call, actor=self.staff("officer"), seed=self.random.randrange(2**31))
        if round_.assignments.exists():  # nobody may be left to ask
            with clock.at(self.t.at(day, 16)):
                publish_round(round_=round_, actor=self.staff("officer"))

    def answer_first(self) -> None:
        with clock.at(self.t.at(107)):
            self.answer(decline=0.06, silent=0.03)

    def answer_rest(self) -> None:
        with clock.at(self.t.at(113)):
            self.answer(decline=0.0, silent=0.0)

    def answer(self, *, decline: float, silent: float) -> None:
        for rows in self._by_expert(Assignment.State.INVITED).values():
            actor, dice = self._expert(rows), self.random.random()
            if dice < silent:
                continue
            if dice < silent + decline:
                answer_invitations(assignments=rows, accept=False, reason="近期没有时间", actor=actor)
                continue
            if dice > 0.99 and len(rows) > 1:
                declare_conflict(
                    application=Application.objects.get(pk=rows[-1].application_id),
                    expert=Expert.objects.select_related("person").get(pk=rows[-1].expert_id),
                    kind="declared",
                    evidence="与申请人有合作关系",
                    actor=actor,
                )
                answer_invitations(assignments=rows[:-1], accept=True, actor=actor)
                continue
            answer_invitations(assignments=rows, accept=True, actor=actor)

    def _by_expert(self, state: str) -> dict[int, list[Assignment]]:
        """Group the assignments of the call in a state by expert."""
        rows = Assignment.objects.filter(application__call=self.call, state=state).exclude(expert=self.kept)
        rows = rows.select_related("application", "expert__person")
        columns = ("score", "expert_id", "application__research_class", "expert__person__account_id")
        by_expert: dict[int, list[Assignment]] = defaultdict(list)
        for row in rows.only(*columns).order_by("pk"):
            by_expert[row.expert_id].append(row)
        return by_expert

    def _expert(self, rows: list[Assignment]) -> Actor:
        return self.world.actor_of(rows[0].expert.person.account_id)

    def review(self, share: float = 1.0, day: int = 118) -> None:
        """Experts write and submit; quality shows through each expert's leniency and noise."""
        weights = {c: weights_of(self.call, c) for c in ("free", "goal")}
        for n, (expert, rows) in enumerate(self._by_expert(Assignment.State.ACCEPTED).items()):
            if self.random.random() > share:
                continue
            leniency = random.Random(expert).gauss(0, 4)
            with clock.at(self.t.at(day, 9 + n % 9, n % 60)):
                values = {row.pk: self._opinion(row, weights[row.application.research_class], leniency) for row in rows}
                save_opinions(values=values, actor=self._expert(rows), submit=True)

    def _opinion(self, row: Assignment, weights: dict[str, int], leniency: float) -> dict[str, Any]:
        r = self.random
        centre = 74 + 9 * self.quality[row.application_id] + leniency
        scores = {c: round(min(100, max(20, centre + r.gauss(0, 6)))) for c, w in weights.items() if w > 0}
        total = weighted_total(scores, weights)
        grade = 3 if total >= 83 else 2 if total >= 70 else 1
        text = self.writer.opinion(row.application.research_class, grade, self.texts.get(row.application_id), 200)
        return {
            "scores": scores,
            "grade": grade,
            "familiarity": 3 if row.score > 0.7 else 2,
            "text_applicant": text,
            "text_fund": "建议结合学科均衡综合考虑。" if r.random() < 0.2 else "",
        }

    def close(self) -> None:
        with clock.at(self.t.at(130)):
            self.short = close_reviews(call=self.call, actor=self.staff("officer"), reason="有效意见已足够")["short"]

    def match_late(self) -> None:
        """Run a last round for applications that still lack opinions."""
        if self.short:
            with clock.at(self.t.at(131)):
                round_ = propose_round(call=self.call, actor=self.staff("officer"), seed=1)
                if round_.assignments.exists():
                    publish_round(round_=round_, actor=self.staff("officer"))

    def review_late(self) -> None:
        if self.short:
            with clock.at(self.t.at(132)):
                self.answer(decline=0.0, silent=0.0)
            self.review(1.0, 134)
            with clock.at(self.t.at(150)):
                close_reviews(call=self.call, actor=self.staff("officer"), reason="有效意见已足够")

    def sit(self, least: int) -> None:
        self.panels(least)
        self.decide()
        self.approve()

    def panels(self, least: int) -> None:
        """Send the upper half and more to panels by review field, and propose the rest for refusal."""
        fundable = self.call.budget_fen // self.plan.amount_fen
        with clock.at(self.t.at(155)):
            ranked = list(
                Ranking.objects.filter(application__call=self.call, application__state=State.REVIEWED)
                .order_by("rank")
                .select_related("application__call")
            )
            to_panel = self._shortlist(ranked, max(least, round(fundable * 1.6)))
            find_conflicts(call=self.call, actor=self.staff("officer"), states=["reviewed"])
            groups = self._groups([x.application for x in to_panel], least)
            for name, group, rows in groups:
                experts = self._members(group, rows, least)
                make_panel(
                    call=self.call,
                    name=f"{self.call.title_zh}{name}会评组",
                    group=group,
                    applications=rows,
                    experts=experts,
                    chair=experts[0],
                    meets_at=self.t.at(165, 9),
                    place=self.world.plan.text("panel_place"),
                    actor=self.staff("officer"),
                )
        with clock.at(self.t.at(165, 9)):
            for panel in Panel.objects.filter(call=self.call).select_related("call"):
                self._vote(panel)

    def _shortlist(self, ranked: list[Ranking], most: int) -> list[Ranking]:
        """Return what goes to the panels; the rest is proposed for refusal."""
        rest = [Proposal(x.application, None, x.rank, refusal_of(x.application)) for x in ranked[most:]]
        if rest:
            propose_decisions(call=self.call, proposals=rest, actor=self.staff("officer"))
        return ranked[:most]

    def _groups(self, rows: list[Application], least: int) -> list[tuple[str, ReviewGroup | None, list[Application]]]:
        by_code: dict[str, list[Application]] = defaultdict(list)
        for application in rows:
            by_code[application.review_group].append(application)
        groups: list[tuple[str, ReviewGroup | None, list[Application]]] = []
        mixed: list[Application] = []
        for group in ReviewGroup.objects.order_by("order"):
            applications = by_code.pop(group.code, [])
            if len(applications) >= least:
                groups.append((group.name_zh, group, applications))
            else:
                mixed += applications
        mixed += [a for applications in by_code.values() for a in applications]
        if mixed:
            groups.append(("综合", None, sorted(mixed, key=rows.index)))
        return groups

    def _members(self, group: ReviewGroup | None, rows: list[Application], least: int) -> list[Expert]:
        clash: dict[int, int] = defaultdict(int)
        for expert in self._conflicts(rows):
            clash[expert] += 1
        pool = [
            e
            for e in self.world.experts
            if not group or self.world.topics[e.person_id]["discipline"].startswith(tuple(group.prefixes))
        ]
        if len(pool) < least + 2:
            pool = self.world.experts
        return sorted(pool, key=lambda e: (clash[e.pk], not e.is_external, e.pk))[: least + 2]

    @staticmethod
    def _conflicts(rows: list[Application]) -> list[int]:
        return list(Conflict.objects.filter(application__in=rows).values_list("expert", flat=True))

    def _vote(self, panel: Panel) -> None:
        members = list(panel.members.select_related("expert__person__account", "panel__call"))
        here = members if len(members) < 11 else members[:-1]
        self._revive(panel, members)
        open_voting(panel=panel, present=here, actor=self.staff("officer2"))
        items = list(PanelItem.objects.filter(panel=panel, result="").select_related("application__ranking").order_by("position"))
        recused = recusals(panel)
        for member in panel.members.select_related("expert__person__account", "panel__call"):
            if not member.present:
                continue
            mine = [i for i in items if member.pk not in {m.pk for m in recused.get(i.application_id, [])}]
            votes = {}
            for item in mine:
                place = item.position / max(1, len(items))
                votes[item.pk] = (
                    "yes" if self.random.random() < self._favour(place) else "abstain" if self.random.random() < 0.05 else "no"
                )
            if votes:
                cast_ballot(member=member, votes=votes, actor=self.world.actor(member.expert.person.account))
        close_voting(panel=panel, actor=self.staff("officer2"))

    def _favour(self, place: float) -> float:
        """Return the chance of a vote for an item, by its place on the agenda from 0 to 1."""
        return 0.97 - 0.55 * place

    def _revive(self, panel: Panel, members: list[PanelMember]) -> None:
        """Members sign for some of the applications that most opinions refuse: those whose opinions disagree."""
        recused = recusals(panel)
        for item in panel.items.filter(signatures_needed__gt=0).select_related(
            "application__call", "application__ranking", "panel"
        ):
            if item.application.ranking.non_consensus:
                free = [m for m in members if m.pk not in {x.pk for x in recused.get(item.application_id, [])}]
                for member in free[: item.signatures_needed]:
                    sign_revival(item=item, member=member, actor=self.world.actor(member.expert.person.account))

    def decide(self) -> None:
        """Propose the suggested set as it is."""
        with clock.at(self.t.at(175)):
            funded = self._funded()
            departure = Departure(Decision.Deviation.BUDGET.value, "按综合排序和均衡规则取舍，年度预算不足以支持全部建议项目。")
            left_out = [
                p.application.pk
                for p in proposals_of(self.call, funded, self.staff("officer").account)
                if departs(p.application, p.amount_fen is not None)
            ]
            propose(call=self.call, funded=funded, departures=dict.fromkeys(left_out, departure), actor=self.staff("officer"))

    def _funded(self) -> list[int]:
        return list(suggest(self.call).funded)

    def approve(self) -> None:
        with clock.at(self.t.at(180)):
            approve_decisions(call=self.call, actor=self.staff("committee"), seen=decisions_sight(self.call).token)

    def publicise(self) -> None:
        """Publish the notice, answer one objection, release the decisions and send the letters."""
        notice = self.give_notice()
        objection = self.object_to(notice)
        with clock.at(self.t.at(188)):
            answer_objection(
                objection=objection,
                seen=objection_sight(objection).token,
                uphold=False,
                answer="经专家核查，研究问题与方法不同，异议不成立。",
                actor=self.staff("officer2"),
            )
        self.release(notice)

    def give_notice(self) -> Notice:
        with clock.at(self.t.at(185)):
            return publish_notice(
                call=self.call, actor=self.staff("officer"), seen=notice_sight(self.call, self.staff("officer").account).token
            )

    def object_to(self, notice: Notice) -> Objection:
        """Object to the last line of a notice, as somebody of the public."""
        with clock.at(self.t.at(186)):
            rows = list(notice.rows.select_related("notice__call", "application").order_by("position"))
            key = ask_objection(
                row=rows[-1],
                name="某高校教师 周某",
                contact="zhou@people.example",
                actor=self.world.actor(None),
                text="该项目内容与本人已发表的工作部分相近，请核实申请材料的原创性。",
            )
            return file_objection(key=key, actor=self.world.actor(None))

    def release(self, notice: Notice) -> None:
        with clock.at(notice.ends_at + timedelta(hours=10)):
            notice = Notice.objects.select_related("call__scheme").get(pk=notice.pk)
            release(notice=notice, actor=self.staff("officer"), seen=release_sight(notice, self.staff("officer").account).token)

    def agree(self) -> None:
        """Let the three parties sign. One leader forgets, and the award lapses."""
        awards = list(Award.objects.filter(call=self.call).select_related("leader__account", "host", "call"))
        if not awards:
            return
        approved = awards[0].approved_at
        with clock.at(approved + timedelta(days=3)):
            for award in awards[:-1] if len(awards) > 20 else awards:
                sign(awards=[award], party=Party.LEADER, actor=self.as_person(award.leader), seen=agreements_sight([award]).token)
        with clock.at(approved + timedelta(days=8)):
            by_host: dict[int, list[Award]] = defaultdict(list)
            for award in awards[:-1] if len(awards) > 20 else awards:
                by_host[award.host_id].append(award)
            for host, rows in by_host.items():
                manager = self.world.actor(self.world.managers[host])
                sign(awards=rows, party=Party.HOST, actor=manager, seen=agreements_sight(rows).token)
        with clock.at(approved + timedelta(days=12)):
            signed = awards[:-1] if len(awards) > 20 else awards
            sign(awards=signed, party=Party.DEPARTMENT, actor=self.staff("officer2"), seen=agreements_sight(signed).token)
        with clock.at(approved + timedelta(days=22)):
            lapse_late(call=self.call, actor=self.staff("officer"))
            finish_call(call=self.call, actor=self.staff("officer"))
