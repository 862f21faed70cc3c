"""How what is applied for is judged: endorsement, stages of review, criteria and grades, panel, decision, reports. Shapes and readers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE, unique
from headwater.schemes.running import hold, read_word

USUAL = Path(__file__).with_name("usual.toml")
MOST_POINTS = 100
MOST_GRADES = 9
MOST_CRITERIA = 20
SHARED = ("criterion", "grade", "review", "panel", "decision", "endorsement", "report")
"""Tables that a pack can give to a scheme; one of the scheme's own takes the place of the pack's."""
SHARE = re.compile(r"(>=?)(\d{1,3})/(\d{1,3})")


@dataclass(frozen=True)
class Anchor:
    """The meaning of a number of points."""

    points: int
    zh: str
    en: str


@dataclass(frozen=True)
class Criterion:
    """What experts give points for, from 0 to 100. `weights` by research class; none where the region's dated parameters give them."""

    code: str
    label_zh: str
    label_en: str
    help_zh: str = ""
    help_en: str = ""
    kind: str = "points"
    weights: tuple[tuple[str, int], ...] = ()
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True)
class Grade:
    """What an expert recommends: the higher its value, the better."""

    value: int
    zh: str
    en: str


@dataclass(frozen=True)
class ReviewPlan:
    """Stages of the review in order; how many opinions are asked for and how many must be valid (None: the region's parameters)."""

    stages: tuple[str, ...] = ("written", "panel")
    opinions: int | None = None
    needed: int | None = None


@dataclass(frozen=True)
class PanelRule:
    """Least size, quorum (a share such as ">=2/3") and majority of a panel; None where the region's dated parameters say it."""

    size: int | None = None
    quorum: str | None = None
    majority: str | None = None


@dataclass(frozen=True)
class DecisionRule:
    """What is proposed: the best by rank; with a `pass_mark` none whose mean is below it; with a `quota` at most so many, of the call or of
    each group. `ties` says who divides those that stand equal at the end of the quota; `within` so many points count as equal.
    """

    by: str = "rank"
    pass_mark: float | None = None
    quota: int | None = None
    quota_per: str = "call"
    ties: str = "officers"
    within: float = 0.0

    @property
    def draws(self) -> bool:
        return self.ties == "draw"


@dataclass(frozen=True)
class Endorsement:
    by: str = "host_and_agency"
    order: str = "in_turn"


@dataclass(frozen=True)
class OwedReport:
    """A report that is owed after the decision."""

    code: str
    kind: str
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Judging:
    """All that a scheme says on how it is judged."""

    criteria: tuple[Criterion, ...] = ()
    grades: tuple[Grade, ...] = ()
    review: ReviewPlan = ReviewPlan()
    panel: PanelRule = PanelRule()
    decision: DecisionRule = DecisionRule()
    endorsement: Endorsement = Endorsement()
    reports: tuple[OwedReport, ...] = ()

    @property
    def has_panel(self) -> bool:
        return "panel" in self.review.stages

    @property
    def values(self) -> tuple[int, ...]:
        """The values of the grades, the best first."""
        return tuple(g.value for g in self.grades)

    @property
    def widest(self) -> int:
        """How far apart two recommendations can be: some would take it first, some refuse it (handbook 3.5)."""
        return self.values[0] - self.values[-1]

    def own_weights(self, research_class: str) -> dict[str, int] | None:
        """Weights by criterion as the scheme gives them; None where the region's parameters do."""
        if not any(c.weights for c in self.criteria):
            return None
        return {c.code: dict(c.weights).get(research_class, 0) for c in self.criteria}


@cache
def _usual() -> Mapping[str, Any]:
    with USUAL.open("rb") as source:
        return tomllib.load(source)


def read_judging(top: Reader, classes: tuple[str, ...]) -> Judging:
    """Read the tables on judging; what a definition does not say is as usual (usual.toml)."""
    aside: list[Problem] = []
    usual = Reader(dict(_usual()), aside)
    criteria = top if "criterion" in top.table else usual
    grades = top if "grade" in top.table else usual
    judging = Judging(
        criteria=_criteria(criteria, classes),
        grades=_grades(grades),
        review=_review(top.table_at("review")),
        panel=_panel(top.table_at("panel")),
        decision=_decision(top.table_at("decision")),
        endorsement=_endorsement(top.table_at("endorsement")),
        reports=tuple(_report(r) for r in top.tables("report")),
    )
    top.read |= {"criterion", "grade"}
    if top.table.get("panel") and not judging.has_panel:
        top.problems.append(("panel", 'has no effect: the stages of [review] name no "panel"'))
    return judging


@cache
def usual_judging() -> Judging:
    """The judging of a scheme that declares nothing on it."""
    return read_judging(Reader({}, []), ())


def _criteria(top: Reader, classes: tuple[str, ...]) -> tuple[Criterion, ...]:
    criteria = tuple(_criterion(r, classes) for r in top.tables("criterion"))
    if not 1 <= len(criteria) <= MOST_CRITERIA:
        top.problems.append(("criterion", f"expected 1 to {MOST_CRITERIA} criteria, found {len(criteria)}"))
    unique(top.problems, "criterion", [c.code for c in criteria])
    weighted = [c for c in criteria if c.weights]
    if weighted and len(weighted) < len(criteria):
        lacking = ", ".join(repr(c.code) for c in criteria if not c.weights)
        top.problems.append(
            ("criterion", f"give {lacking} a weight too, or leave all weights to the parameters review_weights_*")
        )
    if weighted:
        for name in classes:
            if not any(dict(c.weights).get(name, 0) > 0 for c in criteria):
                top.problems.append(("criterion", f"no criterion has a weight for the research class {name!r}"))
    return criteria


def _criterion(r: Reader, classes: tuple[str, ...]) -> Criterion:
    code = r.text("code", required=True)
    if code and not CODE.fullmatch(code):
        r.problems.append((r.path("code"), f"expected lower-case letters, digits and underscores, found {code!r}"))
    criterion = Criterion(
        code=code,
        label_zh=r.text("label_zh", required=True),
        label_en=r.text("label_en", required=True),
        help_zh=r.text("help_zh"),
        help_en=r.text("help_en"),
        kind=read_word(r, "kind", "criterion", "points"),
        weights=_weights(r, classes),
        anchors=tuple(_anchor(a) for a in r.tables("anchor")),
    )
    r.done()
    return criterion


def _weights(r: Reader, classes: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """A weight for all research classes, or a table with one for each."""
    value = r.get("weight", (int, dict), None)
    if value is None:
        return ()
    table = dict.fromkeys(classes, value) if isinstance(value, int) else value
    for name, weight in table.items():
        if name not in classes:
            r.problems.append((r.path("weight"), f"no research class {name!r}; the scheme has: {', '.join(classes)}"))
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MOST_POINTS:
            r.problems.append((r.path("weight"), f"expected a whole number from 0 to {MOST_POINTS}, found {weight!r}"))
            return ()
    return tuple(table.items())


def _anchor(r: Reader) -> Anchor:
    anchor = Anchor(r.get("points", int, 0, required=True), r.text("zh", required=True), r.text("en", required=True))
    if not 0 <= anchor.points <= MOST_POINTS:
        r.problems.append((r.path("points"), f"expected 0 to {MOST_POINTS}, found {anchor.points}"))
    r.done()
    return anchor


def _grades(top: Reader) -> tuple[Grade, ...]:
    """Two grades or more; without words of their own, those of the outcome (grade_1, grade_2, ...)."""
    grades = []
    for r in top.tables("grade"):
        zh, en = r.text("zh"), r.text("en")
        if bool(zh) != bool(en):
            r.problems.append((r.path("en" if zh else "zh"), "required: text"))
        grade = Grade(r.get("value", int, 0, required=True), zh, en)
        if not 1 <= grade.value <= MOST_GRADES:
            r.problems.append((r.path("value"), f"expected 1 to {MOST_GRADES}, found {grade.value}"))
        grades.append(grade)
        r.done()
    values = [g.value for g in grades]
    if len(set(values)) < max(2, len(values)):
        top.problems.append(("grade", "expected two grades or more, each with a value of its own"))
    return tuple(sorted(grades, key=lambda g: -g.value)) or (Grade(1, "", ""),)


def _review(r: Reader) -> ReviewPlan:
    stages = r.get("stages", list, list(ReviewPlan.stages))
    for stage in stages:
        hold(r, "stages", "stage", stage)
    if not stages or stages[0] != "written" or len(set(map(str, stages))) < len(stages):
        r.problems.append((r.path("stages"), 'expected "written" and then further stages, each once'))
    plan = ReviewPlan(tuple(str(s) for s in stages), r.get("opinions", int), r.get("needed", int))
    for key, value in (("opinions", plan.opinions), ("needed", plan.needed)):
        if value is not None and not 1 <= value <= 20:
            r.problems.append((r.path(key), f"expected 1 to 20, found {value}"))
    if plan.opinions and plan.needed and plan.needed > plan.opinions:
        r.problems.append((r.path("needed"), f"is above opinions ({plan.opinions})"))
    r.done()
    return plan


def _panel(r: Reader) -> PanelRule:
    panel = PanelRule(r.get("size", int), r.get("quorum", str), r.get("majority", str))
    if panel.size is not None and not 1 <= panel.size <= 99:
        r.problems.append((r.path("size"), f"expected 1 to 99, found {panel.size}"))
    for key, share in (("quorum", panel.quorum), ("majority", panel.majority)):
        if share is not None and not is_share(share):
            r.problems.append((r.path(key), f'expected a share such as ">1/2" or ">=2/3", found {share!r}'))
    r.done()
    return panel


def _decision(r: Reader) -> DecisionRule:
    number = (int, float)
    decision = DecisionRule(
        by=read_word(r, "by", "decision", "rank"),
        pass_mark=r.get("pass_mark", number),
        quota=r.get("quota", int),
        quota_per=read_word(r, "quota_per", "quota_per", "call"),
        ties=read_word(r, "ties", "ties", "officers"),
        within=r.get("within", number, 0.0),
    )
    for key, value in (("pass_mark", decision.pass_mark), ("within", decision.within)):
        if value is not None and not 0 <= value <= MOST_POINTS:
            r.problems.append((r.path(key), f"expected 0 to {MOST_POINTS}, found {value}"))
    if decision.quota is not None and decision.quota < 1:
        r.problems.append((r.path("quota"), f"expected 1 or more, found {decision.quota}"))
    if decision.quota is None and "quota_per" in r.table:
        r.problems.append((r.path("quota_per"), "has no effect without a quota"))
    if not decision.draws and "within" in r.table:
        r.problems.append((r.path("within"), "has no effect without a draw"))
    r.done()
    return decision


def _endorsement(r: Reader) -> Endorsement:
    endorsement = Endorsement(read_word(r, "by", "endorsement", "host_and_agency"), read_word(r, "order", "order", "in_turn"))
    r.done()
    return endorsement


def _report(r: Reader) -> OwedReport:
    kind = read_word(r, "kind", "report")
    report = OwedReport(r.text("code", required=True), kind, r.text("zh", required=True), r.text("en", required=True))
    r.read |= set(r.table)
    return report


def is_share(text: str) -> bool:
    """Whether a text is a share of those present, such as ">1/2" or ">=2/3"."""
    match = SHARE.fullmatch(text)
    return bool(match) and 0 < int(match[2]) <= int(match[3])  # type: ignore[index]


def share_of(text: str) -> tuple[Fraction, bool]:
    """The fraction that a share names, and whether more than it is needed."""
    match = SHARE.fullmatch(text)
    if not match:
        raise ValueError(f"no share: {text!r}")
    return Fraction(int(match[2]), int(match[3])), match[1] == ">"
