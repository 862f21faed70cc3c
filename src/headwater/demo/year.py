"""One funding year, played by running the real commands as the people who would give them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import lapse_late, sign
from headwater.calls.models import Application, Call, FormalCheck, Notice, Participant, SchemeVersion
from headwater.calls.services.applications import add_members, attach, confirm_participation, create_draft, submit_application
from headwater.calls.services.calls import ask_call_approval, draft_from_scheme, finish_call, publish_call, save_call
from headwater.calls.services.checking import accept_clear, answer_recheck, ask_recheck, decide_check, run_formal_check
from headwater.calls.services.decisions import (
    Proposal, answer_objection, approve_decisions, file_objection, propose_decisions, publish_notice, release,
)
from headwater.calls.services.endorsement import endorse, expire_late, quota_board, recommend, return_to_author
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.documents import render_pdf
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.demo.people import World
from headwater.demo.plan import AMOUNTS, SUCCESS, Timetable
from headwater.demo.texts import Text, Writer, sample
from headwater.registry.models import Person, ReviewGroup
from headwater.registry.queries import group_of_prefix
from headwater.review.models import Assignment, Conflict, Expert, Panel, PanelItem, Ranking
from headwater.review.queries import weights_of
from headwater.review.rules import weighted_total
from headwater.review.services.assigning import answer_invitations, expire_invitations, propose_round, publish_round
from headwater.review.services.conflicts import declare_conflict, find_conflicts
from headwater.review.services.opinions import close_reviews, save_opinions
from headwater.review.services.panels import cast_ballot, close_voting, make_panel, open_voting, recusals

Report = Callable[[str], None]
GUIDE = """## 资助范围
围绕数学、物理、化学、生命、地球、材料、信息、医学等学科的基础研究和应用基础研究，鼓励围绕稀土、蒙医药、乳业、生态、水资源、新能源、新材料、现代装备制造、煤炭清洁高效利用、农牧业等优先领域选题。

## 申报要求
1. 申请人须为项目的实际负责人，由注册依托单位报送；同一年度只能申报一项。
2. 研究属性分为自由探索类和目标导向类，分别评审。
3. 涉及人、实验动物和生物安全的研究须附科技伦理审查意见。

## 资助方式
经费实行“包干制＋负面清单”，申报时不编列预算。"""
GUIDE_EN = """## Scope
Basic and applied basic research in mathematics, physics, chemistry, life, earth, materials, information and medical sciences, with priority for the fields of the region's policy.

## Requirements
One application a person and year, through a registered host. The research class is free exploration or goal-oriented. Ethics approval is attached where people, animals or biosafety are concerned.

## Money
Lump sum with a negative list; no budget is asked for."""


class Season:
    """One call on its timetable. Each step is a method; `play` runs them in order."""

    def __init__(self, world: World, writer: Writer, timetable: Timetable, scheme: str, year: int, seed: int) -> None:
        self.world, self.writer, self.t = world, writer, timetable
        self.scheme, self.year = scheme, year
        self.random = random.Random(seed)
        self.texts: dict[int, Text] = {}
        self.quality: dict[int, float] = {}
        self.call: Call

    def staff(self, username: str) -> Any:
        return self.world.actor(self.world.staff[username])

    def as_person(self, person: Person) -> Any:
        return self.world.actor(person.account)

    def announce(self, applications: int) -> None:
        """Draft the call, ask for approval, have the second officer publish it."""
        version = SchemeVersion.objects.filter(code=self.scheme).order_by("-version")[0]
        budget = max(2, round(applications * SUCCESS[self.scheme])) * AMOUNTS[self.scheme]
        with clock.at(self.t.at(0)):
            call = draft_from_scheme(
                scheme=version, year=self.year, guide_zh=GUIDE, guide_en=GUIDE_EN, contact="基础研究处 0471-0000000", budget_fen=budget,
                opens_at=self.t.at(36, 8), closes_at=self.t.at(66, 16), endorse_by=self.t.at(74, 16), recommend_by=self.t.at(81, 17),
            )  # fmt: skip
            self.call = save_call(call=call, actor=self.staff("officer"))
            ask_call_approval(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(2)):
            self.call = publish_call(call=self.call, actor=self.staff("officer2"))

    def draft(self, leaders: Sequence[Person], *, submit: bool = True) -> None:
        """Applicants write, invite members, attach, and submit; some forget something."""
        pending: dict[int, list[Participant]] = defaultdict(list)
        accounts: dict[int, Account] = {}
        drafts = []
        for n, leader in enumerate(leaders):
            with clock.at(self.t.at(38 + n % 20, 9 + n % 9, n % 60)):
                drafts.append(self._write(leader, n, pending, accounts))
        with clock.at(self.t.at(60, 9)):
            for person, rows in pending.items():
                confirm_participation(participants=rows, actor=self.world.actor(accounts[person]))
        if not submit:
            return
        for n, application in enumerate(drafts):
            with clock.at(self.t.at(61 + n % 5, 10 + n % 6, n % 60)):
                try:
                    submit_application(application=application, actor=self.as_person(application.leader), agree=True)
                except Refused:
                    continue  # told before submitting: this draft stays a draft and expires

    def _write(self, leader: Person, n: int, pending: dict[int, list[Participant]], accounts: dict[int, Account]) -> Application:
        text = self.writer.proposal(self.world.topics[leader.pk])
        r, actor = self.random, self.as_person(leader)
        flags = [{"H": "human", "C": "animal"}[text.code[0]]] if text.code[0] in "HC" and r.random() < 0.35 else []
        values: dict[str, Any] = {
            "title_zh": text.title_zh, "title_en": text.title_en, "abstract_zh": text.abstract_zh[:900], "abstract_en": text.abstract_en,
            "keywords_zh": text.keywords_zh[:200], "keywords_en": text.keywords_en[:300], "discipline": text.code, "flags": flags,
            "priority_field": text.priority, "research_class": "goal" if text.priority and r.random() < 0.6 else "free", **text.sections,
        }  # fmt: skip
        if self.scheme != "im-key":
            values.pop("integration", None)
        if n % 41 == 5:
            values["unsuitable"] = [r.choice(self.world.experts).person.name_zh]
        application = create_draft(call=self.call, leader=leader, actor=actor, values=values)
        self.texts[application.pk] = text
        self.quality[application.pk] = r.gauss(0, 1)
        colleagues = self.world.colleagues.get(leader.organisation_id or 0, [])
        if colleagues and r.random() < 0.45:
            for member in add_members(application=application, actor=actor, members=[(p, 6) for p in sample(colleagues, r.randint(1, 3), r)]):
                if member.person.account_id and not (n % 53 == 7 and member.pk):
                    pending[member.person_id].append(member)
                    accounts[member.person_id] = member.person.account  # type: ignore[assignment]
        if flags and r.random() < 0.9:
            attach(application=application, kind="ethics", name="伦理审查意见.pdf", content=scan(), actor=actor)
        return application

    def draft_now(self, leaders: Sequence[Person], *, submit: bool) -> None:
        """In a call that is open today: people are writing, some have submitted to their host already."""
        pending: dict[int, list[Participant]] = defaultdict(list)
        accounts: dict[int, Account] = {}
        for n, leader in enumerate(leaders):
            with clock.at(self.t.at(37 + n % 6, 9 + n % 9)):
                application = self._write(leader, n, pending, accounts)
                if submit:
                    for person, rows in pending.items():
                        confirm_participation(participants=rows, actor=self.world.actor(accounts[person]))
                    pending.clear()
                    try:
                        submit_application(application=application, actor=self.as_person(leader), agree=True)
                    except Refused:
                        continue
        if submit:
            self.send_one_back()

    def endorse(self) -> None:
        """Hosts endorse what fits their quota, the best first; agencies recommend; the rest expires."""
        with clock.at(self.t.at(68, 9)):
            waiting = Application.objects.filter(call=self.call, state=State.HOST_REVIEW).select_related("host", "leader__account").order_by("pk")
            by_host: dict[int, list[Application]] = defaultdict(list)
            for application in waiting:
                by_host[application.host_id].append(application)
            quota = quota_board(self.call)
            for host, rows in by_host.items():
                room = quota.get(host, (len(rows), 0))
                rows.sort(key=lambda a: -self.quality[a.pk])
                if rows:
                    endorse(applications=rows[: max(0, room[0] - room[1])], actor=self.world.actor(self.world.managers[host]))
        with clock.at(self.t.at(76, 9)):
            rows = Application.objects.filter(call=self.call, state=State.RECOMMENDING).select_related("host").order_by("pk")
            by_agency: dict[int, list[Application]] = defaultdict(list)
            for application in rows:
                by_agency[application.host.recommender_id or 0].append(application)
            for agency, group in by_agency.items():
                recommend(applications=group, actor=self.world.actor(self.world.recommenders[agency]))
        with clock.at(self.t.at(82)):
            expire_late(call=self.call, actor=self.staff("officer"))

    def check(self) -> None:
        """Rules over everything; clear ones accepted together, the others looked at one by one; a few re-checks."""
        with clock.at(self.t.at(84)):
            run_formal_check(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(90)):
            accept_clear(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(92)):
            left = FormalCheck.objects.filter(application__call=self.call, application__state=State.RECEIVED).select_related("application")
            groups: dict[tuple[str, ...], list[Application]] = defaultdict(list)
            for result in left:
                groups[tuple(result.failed)].append(result.application)
            for codes, rows in groups.items():
                decide_check(applications=rows, accept=not codes, codes=codes, note="", actor=self.staff("officer"))
        self._recheck()

    def _recheck(self) -> None:
        refused = list(Application.objects.filter(call=self.call, state=State.NOT_ACCEPTED).select_related("leader__account", "call")[:2])
        for n, application in enumerate(refused):
            with clock.at(self.t.at(95)):
                ask_recheck(application=application, text="所附材料在提交时已经上传，请予核对。", actor=self.as_person(application.leader))
            with clock.at(self.t.at(100)):
                answer_recheck(application=application, revoke=n == 0, answer="经核对提交记录，意见如上。", actor=self.staff("officer"))

    def assign(self) -> None:
        """Match and publish; experts answer; places that stayed empty go into a second round."""
        with clock.at(self.t.at(104)):
            round_ = propose_round(call=self.call, actor=self.staff("officer"), seed=self.random.randrange(2**31))
        with clock.at(self.t.at(105)):
            publish_round(round_=round_, actor=self.staff("officer"))
        with clock.at(self.t.at(107)):
            self.answer(decline=0.06, silent=0.03)

    def again(self) -> None:
        with clock.at(self.t.at(112)):
            expire_invitations(call=self.call, actor=self.staff("officer"))
            round_ = propose_round(call=self.call, actor=self.staff("officer"), seed=self.random.randrange(2**31))
            publish_round(round_=round_, actor=self.staff("officer"))
        with clock.at(self.t.at(113)):
            self.answer(decline=0.0, silent=0.0)

    def answer(self, *, decline: float, silent: float) -> None:
        invited = Assignment.objects.filter(application__call=self.call, state=Assignment.State.INVITED).select_related(
            "expert__person__account", "application"
        )
        by_expert: dict[int, list[Assignment]] = defaultdict(list)
        for row in invited.order_by("pk"):
            by_expert[row.expert_id].append(row)
        for rows in by_expert.values():
            actor, dice = self.world.actor(rows[0].expert.person.account), self.random.random()
            if dice < silent:
                continue
            if dice < silent + decline:
                answer_invitations(assignments=rows, accept=False, reason="近期没有时间", actor=actor)
                continue
            if dice > 0.99 and len(rows) > 1:
                declare_conflict(application=rows[-1].application, expert=rows[-1].expert, kind="declared", evidence="与申请人有合作关系", actor=actor)
                rows = rows[:-1]
            answer_invitations(assignments=rows, accept=True, actor=actor)

    def review(self, *, share: float = 1.0, day: int = 118) -> None:
        """Experts write and submit; quality shows through each expert's leniency and noise."""
        accepted = Assignment.objects.filter(application__call=self.call, state=Assignment.State.ACCEPTED).select_related(
            "expert__person__account", "application__call__scheme"
        )
        by_expert: dict[int, list[Assignment]] = defaultdict(list)
        for row in accepted.order_by("pk"):
            by_expert[row.expert_id].append(row)
        weights = {c: weights_of(self.call, c) for c in ("free", "goal")}
        for n, (expert, rows) in enumerate(by_expert.items()):
            if self.random.random() > share:
                continue
            leniency = random.Random(expert).gauss(0, 4)
            with clock.at(self.t.at(day, 9 + n % 9, n % 60)):
                values = {row.pk: self._opinion(row, weights[row.application.research_class], leniency) for row in rows}
                save_opinions(values=values, actor=self.world.actor(rows[0].expert.person.account), submit=True)

    def _opinion(self, row: Assignment, weights: dict[str, int], leniency: float) -> dict[str, Any]:
        r = self.random
        centre = 74 + 9 * self.quality[row.application_id] + leniency
        scores = {c: round(min(100, max(20, centre + r.gauss(0, 6)))) for c, w in weights.items() if w > 0}
        total = weighted_total(scores, weights)
        grade = 3 if total >= 83 else 2 if total >= 70 else 1
        text = self.writer.opinion(row.application.research_class, grade, self.texts.get(row.application_id), 200)
        return {"scores": scores, "grade": grade, "familiarity": 3 if row.score > 0.7 else 2, "text_applicant": text,
                "text_fund": "建议结合学科均衡综合考虑。" if r.random() < 0.2 else ""}  # fmt: skip

    def close(self) -> None:
        with clock.at(self.t.at(130)):
            counts = close_reviews(call=self.call, actor=self.staff("officer"))
        if counts["short"]:
            with clock.at(self.t.at(131)):
                round_ = propose_round(call=self.call, actor=self.staff("officer"), seed=1)
                publish_round(round_=round_, actor=self.staff("officer"))
                self.answer(decline=0.0, silent=0.0)
            self.review(day=134)
            with clock.at(self.t.at(150)):
                close_reviews(call=self.call, actor=self.staff("officer"))

    def panels(self, least: int) -> None:
        """The upper half and more goes to panels by review field, the rest is proposed for refusal."""
        fundable = self.call.budget_fen // AMOUNTS[self.scheme]
        with clock.at(self.t.at(155)):
            ranked = list(Ranking.objects.filter(application__call=self.call, application__state=State.REVIEWED).order_by("rank")
                          .select_related("application"))  # fmt: skip
            to_panel = ranked[: max(least, round(fundable * 1.6))]
            rest = [Proposal(x.application, 0, x.rank, "经通讯评审，综合排序未进入会议评审。") for x in ranked[len(to_panel) :]]
            if rest:
                propose_decisions(call=self.call, proposals=rest, actor=self.staff("officer"))
            find_conflicts(call=self.call, actor=self.staff("officer"), states=["reviewed"])
            groups = self._groups([x.application for x in to_panel], least)
            for name, group, rows in groups:
                experts = self._members(group, rows, least)
                make_panel(call=self.call, name=f"{self.call.title_zh}{name}评审组", group=group, applications=rows, experts=experts,
                           chair=experts[0], meets_at=self.t.at(165, 9), actor=self.staff("officer"))  # fmt: skip
        with clock.at(self.t.at(165, 9)):
            for panel in Panel.objects.filter(call=self.call).select_related("call"):
                self._vote(panel)

    def _groups(self, rows: list[Application], least: int) -> list[tuple[str, ReviewGroup | None, list[Application]]]:
        prefix = group_of_prefix()
        by_code: dict[str, list[Application]] = defaultdict(list)
        for application in rows:
            by_code[prefix.get(application.discipline.code[:3], "") if application.discipline else ""].append(application)
        out: list[tuple[str, ReviewGroup | None, list[Application]]] = []
        mixed: list[Application] = []
        for group in ReviewGroup.objects.order_by("order"):
            found = by_code.pop(group.code, [])
            if len(found) >= least:
                out.append((group.name_zh, group, found))
            else:
                mixed += found
        mixed += [a for found in by_code.values() for a in found]
        if mixed:
            out.append(("综合", None, mixed))
        return out

    def _members(self, group: ReviewGroup | None, rows: list[Application], least: int) -> list[Expert]:
        clash: dict[int, int] = defaultdict(int)
        for expert in self._conflicts(rows):
            clash[expert] += 1
        pool = [e for e in self.world.experts if not group or self.world.topics[e.person_id]["discipline"][:3] in group.prefixes]
        if len(pool) < least + 2:
            pool = self.world.experts
        return sorted(pool, key=lambda e: (clash[e.pk], not e.is_external, e.pk))[: least + 2]

    @staticmethod
    def _conflicts(rows: list[Application]) -> list[int]:
        return list(Conflict.objects.filter(application__in=rows).values_list("expert", flat=True))

    def _vote(self, panel: Panel) -> None:
        members = list(panel.members.select_related("expert__person__account", "panel__call"))
        here = members if len(members) < 11 else members[:-1]
        open_voting(panel=panel, present=here, actor=self.staff("officer2"))
        items = list(PanelItem.objects.filter(panel=panel).select_related("application__ranking").order_by("position"))
        recused = recusals(panel)
        for member in panel.members.select_related("expert__person__account", "panel__call"):
            if not member.present:
                continue
            mine = [i for i in items if member.pk not in {m.pk for m in recused.get(i.application_id, [])}]
            votes = {}
            for item in mine:
                place = item.position / max(1, len(items))
                chance = 0.97 - 0.55 * place
                votes[item.pk] = "yes" if self.random.random() < chance else "abstain" if self.random.random() < 0.05 else "no"
            if votes:
                cast_ballot(member=member, votes=votes, actor=self.world.actor(member.expert.person.account))
        close_voting(panel=panel, actor=self.staff("officer2"))

    def decide(self) -> None:
        """Recommended items in rank order while the budget lasts; the committee approves."""
        with clock.at(self.t.at(175)):
            items = PanelItem.objects.filter(panel__call=self.call).select_related("application__ranking").order_by("application__ranking__rank")
            left, proposals = self.call.budget_fen, []
            for item in items:
                amount = item.application.amount_fen
                fund = item.result == PanelItem.Result.RECOMMENDED and amount <= left
                left -= amount if fund else 0
                reason = "" if fund else "会议评审未建议资助。" if item.result != PanelItem.Result.RECOMMENDED else "受年度预算限制。"
                proposals.append(Proposal(item.application, amount if fund else 0, item.application.ranking.rank, reason))
            propose_decisions(call=self.call, proposals=proposals, actor=self.staff("officer"))
        with clock.at(self.t.at(180)):
            approve_decisions(call=self.call, actor=self.staff("committee"))

    def publicise(self) -> None:
        """Public notice, one objection that is answered, release, letters."""
        with clock.at(self.t.at(185)):
            notice = publish_notice(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(186)):
            rows = list(notice.rows.select_related("notice__call", "application").order_by("position"))
            objection = file_objection(row=rows[-1], name="某高校教师 周某", contact="zhou@people.example", actor=self.world.actor(None),
                                       text="该项目内容与本人已发表的工作部分相近，请核实申请材料的原创性。")  # fmt: skip
        with clock.at(self.t.at(188)):
            answer_objection(objection=objection, uphold=False, answer="经专家核查，研究问题与方法不同，异议不成立。", actor=self.staff("officer"))
        with clock.at(notice.ends_at + timedelta(hours=10)):
            release(notice=Notice.objects.select_related("call__scheme").get(pk=notice.pk), actor=self.staff("officer"))

    def agree(self) -> None:
        """Three signatures; one leader forgets and the award lapses."""
        awards = list(Award.objects.filter(call=self.call).select_related("leader__account", "host", "call"))
        if not awards:
            return
        approved = awards[0].approved_at
        with clock.at(approved + timedelta(days=3)):
            for award in awards[:-1] if len(awards) > 20 else awards:
                sign(awards=[award], party=Party.LEADER, actor=self.as_person(award.leader))
        with clock.at(approved + timedelta(days=8)):
            by_host: dict[int, list[Award]] = defaultdict(list)
            for award in awards[:-1] if len(awards) > 20 else awards:
                by_host[award.host_id].append(award)
            for host, rows in by_host.items():
                sign(awards=rows, party=Party.HOST, actor=self.world.actor(self.world.managers[host]))
        with clock.at(approved + timedelta(days=12)):
            signed = awards[:-1] if len(awards) > 20 else awards
            sign(awards=signed, party=Party.DEPARTMENT, actor=self.staff("officer2"))
        with clock.at(approved + timedelta(days=22)):
            lapse_late(call=self.call, actor=self.staff("officer"))
            finish_call(call=self.call, actor=self.staff("officer"))

    def send_one_back(self) -> None:
        """In the open call a host returns one application, so that its author has something to mend."""
        with clock.at(self.t.at(45)):
            row = Application.objects.filter(call=self.call, state=State.HOST_REVIEW).select_related("host").order_by("pk").first()
            if row:
                return_to_author(application=row, note="请补充研究方案中的风险预案。", actor=self.world.actor(self.world.managers[row.host_id]))


_scan: list[bytes] = []


def scan() -> bytes:
    """A real one-page PDF that stands for a scanned approval."""
    if not _scan:
        data = {"kind": "scan", "heading": "科技伦理审查意见", "letter_number": "（演示）", "host": "伦理审查委员会", "leader": "申请人", "title": "研究项目",
                "number": "", "call": "", "reasons": ["同意开展"], "note": "演示用文件", "date": ""}  # fmt: skip
        _scan.append(render_pdf("calls/typst/letter.typ", data))
    return _scan[0]
