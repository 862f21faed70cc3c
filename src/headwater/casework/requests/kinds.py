"""Kinds of requests as a region package declares them: what is asked, who may propose it, who agrees, and what acceptance changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from headwater.casework.chains import ChainLink, read_chain, unknown_roles
from headwater.casework.letters.texts import LetterText, read_letter
from headwater.core.i18n import Bilingual
from headwater.core.patterns import is_pattern
from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE
from headwater.forms.declaring import read_form
from headwater.forms.expressions import Type
from headwater.forms.linking import link_form
from headwater.forms.shapes import Form

AT_ONCE = "at_once"
RECORD = "record"
"""The source of first answers that stand on the record."""
NUMBER = "{year}-{serial:04}"
MOST = {"name_zh": 60, "name_en": 120, "purpose_zh": 500, "purpose_en": 1000, "number": 60}
LETTER_NAMES = frozenset({"name", "number", "kind", "day", "reason"})
"""What a letter may name in braces: the record, number, kind and reason of the request, and the day from which it holds."""


@dataclass(frozen=True)
class RequestKind:
    """A kind of request.

    `by` are the roles, or parties that the app of the record declares, who may propose it while the record is in one of `states` (none:
    any). `sets` says which of the record's values take which answer when it is accepted, `effects` what the app does besides, `guards`
    what must hold. It takes effect when it is accepted (`AT_ONCE`), or on the day that a question gives (`start`, its code). Of a
    kind that stands `alone`, one request at a time is open about a record. Who has a part in the record approves nothing about it. `definition` is the kind as declared.
    """

    code: str
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    form: Form
    by: tuple[str, ...]
    chain: tuple[ChainLink, ...] = ()
    guards: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    start: str = AT_ONCE
    states: tuple[str, ...] = ()
    alone: bool = True
    number: str = NUMBER
    letter: LetterText | None = None
    definition: Mapping[str, Any] = field(default_factory=dict, compare=False)
    where: str = field(default="", compare=False)

    @property
    def name(self) -> Bilingual:
        return Bilingual(self.name_zh, self.name_en)

    @property
    def purpose(self) -> Bilingual:
        return Bilingual(self.purpose_zh, self.purpose_en)

    @property
    def starts_at_once(self) -> bool:
        return self.start == AT_ONCE

    @property
    def parameters(self) -> set[str]:
        """The dated parameters that its chain reads."""
        return {link.days for link in self.chain if link.days}

    @cached_property
    def prefilled(self) -> dict[str, str]:
        """The value of the record by the code of each question that it answers first."""
        parts = {f.code: f.prefill.partition(".") for f in self.form.fields if f.prefill}
        return {code: part for code, (source, _dot, part) in parts.items() if source == RECORD}


def read_request(
    r: Reader, *, built_in: Mapping[str, Type] | None = None, record: Mapping[str, str] | Collection[str] = ()
) -> RequestKind:
    """Read a kind whose form is inlined, and collect every mistake that the package alone can show; what it names of the code and
    of the parameters, `undeclared_in` tells.

    `built_in` are the names that its records give to expressions, `record` the values that they give as first answers.
    """
    kind = RequestKind(
        code=r.text("code", required=True),
        name_zh=r.text("name_zh", required=True),
        name_en=r.text("name_en", required=True),
        purpose_zh=r.text("purpose_zh", required=True),
        purpose_en=r.text("purpose_en", required=True),
        form=Form(),
        by=_texts(r, "by", required=True),
        chain=read_chain(r),
        guards=_texts(r, "guards"),
        sets=_sets(r),
        effects=_texts(r, "effects"),
        start=r.text("from", AT_ONCE),
        states=_texts(r, "from_states"),
        alone=r.get("alone", bool, True),
        number=r.text("number", NUMBER),
        letter=read_letter(r, "letter", LETTER_NAMES),
        definition=dict(r.table),
        where=r.where,
    )
    if kind.code and not CODE.fullmatch(kind.code):
        r.problems.append((r.path("code"), f"expected lower-case letters, digits and underscores, found {kind.code!r}"))
    if not is_pattern(kind.number):
        r.problems.append((r.path("number"), f"expected a pattern with {{serial}}, such as {NUMBER!r}, found {kind.number!r}"))
    for key, most in MOST.items():
        if len(str(r.table.get(key, ""))) > most:
            r.problems.append((r.path(key), f"expected at most {most} characters"))
    kind = replace(kind, form=_form(r, built_in or {}, record))
    _linked(kind, r)
    r.done()
    return kind


def _form(r: Reader, built_in: Mapping[str, Type], record: Mapping[str, str] | Collection[str]) -> Form:
    if "form" not in r.table:
        r.read.add("form")
        return Form()
    form = read_form(r.table_at("form"))
    return replace(form, order=link_form(form, r.problems, built_in=built_in, sources={RECORD: record}))


def _linked(kind: RequestKind, r: Reader) -> None:
    """Report what does not fit between the parts of a kind."""
    for target, code in kind.sets.items():
        if kind.form.field(code) is None:
            r.problems.append((f"{r.path('sets')}.{target}", f"no question of the form is called {code!r}"))
    question = kind.form.field(kind.start)
    if kind.start != AT_ONCE and (question is None or question.type != "date" or not question.required):
        r.problems.append((r.path("from"), f"expected {AT_ONCE!r} or the code of a required question of type date"))


def _texts(r: Reader, key: str, *, required: bool = False) -> tuple[str, ...]:
    values = r.get(key, list, [], required=required)
    if required and key in r.table and not values:
        r.problems.append((r.path(key), "expected at least one"))
    for n, value in enumerate(values):
        if not isinstance(value, str) or not value:
            r.problems.append((f"{r.path(key)}[{n}]", "expected text"))
    return tuple(v for v in values if isinstance(v, str))


def _sets(r: Reader) -> dict[str, str]:
    table = r.get("sets", dict, {})
    for target, code in table.items():
        if not isinstance(code, str):
            r.problems.append((f"{r.path('sets')}.{target}", "expected the code of a question"))
    return {target: code for target, code in table.items() if isinstance(code, str)}


@dataclass(frozen=True)
class Known:
    """What the code and the package have that a kind can name."""

    roles: Collection[str]
    guards: Collection[str]
    settable: Collection[str]
    effects: Collection[str]
    states: Collection[str]
    parameters: Collection[str]
    parties: Collection[str] = ()


def undeclared_in(kind: RequestKind, known: Known) -> Iterator[Problem]:
    """Yield what a kind names that is not there, each with what is."""
    named = {
        "by": (kind.by, {*known.roles, *known.parties}, "role or party"),
        "guards": (kind.guards, known.guards, "guard"),
        "sets": (tuple(kind.sets), known.settable, "value of the record"),
        "effects": (kind.effects, known.effects, "effect"),
        "from_states": (kind.states, known.states, "state"),
    }
    for key, (names, there, what) in named.items():
        for name in names:
            if name not in there:
                yield f"{kind.where}.{key}", f"unknown {what} {name!r}; known: {', '.join(sorted(there)) or 'none'}"
    yield from unknown_roles(kind.chain, known.roles)
    for link in kind.chain:
        if link.days and link.days not in known.parameters:
            yield link.where, f"the region gives no parameter {link.days!r}"
