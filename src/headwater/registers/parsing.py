"""A kind of register from its definition: every mistake is found, and each says under which key and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from headwater.casework.chains import read_chain
from headwater.casework.letters.texts import read_letter
from headwater.core.patterns import PARTS, names_in
from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE, unique
from headwater.forms.declaring import read_form
from headwater.forms.linking import link_form
from headwater.forms.shapes import Form
from headwater.registers.parts import PART_READERS
from headwater.registers.shapes import (
    BASIC,
    BUILT_IN,
    GROUPINGS,
    GROUPS,
    HOLDER_ROLES,
    OFFICER,
    Evaluation,
    Kind,
    Opening,
    State,
    Verb,
)

KIND_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
NUMBER = re.compile(r"[\w\u4e00-\u9fff.-]{1,40}")
"""What a number may look like: it stands in addresses."""
MOST_NAME = {"name_zh": 120, "name_en": 160}
MOST_LABEL = 30
LETTER_NAMES = frozenset({"name", "number", "kind", "state", "verb", "day", "reason"})
"""What the letter of a verb may name in braces: the entry, its number, kind and new state, what was done, the day and the reason."""


def parse_kind(definition: Mapping[str, Any]) -> tuple[Kind, list[Problem]]:
    """Parse a definition whose forms, sheets and letters are inlined.

    Returns the kind (usable only when the list of problems is empty) and every problem found.
    """
    problems: list[Problem] = []
    top = Reader(dict(definition), problems)
    life = top.table_at("life")
    head = top.table_at("kind", required=True)
    kind = Kind(
        code=_matching(head, "code", KIND_CODE, "small letters, digits and hyphens, beginning with a letter, at most 40"),
        register=head.text("register", required=True),
        name_zh=head.text("name_zh", required=True),
        name_en=head.text("name_en", required=True),
        articles=tuple(n for n in head.get("articles", list, []) if isinstance(n, int)),
        number=_number(head),
        holders=_holders(head),
        first=head.text("first", required=True),
        opened_by=_openings(head),
        form=_form(head, "form"),
        public=_texts(head, "public"),
        columns=_texts(head, "columns"),
        map=head.get("map", bool, False),
        roles=_texts(head, "roles"),
        states=tuple(_state(s) for r in (life, top) for s in r.tables("state", required=r is top and not life.table)),
        verbs=tuple(_verb(v) for r in (life, top) for v in r.tables("verb")),
        evaluation=_evaluation(top),
        parts=_parts(life, top, head.text("code")),
        order=head.get("order", int, 100),
    )
    for key, most in MOST_NAME.items():
        if len(str(head.table.get(key, ""))) > most:
            problems.append((head.path(key), f"expected at most {most} characters"))
    for reader in (head, life, top):
        reader.done()
    return _linked(kind, problems), problems


def _parts(life: Reader, top: Reader, kind: str) -> dict[str, tuple[Any, ...]]:
    """Read what engines read of a kind, of its life first; no code stands twice among the tables of one engine."""
    parts = {name: tuple(read(r, kind) for t in (life, top) for r in t.tables(name)) for name, read in PART_READERS.items()}
    for name, rows in parts.items():
        unique(top.problems, name, [row.code for row in rows])
    return parts


def _form(r: Reader, key: str) -> Form:
    """Read a form that stands inlined under `key`; an empty one where nothing is asked."""
    if key not in r.table:
        r.read.add(key)
        return Form()
    form = read_form(r.table_at(key))
    return replace(form, order=link_form(form, r.problems, built_in=BUILT_IN, sources={}, reserved=BASIC))


def _linked(kind: Kind, problems: list[Problem]) -> Kind:
    """Report what does not fit between the parts of a kind."""
    unique(problems, "state", [s.code for s in kind.states])
    unique(problems, "verb", [v.code for v in kind.verbs])
    states = [s.code for s in kind.states]
    if kind.first and kind.first not in states:
        problems.append(("kind.first", _unknown("state", kind.first, states)))
    for verb in kind.verbs:
        if not verb.source:
            problems.append((f"{verb.where}.from", "expected at least one state"))
        for code in verb.source:
            if code not in states:
                problems.append((f"{verb.where}.from", _unknown("state", code, states)))
        if verb.target and verb.target not in states:
            problems.append((f"{verb.where}.to", f"leads nowhere: {_unknown('state', verb.target, states)}"))
    if not problems:
        _reached(kind, problems)
    _evaluated(kind, problems)
    return kind


def _reached(kind: Kind, problems: list[Problem]) -> None:
    """Report the states to which no verb leads from the first one."""
    found = {kind.first}
    while more := {v.target for v in kind.verbs if found & set(v.source)} - found:
        found |= more
    for state in kind.states:
        if state.code not in found:
            problems.append((f"{state.where}.code", f"nothing leads from {kind.first!r} to the state {state.code!r}"))


def _evaluated(kind: Kind, problems: list[Problem]) -> None:
    verbs = [v.code for v in kind.verbs]
    for grade, codes in (kind.evaluation.consequences if kind.evaluation else {}).items():
        for code in codes:
            if code not in verbs:
                problems.append((f"evaluation.consequences.{grade}", _unknown("verb", code, verbs)))


def _state(r: Reader) -> State:
    group = r.text("group", required=True)
    if group and group not in GROUPS:
        r.problems.append((r.path("group"), f"expected one of {', '.join(GROUPS)}, found {group!r}"))
    state = State(
        code=_code(r),
        zh=_label(r, "zh"),
        en=_label(r, "en"),
        group=group,
        term=r.text("term"),
        public=r.get("public", bool, True),
        where=r.where,
    )
    r.done()
    return state


def _verb(r: Reader) -> Verb:
    verb = Verb(
        code=_code(r),
        zh=_label(r, "zh"),
        en=_label(r, "en"),
        source=_texts(r, "from", required=True),
        target=r.text("to", required=True),
        by=_texts(r, "by") or (OFFICER,),
        chain=read_chain(r),
        asks=_form(r, "asks"),
        guards=_texts(r, "guards"),
        effects=_texts(r, "effects"),
        letter=read_letter(r, "letter", LETTER_NAMES),
        notice=r.text("notice"),
        body=r.text("body"),
        term=r.text("term"),
        where=r.where,
    )
    if verb.asks.attachments:
        r.problems.append((r.path("asks.attachment"), "a verb asks for no files: they belong to the entry or to a request"))
    r.done()
    return verb


def _evaluation(top: Reader) -> Evaluation | None:
    if "evaluation" not in top.table:
        top.read.add("evaluation")
        return None
    r = top.table_at("evaluation")
    table = r.get("consequences", dict, {})
    for grade, codes in table.items():
        if not isinstance(codes, list) or not all(isinstance(c, str) for c in codes):
            r.problems.append((r.path(f"consequences.{grade}"), "expected a list of verbs"))
    evaluation = Evaluation(
        scheme=r.text("scheme", required=True),
        sheet=r.get("sheet", dict, {}, required=True),
        every=r.text("every", required=True),
        group_by=r.text("group_by"),
        consequences={g: tuple(c for c in codes if isinstance(c, str)) for g, codes in table.items() if isinstance(codes, list)},
        type=r.text("type"),
        type_by=r.text("type_by"),
        obliged=r.text("obliged"),
        notice=r.text("notice", required=True),
        visit=r.text("visit"),
        least_group=r.text("least_group"),
    )
    if evaluation.group_by and evaluation.group_by not in GROUPINGS:
        r.problems.append((r.path("group_by"), f"expected one of {', '.join(GROUPINGS)}, found {evaluation.group_by!r}"))
    if bool(evaluation.type) == bool(evaluation.type_by):
        r.problems.append((r.path("type"), "expected type, a type of the sheet, or type_by, a question whose answer is one"))
    r.done()
    return evaluation


def _openings(head: Reader) -> tuple[Opening, ...]:
    openings = []
    for n, row in enumerate(head.get("opened_by", list, [])):
        where = f"{head.path('opened_by')}[{n}]"
        if isinstance(row, str):
            openings.append(Opening(row, where=where))
        elif isinstance(row, dict):
            table = Reader(row, head.problems, where)
            openings.append(Opening(table.text("scheme", required=True), table.text("when"), table.text("partners"), where))
            table.done()
        else:
            head.problems.append((where, "expected the code of a scheme, or a table with scheme and when"))
    return tuple(openings)


def _holders(head: Reader) -> dict[str, int]:
    table = head.get("holders", dict, {"lead": 1})
    for role, most in table.items():
        if role not in HOLDER_ROLES:
            head.problems.append((head.path(f"holders.{role}"), f"expected some of {', '.join(HOLDER_ROLES)}, found {role!r}"))
        elif not isinstance(most, int) or isinstance(most, bool) or most < 1:
            head.problems.append((head.path(f"holders.{role}"), f"expected how many there may be, found {most!r}"))
    if table.get("lead") != 1:
        head.problems.append((head.path("holders.lead"), "expected 1: one holder answers for an entry"))
    return {role: most for role, most in table.items() if isinstance(most, int)}


def _number(head: Reader) -> str:
    pattern = head.text("number", required=True)
    if not pattern:
        return pattern
    expected = 'expected a pattern such as "LAB-{year}-{serial:03}" that has {serial}, without blanks or slashes'
    try:
        names = names_in(pattern)
        sample = pattern.format(year=2026, serial=1)
    except (ValueError, LookupError, AttributeError):
        names, sample = set(), ""
    if "serial" not in names or names - PARTS or not NUMBER.fullmatch(sample):
        head.problems.append((head.path("number"), f"{expected}, found {pattern!r}"))
    return pattern


def _texts(r: Reader, key: str, *, required: bool = False) -> tuple[str, ...]:
    values = r.get(key, list, [], required=required)
    for value in values:
        if not isinstance(value, str) or not value:
            r.problems.append((r.path(key), f"expected texts, found {value!r}"))
    texts = [v for v in values if isinstance(v, str)]
    for text in sorted({t for t in texts if texts.count(t) > 1}):
        r.problems.append((r.path(key), f"{text!r} is named twice"))
    return tuple(texts)


def _code(r: Reader) -> str:
    return _matching(r, "code", CODE, "small letters, digits and underscores, beginning with a letter, at most 40")


def _matching(r: Reader, key: str, form: re.Pattern[str], expected: str) -> str:
    text = r.text(key, required=True)
    if text and not form.fullmatch(text):
        r.problems.append((r.path(key), f"expected {expected}, found {text!r}"))
    return text


def _label(r: Reader, key: str) -> str:
    text = r.text(key, required=True)
    if len(text) > MOST_LABEL * (1 if key == "zh" else 2):
        r.problems.append((r.path(key), f"expected at most {MOST_LABEL * (1 if key == 'zh' else 2)} characters"))
    return text


def _unknown(what: str, code: str, known: Sequence[str] | Iterable[str]) -> str:
    return f"no {what} {code!r}; known: {', '.join(known) or 'none'}"
