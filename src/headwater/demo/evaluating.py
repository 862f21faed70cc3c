"""One finished evaluation of bases: a call of the evaluation scheme, played by those who would run it, to what follows from the grades."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from headwater.calls.applying.services.applications import save_application, submit_application
from headwater.calls.deciding.services.finishing import finish_call, still_open
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.casework.notices.models import Notice
from headwater.casework.notices.services.ending import end_notice
from headwater.core import clock
from headwater.core.command import system
from headwater.core.money import Fen
from headwater.demo.people import World
from headwater.demo.plan import CallPlan
from headwater.demo.texts import Writer
from headwater.demo.timetable import Timetable
from headwater.demo.year import Season
from headwater.evaluations.models import Entrant, GradeDraft, Round
from headwater.evaluations.services.following import carry_out, consequences_due
from headwater.evaluations.services.grading import approve_grades, draft_grades, grades_sight, publish_grades
from headwater.evaluations.services.opening import open_round
from headwater.evaluations.services.verifying import answer_veto, enter_veto, tick
from headwater.evaluations.sheets import CHECKLIST, QUANTITY, Sheet, read_sheet
from headwater.forms.shapes import Field
from headwater.registers.declared import REGISTERS
from headwater.registers.entries import entries_of
from headwater.registers.kinds import kinds_here
from headwater.registers.shapes import AT_WORK, Evaluation, Kind
from headwater.schemes import Scheme

BEGAN = 330
"""How many days ago the call was drafted: its grades stand by now."""
LEAST, SILENT = 4, 9
"""From so many entries on an evaluation has one that is vetoed; from so many one that hands in nothing."""


@dataclass(frozen=True)
class Chosen:
    """The kinds that one sheet evaluates, of which the demo has the most entries at work."""

    kinds: tuple[Kind, ...]
    evaluation: Evaluation


def chosen_kinds() -> Chosen | None:
    """Return which kinds are evaluated; None where the region evaluates nothing, or has no entries of it."""
    kinds = [k for k in kinds_here().values() if k.evaluation is not None and k.register in REGISTERS]
    counts: Counter[str] = Counter()
    for k in kinds:
        counts[k.evaluation.sheet["sheet"]["code"]] += _at_work(k)  # type: ignore[union-attr]
    if not counts or not max(counts.values()):
        return None
    code = counts.most_common(1)[0][0]
    of_sheet = tuple(k for k in kinds if k.evaluation and k.evaluation.sheet["sheet"]["code"] == code and _at_work(k))
    evaluation = of_sheet[0].evaluation
    return Chosen(of_sheet, evaluation) if evaluation else None


def _at_work(kind: Kind) -> int:
    rows = entries_of(REGISTERS[kind.register]).filter(kind=kind.code, group__in=AT_WORK, since__isnull=False)
    return int(rows.count())


def play_evaluation(world: World, writer: Writer, seed: int, today: date) -> Round | None:
    """Play a whole evaluation in the past; None where there is nothing to evaluate."""
    chosen = chosen_kinds()
    if chosen is None:
        return None
    plan = CallPlan(chosen.evaluation.scheme, "finished", {}, Fen(0), 0.0, False, False, "")
    season = Evaluated(
        world, writer, Timetable(today - timedelta(days=BEGAN)), plan, (today - timedelta(days=BEGAN)).year, [], seed
    )
    season.kinds = chosen.kinds
    return season.play()


class Evaluated(Season):
    """The call of an evaluation on its whole timetable."""

    kinds: tuple[Kind, ...] = ()
    round: Round

    def play(self) -> Round:
        self.announce(0)
        with clock.at(self.t.at(37)):
            codes = [k.code for k in self.kinds]
            self.round = open_round(call=self.call, kinds=codes, on=clock.today(), actor=self.staff("officer"))
        self.report()
        self.endorse()
        self.check()
        self.match()
        with clock.at(self.t.at(107)):
            self.answer(decline=0.0, silent=0.0)
        self.review()
        self.close()
        self.match_late()
        self.review_late()
        self.verify()
        self.grade()
        self.follow()
        return Round.objects.get(pk=self.round.pk)

    def report(self) -> None:
        """Directors complete their self-reports and hand them in; one of many forgets."""
        sheet = read_sheet(self.round.sheet)[0]
        rows = list(
            self.round.entrants.filter(application__isnull=False).select_related(
                "application__leader__account", "application__call"
            )
        )
        late = rows[-1:] if len(rows) >= SILENT else []
        for n, e in enumerate(rows):
            application = e.application
            if application is None:
                continue
            self.quality[application.pk] = self.random.gauss(0.4, 0.9)
            if e in late or application.leader.account is None:
                continue
            values = dict(self._answers(sheet, e, application))
            with clock.at(self.t.at(40 + n % 20, 9 + n % 9)):
                save_application(application=application, values=values, actor=self.as_person(application.leader))
            with clock.at(self.t.at(61 + n % 5, 10)):
                submit_application(application=application, actor=self.as_person(application.leader), agree=True)

    def _answers(self, sheet: Sheet, e: Entrant, application: Application) -> Iterator[tuple[str, Any]]:
        scheme: Scheme = scheme_of(self.call)
        norms = {i.source: i.norms.get(e.type) for i in sheet.indicators if i.kind == QUANTITY}
        r = random.Random(self.random.random())
        level = min(1.15, max(0.35, 0.78 + 0.12 * self.quality[application.pk] + r.gauss(0, 0.08)))
        for f in scheme.fields:
            if f.value or f.code in application.answers:
                continue
            if f.of.is_numeric:
                yield f.code, self._number(f, norms, level * r.uniform(0.85, 1.15))
            elif f.columns:
                yield f.code, [self._row(f, n) for n in range(max(1, f.min_rows))]
            elif f.is_text:
                yield f.code, self._sentences(f)

    def _number(self, f: Field, norms: Mapping[str, Any], level: float) -> Any:
        value = float(norms.get(f.code) or 10) * level
        if f.maximum is not None and f.type != "money":
            value = min(value, float(f.maximum))
        if f.type == "money":
            return round(value) * 100
        return f"{value:.{f.decimals}f}" if f.decimals else round(value)

    def _row(self, f: Field, n: int) -> dict[str, Any]:
        return {c.code: f"{c.label_zh}{n + 1}"[: c.max_chars or 40] for c in f.columns if c.type == "line"}

    def _sentences(self, f: Field) -> str:
        text = self.world.plan.text("letter").split("。")[0] + "。"
        while len(text) < f.min_chars:
            text += text
        return text[: f.max_chars or 2000]

    def verify(self) -> None:
        """Officers tick the checklists; one finding is a veto, which the other officer confirms."""
        sheet, officer = self.round.of, self.staff("officer")
        rows = list(self._entrants().filter(application__state=State.REVIEWED))
        with clock.at(self.t.at(160)):
            for i in (i for i in sheet.indicators if i.kind == CHECKLIST):
                codes = [code for code, _words in i.items]
                whole = [e for n, e in enumerate(rows) if n % 4]
                part = [e for n, e in enumerate(rows) if not n % 4]
                for group, met in ((whole, codes), (part, codes[:-1])):
                    if group:
                        tick(entrants=group, indicator=i.code, met=met, note="依据年度报告和现场核查", actor=officer)
        if len(rows) >= LEAST and sheet.vetoes:
            reason = "核查发现填报的数据与原始凭证不符。"
            with clock.at(self.t.at(161)):
                veto = enter_veto(
                    entrant=rows[0], code=sheet.vetoes[0][0], reason=reason, evidence="核查记录（演示）", actor=officer
                )
            with clock.at(self.t.at(163)):
                answer_veto(veto=veto, confirm=True, actor=self.staff("officer2"))

    def _entrants(self) -> Any:
        return Entrant.objects.filter(round=self.round).select_related("round__call", "application").order_by("number")

    def grade(self) -> None:
        """Grades are drafted, approved by the committee, published, and stand when their period has ended."""
        with clock.at(self.t.at(166)):
            drafted = draft_grades(round_=self.round, actor=self.staff("officer"))
        with clock.at(self.t.at(168)):
            draft = GradeDraft.objects.select_related("round__call__scheme").get(pk=drafted.pk)
            approve_grades(draft=draft, seen=grades_sight(draft).token, actor=self.staff("committee"))
        with clock.at(self.t.at(169)):
            draft = GradeDraft.objects.select_related("round__call__scheme").get(pk=drafted.pk)
            notice = publish_grades(draft=draft, seen=grades_sight(draft).token, actor=self.staff("officer"))
        with clock.at(notice.ends_at + timedelta(hours=10)):
            end_notice(notice=Notice.objects.get(pk=notice.pk), actor=system("demo"))

    def follow(self) -> None:
        """What follows is done or proposed; the call ends."""
        with clock.at(self.t.at(190)):
            due = consequences_due(self.round, self.staff("officer").account)
            ready = self._free(due)
            if ready:
                carry_out(round_=self.round, grades=[d.grade.pk for d in ready], actor=self.staff("officer"))
        with clock.at(self.t.at(200)):
            if not still_open(self.call):
                finish_call(call=self.call, actor=self.staff("officer"))

    @staticmethod
    def _free(due: Sequence[Any]) -> list[Any]:
        """Return what nothing stands against: no reason, no other proposal about the same entry."""
        return [d for d in due if not d.reasons]
