"""What a kind's file says of what stands beside its entries: tables, committee, bars, what goes before, when a verb is due. Pure: a package is
read before the apps are set up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.forms.codes import CODE
from headwater.registers.parts import PART_READERS

HOLDS, COMMITTEE, GAP, THEME, GOAL = "holds", "committee", "gap", "theme", "goal"
TABLE, BAR, BODY, PRIOR, DUE = "table", "bar", "standing_body", "prior", "due"


@dataclass(frozen=True)
class Holds:
    """A table beside the entries of a kind: the columns that everybody may read (none: it is not public). `once`: who is fixed staff of an
    entry of the kind is so of no other such entry at the same time.
    """

    code: str
    public: tuple[str, ...] = ()
    once: bool = False
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class CommitteeOf:
    """A kind of body that may be the committee of entries of a kind."""

    code: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Gap:
    """An indicator of the bar: `bar` names the dated parameter that it must reach, `known` what the house knows of it, as a source and its
    part ("people.fixed"). Amounts are in 万元.
    """

    code: str
    zh: str
    en: str
    bar: str
    unit_zh: str = ""
    unit_en: str = ""
    known: str = ""
    lower: bool = False
    where: str = field(default="", compare=False)

    @property
    def label(self) -> Bilingual:
        return Bilingual(self.zh, self.en)

    @property
    def unit(self) -> Bilingual:
        return Bilingual(self.unit_zh, self.unit_en)


@dataclass(frozen=True)
class Theme:
    """A field for which bases are cultivated, by the code of a priority field."""

    code: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Goal:
    """A target of the policy that the cultivation serves, by its code, and the kinds of entries that count for it."""

    code: str
    kinds: tuple[str, ...]
    where: str = field(default="", compare=False)


@PART_READERS.under(HOLDS)
def read_holds(r: Reader, _kind: str) -> Holds:
    holds = Holds(r.text("table", required=True), _texts(r, "public"), r.get("once", bool, False), r.where)
    r.done()
    return holds


@PART_READERS.under(COMMITTEE)
def read_committee(r: Reader, _kind: str) -> CommitteeOf:
    committee = CommitteeOf(r.text("body", required=True), r.where)
    r.done()
    return committee


@PART_READERS.under(GAP)
def read_gap(r: Reader, _kind: str) -> Gap:
    gap = Gap(
        code=r.text("code", required=True),
        zh=r.text("zh", required=True),
        en=r.text("en", required=True),
        bar=r.text("bar", required=True),
        unit_zh=r.text("unit_zh"),
        unit_en=r.text("unit_en"),
        known=r.text("known"),
        lower=r.get("lower", bool, False),
        where=r.where,
    )
    if len(gap.code) > 40:
        r.problems.append((r.path("code"), "expected at most 40 characters"))
    r.done()
    return gap


@PART_READERS.under(THEME)
def read_theme(r: Reader, _kind: str) -> Theme:
    theme = Theme(r.text("field", required=True), r.where)
    r.done()
    return theme


@PART_READERS.under(GOAL)
def read_goal(r: Reader, _kind: str) -> Goal:
    goal = Goal(r.text("target", required=True), _texts(r, "kinds"), r.where)
    if not goal.kinds:
        r.problems.append((r.path("kinds"), "expected at least one kind that counts for the target"))
    r.done()
    return goal


def _texts(r: Reader, key: str) -> tuple[str, ...]:
    values = r.get(key, list, [])
    for n, value in enumerate(values):
        if not isinstance(value, str):
            r.problems.append((f"{r.path(key)}[{n}]", f"expected text, found {value!r}"))
    return tuple(v for v in values if isinstance(v, str))


@dataclass(frozen=True)
class TableKind:
    """A table that a kind of base has: its code, what the kind calls it (nothing: as the code does), and by column the codes that the kind lists."""

    code: str
    name: Bilingual
    choices: Mapping[str, Mapping[str, Bilingual]]
    where: str = ""

    def word(self, column: str, code: str) -> Bilingual | str:
        """Return what a code of a column is called; the code itself where the kind does not list it any more."""
        return self.choices.get(column, {}).get(code, code)


@PART_READERS.under(TABLE)
def read_table(r: Reader, _kind: str) -> TableKind:
    lists = r.table_at("choices")
    table = TableKind(
        r.text("code", required=True),
        Bilingual(r.text("name_zh"), r.text("name_en")),
        {column: _codes(lists, column) for column in lists.table},
        r.where,
    )
    r.done()
    return table


def _codes(lists: Reader, column: str) -> dict[str, Bilingual]:
    codes: dict[str, Bilingual] = {}
    for row in lists.tables(column):
        code = row.text("code", required=True)
        if code and not CODE.fullmatch(code):
            row.problems.append((row.path("code"), f"expected small letters, digits and underscores, found {code!r}"))
        if code in codes:
            row.problems.append((row.path("code"), f"{code!r} is used twice"))
        codes[code] = Bilingual(row.text("zh", required=True), row.text("en", required=True))
        row.done()
    if not codes:
        lists.problems.append((lists.path(column), "expected at least one code"))
    return codes


Condition = tuple[str, str]
"""A figure, and the dated parameter that it has to reach."""


@dataclass(frozen=True)
class Bar:
    """A bar: the figure (or the answer of the form) that has to be `at_least` a dated parameter. It applies when another figure reaches a
    parameter (`when`), or does not (`unless`).
    """

    code: str
    zh: str
    en: str
    figure: str
    answer: str
    at_least: str
    when: Condition
    unless: Condition
    where: str

    @property
    def label(self) -> Bilingual:
        return Bilingual(self.zh, self.en)

    @property
    def parameters(self) -> set[str]:
        return {key for key in (self.at_least, self.when[1], self.unless[1]) if key}

    @property
    def figures(self) -> set[str]:
        return {name for name in (self.figure, self.when[0], self.unless[0]) if name}


@PART_READERS.under(BAR)
def read_bar(r: Reader, _kind: str) -> Bar:
    bar = Bar(
        code=r.text("code", required=True),
        zh=r.text("zh", required=True),
        en=r.text("en", required=True),
        figure=r.text("figure"),
        answer=r.text("answer"),
        at_least=r.text("at_least", required=True),
        when=_condition(r, "when"),
        unless=_condition(r, "unless"),
        where=r.where,
    )
    if bool(bar.figure) == bool(bar.answer):
        r.problems.append((r.path("figure"), "expected a figure, or the answer of a question (answer), and not both"))
    r.done()
    return bar


def _condition(r: Reader, key: str) -> Condition:
    if key not in r.table:
        r.read.add(key)
        return "", ""
    table = r.table_at(key)
    pair = table.text("figure", required=True), table.text("at_least", required=True)
    table.done()
    return pair


@dataclass(frozen=True)
class StandingBody:
    """A kind of body that an entry has while it is at work."""

    code: str
    where: str


@PART_READERS.under(BODY)
def read_body(r: Reader, _kind: str) -> StandingBody:
    body = StandingBody(r.text("code", required=True), r.where)
    r.done()
    return body


@dataclass(frozen=True)
class Prior:
    """An entry of one of some kinds that the same host must have had at work for so many months (a dated parameter)."""

    code: str
    kinds: tuple[str, ...]
    months: str
    where: str

    @property
    def parameters(self) -> set[str]:
        return {self.months} if self.months else set()


@PART_READERS.under(PRIOR)
def read_prior(r: Reader, _kind: str) -> Prior:
    kinds = tuple(k for k in r.get("kinds", list, [], required=True) if isinstance(k, str))
    prior = Prior(r.text("code", required=True), kinds, r.text("months", required=True), r.where)
    if not kinds and "kinds" in r.table:
        r.problems.append((r.path("kinds"), "expected the codes of kinds"))
    r.done()
    return prior


@dataclass(frozen=True)
class DueRule:
    """A verb is due when the newest grades are all `grade`, or when so many reports of a kind (`report`) are late and not written; how many
    the dated parameter `times` says.
    """

    code: str
    verb: str
    grade: str
    report: str
    times: str
    where: str

    @property
    def parameters(self) -> set[str]:
        return {self.times} if self.times else set()


@PART_READERS.under(DUE)
def read_due(r: Reader, _kind: str) -> DueRule:
    code, verb = r.text("code", required=True), r.text("verb", required=True)
    rule = DueRule(code, verb, r.text("grade"), r.text("report"), r.text("times", required=True), r.where)
    if bool(rule.grade) == bool(rule.report):
        r.problems.append((r.path("grade"), "expected a grade, or a kind of report (report), and not both"))
    r.done()
    return rule
