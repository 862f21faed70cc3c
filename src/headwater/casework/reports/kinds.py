"""Kinds of reports: what a region package says of them, and what apps declare of the records that have to report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from headwater.casework.chains import ChainLink, read_chain, unknown_roles
from headwater.casework.reports.periods import EVERY, due_day
from headwater.core.i18n import Bilingual
from headwater.core.reading import Problem, Reader
from headwater.core.register import Register
from headwater.forms.codes import CODE
from headwater.forms.declaring import read_form
from headwater.forms.expressions import Type
from headwater.forms.linking import EARLIER, check_prefill, link_form
from headwater.forms.shapes import Field, Form

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from headwater.casework.reports.obligations import Obligation
    from headwater.core.command import Log

OWN_NAMES: dict[str, Type] = {
    "period.since": Type("date"),
    "period.until": Type("date"),
    "period.year": Type("number"),
    "period.days": Type("number"),
}
"""What every report gives to the expressions of its form, besides what its subject gives."""
BLOCK = "block"
MOST_NAME = {"name_zh": 60, "name_en": 120}


@dataclass(frozen=True)
class LateRule:
    """What follows when a report is `after_days` late: an effect (`EFFECTS`), and what of (`what`, such as what is blocked)."""

    after_days: int
    does: str
    what: str = ""
    where: str = field(default="", compare=False)

    @property
    def code(self) -> str:
        return f"{self.does}:{self.what}:{self.after_days}"


@dataclass(frozen=True)
class ReportKind:
    """A kind of report.

    `due`, `least` and `jump` name dated parameters: the day on which it is due (no report is owed for a period for whose last day
    the region has no row), the days that a record must have been at work in its first period, the change in per cent that is shown
    to officers. `writes` are the roles that write it, `compare` the figures that are compared (none: all), `expects` sources that no
    app has yet. `of` says which of the records of a kind owe it, as their app understands it, `within` the states in which they owe it
    (none: while they are at work). `definition` is the form as declared.
    """

    code: str
    name_zh: str
    name_en: str
    form: Form
    every: str
    due: str
    chain: tuple[ChainLink, ...] = ()
    least: str = ""
    late: tuple[LateRule, ...] = ()
    writes: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    jump: str = ""
    expects: tuple[str, ...] = ()
    of: str = ""
    within: tuple[str, ...] = ()
    definition: Mapping[str, Any] = field(default_factory=dict, compare=False)
    where: str = field(default="", compare=False)

    @property
    def name(self) -> Bilingual:
        return Bilingual(self.name_zh, self.name_en)

    @property
    def parameters(self) -> set[str]:
        """The dated parameters that it reads, other than those in expressions."""
        return {key for key in (self.due, self.least, self.jump, *(link.days for link in self.chain)) if key}

    @cached_property
    def sourced(self) -> dict[str, tuple[str, str]]:
        """(source, part) by the code of each question that the records of the house answer."""
        parts = {f.code: tuple(f.prefill.split(".", 1)) for f in self.form.fields if f.prefill}
        return {code: (pair[0], pair[1]) for code, pair in parts.items() if pair[0] != EARLIER}

    @cached_property
    def figures(self) -> tuple[Field, ...]:
        """The questions whose answers are figures."""
        return tuple(f for f in self.form.fields if f.of.is_numeric)

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Figures that are compared: a figure, the number of rows of a table, the sum of a column."""
        return self.compare or (*(f.code for f in self.figures), *(f.code for f in self.form.fields if f.has_rows))


def read_report(r: Reader, *, built_in: Mapping[str, Type] | None = None, of: str = "") -> ReportKind:
    """Read a kind whose form is inlined, and collect every mistake that the package alone can show; what it names of the code and
    of the parameters, `undeclared_in` tells. `built_in` are the names that its subjects give to expressions.
    """
    kind = ReportKind(
        code=r.text("code", required=True),
        name_zh=r.text("name_zh", required=True),
        name_en=r.text("name_en", required=True),
        form=Form(),
        every=r.text("every", required=True),
        due=r.text("due", required=True),
        chain=read_chain(r),
        least=r.text("least"),
        late=tuple(_late(x) for x in r.tables("late")),
        writes=_texts(r, "writes"),
        compare=_texts(r, "compare"),
        jump=r.text("jump"),
        expects=_texts(r, "expects"),
        of=of,
        within=_texts(r, "within"),
        definition=r.get("form", dict, {}, required=True),
        where=r.where,
    )
    if kind.code and not CODE.fullmatch(kind.code):
        r.problems.append((r.path("code"), f"expected lower-case letters, digits and underscores, found {kind.code!r}"))
    if kind.every and kind.every not in EVERY:
        r.problems.append((r.path("every"), f"expected one of {', '.join(EVERY)}, found {kind.every!r}"))
    for key, most in MOST_NAME.items():
        if len(str(r.table.get(key, ""))) > most:
            r.problems.append((r.path(key), f"expected at most {most} characters"))
    form = linked_form(kind.definition, r.problems, r.path("form"), built_in or {}) if "form" in r.table else Form()
    kind = replace(kind, form=form)
    r.problems += [(r.path("compare"), message) for message in _compared(kind)]
    r.done()
    return kind


def linked_form(
    table: Mapping[str, Any], problems: list[Problem], where: str = "", built_in: Mapping[str, Type] | None = None
) -> Form:
    """Read the form of a report from its table and work out the order of its conditions."""
    form = read_form(Reader(dict(table), problems, where))
    for f in form.fields:
        source, _dot, part = f.prefill.partition(".")
        if source == EARLIER and form.field(part) is None:
            problems.append((f"{f.where}.prefill", f"no question is called {part!r}"))
    names = OWN_NAMES | dict(built_in or {})
    reserved = {name.partition(".")[0] for name in names}
    return replace(form, order=link_form(form, problems, built_in=names, sources=None, reserved=reserved))


def _late(r: Reader) -> LateRule:
    rule = LateRule(r.get("after_days", int, 0, required=True), r.text("does", required=True), r.text("what"), r.where)
    if rule.after_days < 1 and "after_days" in r.table:
        r.problems.append((r.path("after_days"), f"expected at least 1 day, found {rule.after_days}"))
    if (rule.does == BLOCK) != bool(rule.what):
        r.problems.append((r.path("what"), f"expected what is blocked, with does = {BLOCK!r} and with nothing else"))
    r.done()
    return rule


def _compared(kind: ReportKind) -> Iterator[str]:
    """Yield what is wrong with the names of figures to compare: "staff", "papers" (rows of a table), "projects.money"."""
    for name in kind.compare:
        code, _dot, column = name.partition(".")
        f = kind.form.field(code)
        c = f.column(column) if f is not None and column else None
        if f is None or (column and c is None):
            yield f"no question or column is called {name!r}"
        elif not (c.of.is_numeric if c else f.of.is_numeric or f.has_rows):
            yield f"{name!r} is no figure and no table"


def _texts(r: Reader, key: str) -> tuple[str, ...]:
    values = r.get(key, list, [])
    for value in values:
        if not isinstance(value, str) or not value:
            r.problems.append((r.path(key), f"expected texts, found {value!r}"))
    return tuple(v for v in values if isinstance(v, str))


@dataclass(frozen=True)
class Source:
    """Figures that the house knows of the records of a kind: `parts` by name with the kind of their value (number, money, date, text,
    rows). `read(keys, since, until)` gives them by record, in a fixed number of queries; what is not known is absent.
    """

    label: Bilingual
    parts: Mapping[str, str]
    read: Callable[[Sequence[int], date, date], Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True)
class ReportsOf:
    """Records of a kind of subject (`casework.subjects.SUBJECTS`) that have to report.

    `kinds` are all kinds that are owed now, `of` those of one record by code. `owing(kind)` gives the records that owe it at any
    time, with the days `owed_since` and `owed_until` (None: still). `writers` are the roles that write reports where a kind names
    none; `built_in` what the records give to expressions. `earlier` are the keys of records from which one came (renamed, merged).
    """

    subject: str
    kinds: Callable[[], Iterable[ReportKind]]
    of: Callable[[Any], Mapping[str, ReportKind]]
    owing: Callable[[ReportKind], QuerySet[Any]]
    writers: tuple[str, ...]
    built_in: Mapping[str, Type] = field(default_factory=dict)
    earlier: Callable[[Any], Sequence[int]] = lambda _record: ()


@dataclass(frozen=True)
class LateEffect:
    """What a report that is late may set off: `run` is given all that reached the day, once each; without it, gates ask (`block`)."""

    label: Bilingual
    run: Callable[[Sequence[Obligation], LateRule, Log], None] | None = None


REPORTS: Register[ReportsOf] = Register("kind of record that reports")
"""By kind of subject."""
SOURCES: Register[Source] = Register("source of figures")
"""By kind of subject and name, with a blank between: any app adds what it knows of the records of another (`add_source`)."""
EFFECTS: Register[LateEffect] = Register("effect of a late report")


def add_source(subject: str, name: str, source: Source) -> None:
    SOURCES.add(f"{subject} {name}", source)


def sources_of(subject: str) -> dict[str, Source]:
    """Return what the house knows of records of a kind, by the name of the source."""
    return {code.partition(" ")[2]: source for code, source in SOURCES.items() if code.startswith(f"{subject} ")}


def writers_of(reports: ReportsOf, kind: ReportKind) -> tuple[str, ...]:
    return kind.writes or reports.writers


def undeclared_in(
    kind: ReportKind, reports: ReportsOf, *, roles: Collection[str], parameters: Mapping[str, Sequence[Any]] | None = None
) -> Iterator[Problem]:
    """Yield what a kind names and nobody declares: roles, sources, effects, and parameters, where the values of their rows are given
    by key.
    """
    yield from unknown_roles(kind.chain, roles)
    for role in kind.writes:
        if role not in reports.writers:
            yield f"{kind.where}.writes", f"{role!r} writes no report of these records; known: {', '.join(reports.writers)}"
    for rule in kind.late:
        if rule.does not in EFFECTS:
            yield f"{rule.where}.does", f"unknown effect {rule.does!r}; known: {', '.join(EFFECTS)}"
    problems: list[Problem] = []
    known = {name: source.parts for name, source in sources_of(reports.subject).items()}
    for f in kind.form.fields:
        source = f.prefill.partition(".")[0]
        if f.prefill and (source in known or source not in kind.expects):
            check_prefill(problems, f, known)
    yield from problems
    if parameters is not None:
        yield from _of_parameters(kind, parameters)


def _of_parameters(kind: ReportKind, parameters: Mapping[str, Sequence[Any]]) -> Iterator[Problem]:
    """Yield parameters without a row, and values that mean nothing where the kind reads them."""
    for key in sorted(kind.parameters):
        for value in parameters.get(key, ()):
            if key == kind.due:
                try:
                    due_day(date(2026, 12, 31), value)
                except ValueError as wrong:
                    yield kind.where, f"the parameter {key!r}: {wrong}"
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                yield kind.where, f"the parameter {key!r}: expected a number, found {value!r}"
        if not parameters.get(key):
            yield kind.where, f"reads the parameter {key!r}: give it a row"
