"""The scheme as the engine sees it: parsed from the definition, checked when the region package is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

FIELD_TYPES = ("text", "line", "number", "choice")
OUTCOMES = ("award",)


@dataclass(frozen=True)
class Field:
    """One question. `min_chars` and `max_chars` count characters of the answer without surrounding blanks."""

    code: str
    type: str
    label_zh: str
    label_en: str
    required: bool
    min_chars: int
    max_chars: int
    help_zh: str
    help_en: str
    choices: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    code: str
    title_zh: str
    title_en: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class RuleUse:
    """A rule named by the scheme. `blocks` says whether a failure stops the submission or is only shown."""

    name: str
    blocks: bool
    params: dict[str, Any]


@dataclass(frozen=True)
class AttachmentKind:
    kind: str
    label_zh: str
    label_en: str


@dataclass(frozen=True)
class Scheme:
    code: str
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    articles: tuple[int, ...]
    limit_group: str
    plan: str
    prefix: str
    members_max: int
    research_classes: tuple[str, ...]
    sections: tuple[Section, ...]
    rules: tuple[RuleUse, ...]
    attachments: tuple[AttachmentKind, ...]
    flags: tuple[tuple[str, str, str], ...]
    commitments: dict[str, tuple[str, str]]

    def section(self, code: str) -> Section | None:
        return next((s for s in self.sections if s.code == code), None)


Problem = tuple[str, str]
"""(key, what was expected)"""


class Reader:
    """Walks a parsed TOML table, collecting every mistake as (key, expectation) instead of stopping at the first."""

    def __init__(self, table: dict[str, Any], problems: list[Problem], where: str = "") -> None:
        self.table, self.problems, self.where = table, problems, where
        self.read: set[str] = set()

    def get(self, key: str, kind: type | tuple[type, ...], default: Any = None, *, required: bool = False) -> Any:
        self.read.add(key)
        if key not in self.table:
            if required:
                self.problems.append((self.path(key), f"required: {_name(kind)}"))
            return default
        value = self.table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.problems.append((self.path(key), f"expected {_name(kind)}, found {type(value).__name__} {value!r}"))
            return default
        return value

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        value: str = self.get(key, str, default, required=required)
        if required and self.table.get(key) == "":
            self.problems.append((self.path(key), "must not be empty"))
        return value

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def tables(self, key: str, *, required: bool = False) -> list[Reader]:
        rows = self.get(key, list, [], required=required)
        out = []
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                out.append(Reader(row, self.problems, f"{self.path(key)}[{number}]"))
            else:
                self.problems.append((f"{self.path(key)}[{number}]", "expected a table"))
        return out

    def table_at(self, key: str, *, required: bool = False) -> Reader:
        return Reader(self.get(key, dict, {}, required=required), self.problems, self.path(key))

    def done(self) -> None:
        """Report keys that nobody asked for: most are spelling mistakes."""
        for key in self.table:
            if key not in self.read:
                self.problems.append((self.path(key), f"unknown key; known: {', '.join(sorted(self.read))}"))


def _name(kind: type | tuple[type, ...]) -> str:
    names = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table", float: "a number"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(names.get(k, k.__name__) for k in kinds)


RuleSpec = Callable[[str], dict[str, type] | None]


def parse_scheme(definition: dict[str, Any], rule_parameters: RuleSpec) -> tuple[Scheme, list[Problem]]:
    """Parse a definition; `rule_parameters(name)` gives a rule's parameter types, or None for an unknown rule.

    Returns the scheme (usable only when the list of problems is empty) and every problem found.
    """
    problems: list[Problem] = []
    top = Reader(definition, problems)
    head = top.table_at("scheme", required=True)
    scheme = Scheme(
        code=head.text("code", required=True),
        name_zh=head.text("name_zh", required=True),
        name_en=head.text("name_en", required=True),
        purpose_zh=head.text("purpose_zh"),
        purpose_en=head.text("purpose_en"),
        articles=tuple(head.get("articles", list, [], required=True)),
        limit_group=head.text("limit_group", required=True),
        plan=head.text("plan"),
        prefix=head.text("prefix", required=True),
        members_max=head.get("members_max", int, 10),
        research_classes=tuple(head.get("research_classes", list, ["free", "goal"])),
        sections=tuple(_section(s) for s in top.tables("section", required=True)),
        rules=tuple(_rule(r, rule_parameters) for r in top.tables("rule", required=True)),
        attachments=tuple(_attachment(a) for a in top.tables("attachment")),
        flags=tuple(_flag(f) for f in top.tables("flag")),
        commitments=_commitments(top.table_at("commitments", required=True)),
    )
    outcome = head.text("outcome", required=True)
    if outcome and outcome not in OUTCOMES:
        problems.append((head.path("outcome"), f"unknown outcome {outcome!r}; known: {', '.join(OUTCOMES)}"))
    for number in scheme.articles:
        if not isinstance(number, int) or not number > 0:
            problems.append((head.path("articles"), f"expected article numbers, found {number!r}"))
    head.done()
    top.done()
    _unique(problems, "section", [s.code for s in scheme.sections])
    _unique(problems, "section.field", [f.code for s in scheme.sections for f in s.fields])
    return scheme, problems


def _unique(problems: list[Problem], key: str, codes: list[str]) -> None:
    for code in sorted({c for c in codes if codes.count(c) > 1}):
        problems.append((key, f"code {code!r} is used twice"))


def _section(r: Reader) -> Section:
    section = Section(
        r.text("code", required=True),
        r.text("title_zh", required=True),
        r.text("title_en", required=True),
        tuple(_field(f) for f in r.tables("field", required=True)),
    )
    r.done()
    return section


def _field(r: Reader) -> Field:
    kind = r.text("type", required=True)
    if kind and kind not in FIELD_TYPES:
        r.problems.append((r.path("type"), f"unknown field type {kind!r}; known: {', '.join(FIELD_TYPES)}"))
    choices = tuple(_choice(c) for c in r.tables("choice"))
    _unique(r.problems, r.path("choice"), [code for code, _zh, _en in choices if code])
    if kind == "choice" and not choices:
        r.problems.append((r.path("choice"), "a field of type choice needs at least one choice"))
    field = Field(
        code=r.text("code", required=True),
        type=kind,
        label_zh=r.text("label_zh", required=True),
        label_en=r.text("label_en", required=True),
        required=r.get("required", bool, False),
        min_chars=r.get("min_chars", int, 0),
        max_chars=r.get("max_chars", int, 4000),
        help_zh=r.text("help_zh"),
        help_en=r.text("help_en"),
        choices=choices,
    )
    if field.min_chars > field.max_chars:
        r.problems.append((r.path("min_chars"), f"is above max_chars ({field.max_chars})"))
    r.done()
    return field


def _choice(r: Reader) -> tuple[str, str, str]:
    choice = (r.text("code", required=True), r.text("zh", required=True), r.text("en", required=True))
    r.done()
    return choice


def _rule(r: Reader, rule_parameters: RuleSpec) -> RuleUse:
    name = r.text("name", required=True)
    blocks = r.get("blocks", bool, False)
    spec = rule_parameters(name)
    params: dict[str, Any] = {}
    if spec is None:
        r.problems.append((r.path("name"), f"unknown rule {name!r}"))
        r.read |= set(r.table)
    else:
        for key, kind in spec.items():
            params[key] = r.get(key, kind, required=True)
    r.done()
    return RuleUse(name, blocks, params)


def _attachment(r: Reader) -> AttachmentKind:
    kind = AttachmentKind(r.text("kind", required=True), r.text("label_zh", required=True), r.text("label_en", required=True))
    r.done()
    return kind


def _flag(r: Reader) -> tuple[str, str, str]:
    flag = (r.text("code", required=True), r.text("zh", required=True), r.text("en", required=True))
    r.done()
    return flag


def _commitments(r: Reader) -> dict[str, tuple[str, str]]:
    out = {}
    for party in ("applicant", "member", "host", "expert"):
        out[party] = (r.text(f"{party}_zh", required=True), r.text(f"{party}_en", required=True))
    r.done()
    return out


@lru_cache(maxsize=256)
def _cached(version_id: int) -> Scheme:
    from headwater.calls.models import SchemeVersion
    from headwater.calls.rules import parameters_of

    return parse_scheme(SchemeVersion.objects.get(pk=version_id).definition, parameters_of)[0]


def scheme_of(call: Any) -> Scheme:
    """The scheme of a call; versions never change, so each is parsed once per process."""
    return _cached(call.scheme_id)
