"""The first half of a funding year: call, drafts, endorsement, formal check, as the people who would do it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from headwater.calls.applying.services.applications import add_members, confirm_participation, create_draft, submit_application
from headwater.calls.applying.services.attachments import attach
from headwater.calls.checking.services.checking import accept_clear, decide_check, run_formal_check
from headwater.calls.checking.services.rechecking import answer_recheck, ask_recheck
from headwater.calls.deciding.services.sights import call_sight, recheck_sight
from headwater.calls.endorsing.services.endorsement import (
    endorse,
    expire_late,
    quota_board,
    rank_applications,
    recommend,
    return_to_author,
)
from headwater.calls.models import Application, Call, FormalCheck, Participant, SchemeVersion
from headwater.calls.publishing.services.calls import ask_call_approval, draft_from_scheme, publish_call, save_call
from headwater.calls.publishing.services.changing import propose_change
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core import clock
from headwater.core.command import system
from headwater.core.documents import render_pdf
from headwater.core.errors import Refused
from headwater.core.models import Account
from headwater.core.uploads import check_files
from headwater.demo.people import World
from headwater.demo.plan import HOME_PEOPLE, CallPlan
from headwater.demo.references import ask_referees
from headwater.demo.texts import Text, Writer, sample
from headwater.demo.timetable import Timetable
from headwater.registry.models import Person


class Applying:
    """Applying plays one call on its timetable up to the end of its formal check. Each step is a method."""

    def __init__(
        self, world: World, writer: Writer, timetable: Timetable, plan: CallPlan, year: int, leaders: Sequence[Person], seed: int
    ) -> None:
        self.world, self.writer, self.t = world, writer.at_desk(seed), timetable
        self.plan, self.year, self.leaders = plan, year, list(leaders)
        self.random = random.Random(seed)
        self.texts: dict[int, Text] = {}
        self.quality: dict[int, float] = {}
        self.call: Call

    def staff(self, duty: str) -> Any:
        return self.world.actor(self.world.staff[duty])

    def as_person(self, person: Person) -> Any:
        return self.world.actor(person.account)

    def announce(self, applications: int) -> None:
        """Draft the call and have the second officer publish it."""
        self.draft_call(applications)
        with clock.at(self.t.at(2)):
            self.call = publish_call(call=self.call, actor=self.staff("officer2"), seen=call_sight(self.call).token)

    def draft_call(self, applications: int) -> None:
        """Draft the call and ask for its approval."""
        version = SchemeVersion.objects.filter(code=self.plan.scheme).order_by("-version")[0]
        budget = max(2, round(applications * self.plan.success)) * self.plan.amount_fen
        with clock.at(self.t.at(0)):
            call = draft_from_scheme(
                scheme=version,
                year=self.year,
                guide_zh=self.world.plan.text("guide_zh"),
                guide_en=self.world.plan.text("guide_en"),
                contact=self.world.plan.text("contact"),
                budget_fen=budget,
                opens_at=self.t.at(36, 8),
                closes_at=self.t.at(66, 16),
                endorse_by=self.t.at(74, 16),
                recommend_by=self.t.at(81, 17),
            )
            call.code += self.plan.suffix
            call.title_zh, call.title_en = (
                title + batch for title, batch in zip((call.title_zh, call.title_en), self.plan.batch, strict=True)
            )
            self.call = save_call(call=call, actor=self.staff("officer"))
            ask_call_approval(call=self.call, actor=self.staff("officer"))

    def draft(self) -> None:
        """Applicants write, invite members, attach, and submit; some forget something."""
        pending: dict[int, list[Participant]] = defaultdict(list)
        accounts: dict[int, Account] = {}
        drafts = []
        for n, leader in enumerate(self.leaders):
            with clock.at(self.t.at(38 + n % 20, 9 + n % 9, n % 60)):
                drafts.append(self._write(leader, n, pending, accounts))
        with clock.at(self.t.at(60, 9)):
            check_files(actor=system("demo"))
            for person, rows in pending.items():
                confirm_participation(participants=rows, actor=self.world.actor(accounts[person]))
        for n, application in enumerate(drafts):
            with clock.at(self.t.at(61 + n % 5, 10 + n % 6, n % 60)):
                try:
                    submit_application(application=application, actor=self.as_person(application.leader), agree=True)
                except Refused:
                    continue  # told before submitting: this draft stays a draft and expires

    def _write(self, leader: Person, n: int, pending: dict[int, list[Participant]], accounts: dict[int, Account]) -> Application:
        text = self.writer.proposal(self.world.topics[leader.pk])
        r, actor = self.random, self.as_person(leader)
        flags = self._flags(leader, n, text)
        values: dict[str, Any] = {
            "title_zh": text.title_zh,
            "title_en": text.title_en,
            "abstract_zh": text.abstract_zh[:900],
            "abstract_en": text.abstract_en,
            "keywords_zh": text.keywords_zh[:200],
            "keywords_en": text.keywords_en[:300],
            "discipline": text.code,
            "flags": flags,
            "priority_field": text.priority,
            "research_class": "goal" if text.priority and r.random() < 0.6 else "free",
            **self.world.plan.more["answers"],
            **text.sections,
        }
        codes = {f.code for f in scheme_of(self.call).fields}
        for code in set(text.sections) | set(self.world.plan.more["answers"]):
            if code not in codes:
                values.pop(code)
        if n % 41 == 5:
            values["unsuitable"] = [r.choice(self.world.experts).person.name_zh]
        application = create_draft(call=self.call, leader=leader, actor=actor, values=values)
        self.texts[application.pk] = text
        self.quality[application.pk] = self._quality()
        colleagues = self.world.colleagues.get(leader.organisation_id or 0, [])
        invites = r.randint(1, 3) if r.random() < 0.45 else 0
        if leader in self.world.own[:1]:  # one member, who has a button too
            invites = 1
        if colleagues and invites:
            for member in add_members(
                application=application, actor=actor, members=[(p, 6) for p in sample(colleagues, invites, r)]
            ):
                if member.person.account and n % 53 != 7:  # now and then a member forgets to confirm
                    pending[member.person_id].append(member)
                    accounts[member.person_id] = member.person.account
        ask_referees(self.world.plan, application, actor, n)
        if flags and not self._forgets(leader, n):
            attach(application=application, kind="ethics", name="伦理审查意见.pdf", content=scan(), actor=actor)
        return application

    def _quality(self) -> float:
        return self.random.gauss(0, 1)

    def _flags(self, leader: Person, n: int, text: Text) -> list[str]:
        """Return what the application declares. The file of the last one at home is still being checked when it is submitted."""
        flag = self.world.plan.more["flags"].get(text.code[0])
        if leader in self.world.own[HOME_PEOPLE - 1 : HOME_PEOPLE]:
            return [str(next(iter(self.world.plan.more["flags"].values())))]
        return [flag] if flag and self.random.random() < 0.35 else []

    def _forgets(self, leader: Person, n: int) -> bool:
        """Tell whether an applicant forgets the approval of the ethics board."""
        return leader not in self.world.own and self.random.random() >= 0.9

    def open_now(self) -> None:
        """Play a call that is open today: half of the people are writing, the others have submitted to their host."""
        half = len(self.leaders) // 2
        self.announce(max(10, len(self.leaders)))
        self._draft_now(self.leaders[:half], submit=False)
        self._draft_now(self.leaders[half:], submit=True)
        with clock.at(self.t.at(44)):
            check_files(actor=system("demo"))
        self.send_one_back()
        self.send_one_on()
        with clock.at(self.t.at(45, 14)):
            contact = self.world.plan.text("contact") + "（工作日 9:00—17:00）"
            propose_change(call=self.call, values={"contact": contact}, reason="补充咨询时间。", actor=self.staff("officer"))

    def _draft_now(self, leaders: Sequence[Person], *, submit: bool) -> None:
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

    def send_one_back(self) -> None:
        """Let a host of the open call return one application, so that its author has something to mend."""
        with clock.at(self.t.at(45)):
            row = (
                Application.objects.filter(call=self.call, state=State.HOST_REVIEW).select_related("host").order_by("pk").first()
            )
            if row:
                return_to_author(
                    applications=[row],
                    note="请补充研究方案中的风险预案。",
                    actor=self.world.actor(self.world.managers[row.host_id]),
                )

    def send_one_on(self) -> None:
        """Let the home institution endorse its last application, so that its agency has one to recommend."""
        rows = Application.objects.filter(
            call=self.call, state=State.HOST_REVIEW, host=self.world.home, leader__in=self.world.own
        )
        row = rows.order_by("pk").last()
        if row:
            with clock.at(self.t.at(45, 12)):
                endorse(applications=[row], actor=self.world.actor(self.world.managers[row.host_id]))

    def endorse(self) -> None:
        """Hosts endorse what fits their quota, the best first; agencies recommend; the rest expires."""
        with clock.at(self.t.at(68, 9)):
            waiting = (
                Application.objects.filter(call=self.call, state=State.HOST_REVIEW)
                .select_related("host", "leader__account")
                .order_by("pk")
            )
            by_host: dict[int, list[Application]] = defaultdict(list)
            for application in waiting:
                by_host[application.host_id].append(application)
            quota = quota_board(self.call)
            for host, rows in by_host.items():
                room = quota.get(host, (len(rows), 0))
                rows.sort(key=lambda a: -self.quality[a.pk])
                manager, places = self.world.actor(self.world.managers[host]), max(0, room[0] - room[1])
                if len(rows) > places:
                    rank_applications(ordered=rows, actor=manager)
                if rows:
                    endorse(applications=rows[:places], actor=manager)
        with clock.at(self.t.at(76, 9)):
            endorsed = Application.objects.filter(call=self.call, state=State.RECOMMENDING).select_related("host").order_by("pk")
            by_agency: dict[int, list[Application]] = defaultdict(list)
            for application in endorsed:
                by_agency[application.host.recommender_id or 0].append(application)
            for agency, group in by_agency.items():
                recommend(applications=group, actor=self.world.actor(self.world.recommenders[agency]))
        with clock.at(self.t.at(82)):
            expire_late(call=self.call, actor=self.staff("officer"))

    def check(self) -> None:
        """Run the rules over everything, accept the clear applications together, decide the others by groups, and answer a few re-checks."""
        with clock.at(self.t.at(84)):
            run_formal_check(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(90)):
            accept_clear(call=self.call, actor=self.staff("officer"))
        with clock.at(self.t.at(92)):
            checks = FormalCheck.objects.filter(application__call=self.call, application__state=State.RECEIVED).select_related(
                "application"
            )
            groups: dict[tuple[str, ...], list[Application]] = defaultdict(list)
            for result in checks:
                groups[tuple(result.failed)].append(result.application)
            for codes, rows in groups.items():
                decide_check(applications=rows, accept=not codes, codes=codes, note="", actor=self.staff("officer"))
        self._recheck()

    def _recheck(self) -> None:
        refused = list(
            Application.objects.filter(call=self.call, state=State.NOT_ACCEPTED)
            .exclude(check_result__codes__contains=["F13"])
            .select_related("leader__account", "call")[:2]
        )
        for n, application in enumerate(refused):
            with clock.at(self.t.at(95)):
                ask_recheck(
                    application=application, text="所附材料在提交时已经上传，请予核对。", actor=self.as_person(application.leader)
                )
            with clock.at(self.t.at(100)):
                answer_recheck(
                    application=application,
                    revoke=n == 0,
                    answer="经核对提交记录，意见如上。",
                    actor=self.staff("officer2"),
                    seen=recheck_sight(Application.objects.get(pk=application.pk)).token,
                )


_scan: list[bytes] = []


def scan() -> bytes:
    """Return a real one-page PDF that stands for a scanned approval."""
    if not _scan:
        data = {
            "kind": "scan",
            "heading": "科技伦理审查意见",
            "letter_number": "（演示）",
            "addressee": "申请人",
            "paragraphs": [["p", "同意开展。"]],
            "annex": "",
            "seal": "演示用文件",
            "date": "",
            "issuer": "伦理审查委员会",
        }
        _scan.append(render_pdf("calls/typst/letter.typ", data))
    return _scan[0]
