"""Checks that need the whole scheme: what expressions name and mean, what is prefilled from where, what refers to what."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.calls.expressions import ExpressionError, Type, names, parse, type_of
from headwater.calls.schemes.documents import link_documents
from headwater.calls.schemes.reading import Problem
from headwater.calls.schemes.shapes import TEXTS, Field, Scheme

BUILT_IN: dict[str, Type] = {
    "amount": Type("money"),
    "months": Type("number"),
    "starts_on": Type("date"),
    "members": Type("number"),
    "year": Type("number"),
    "deadline": Type("date"),
    "research_class": Type("text", codes=frozenset({"free", "goal"})),
    "flags": Type("choices"),
}
"""What every application has: amount asked for, term, start, number of members, year and deadline of the call, class, and
the flags that are declared (each scheme names its own)."""
SOURCES: dict[str, tuple[str, ...]] = {
    "person": ("name", "name_en", "title", "degree", "department", "organisation", "email", "orcid"),
    "host": ("name", "name_en", "uscc", "place"),
    "earlier": (),
}
"""Where a first answer can come from. "earlier.code" is the leader's last answer to the question of that code."""
KINDS = {"number": "number", "money": "money", "date": "date", "choices": "choices", "file": "number"}
RESERVED = {"and", "or", "not", "in", "true", "false"}
BASIC = {
    *("title_zh", "title_en", "abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "research_class", "priority_field"),
    *("topic", "discipline", "amount_fen", "amount_wan", "months", "starts_on", "flags", "unsuitable"),
}
"""Names of the page of basic information, which every application has."""


def field_types(fields: tuple[Field, ...]) -> dict[str, Type]:
    """The names that expressions over these questions may use, with their types."""
    out: dict[str, Type] = {}
    for f in fields:
        codes = frozenset(c[0] for c in f.choices) or None
        if f.has_rows or f.type == "budget":
            out[f.code] = Type("rows", table=f.code)
            out |= {f"{f.code}.{name}": Type(t.kind, f.code, t.codes) for name, t in field_types(f.columns).items()}
        else:
            out[f.code] = Type(KINDS.get(f.type, "text"), codes=codes)
        if f.type == "budget":
            out |= {f"{f.code}.{part}": Type("money") for part in ("total", "direct", "indirect")}
    return out


def link(scheme: Scheme, problems: list[Problem]) -> tuple[str, ...]:
    """Report every mistake between the parts; returns the order in which conditions and values can be worked out."""
    fields = scheme.fields
    flags = {"flags": Type("choices", codes=frozenset(f[0] for f in scheme.flags))}
    known = BUILT_IN | flags | field_types(fields)
    for f in fields:
        if f.code in BUILT_IN or f.code in RESERVED or f.code in BASIC:
            problems.append((f"{f.where}.code", f"{f.code!r} has a meaning of its own in every scheme; choose another code"))
        if f.when:
            _expression(problems, f"{f.where}.when", f.when, known, "yes-or-no")
        _calculated(problems, f, known)
        for column in f.columns:
            _calculated(problems, column, field_types(f.columns))
        if f.kind and f.kind not in {a.kind for a in scheme.attachments}:
            problems.append((f"{f.where}.kind", f"no attachment of kind {f.kind!r}"))
        if f.prefill:
            _prefill(problems, f)
    for c in scheme.checks:
        if c.expr:
            _expression(problems, f"{c.where}.expr", c.expr, known, "yes-or-no")
        if c.when:
            _expression(problems, f"{c.where}.when", c.when, known, "yes-or-no")
    _settings(scheme, problems)
    for d in scheme.documents:
        if d.when:
            _expression(problems, f"{d.where}.when", d.when, known, "yes-or-no")
    link_documents(scheme, problems)
    return _order(fields, problems)


def _settings(scheme: Scheme, problems: list[Problem]) -> None:
    """What the settings of rules name must be in the form, and be asked in both stages."""
    known = {"field": {f.code for s in scheme.sections if not s.stage for f in s.fields}, "flag": {f[0] for f in scheme.flags}}
    what = {"field": "question that every stage asks", "flag": "flag"}
    for n, use in enumerate(scheme.rules):
        for key, codes in known.items():
            if key in use.params and use.params[key] not in codes:
                problems.append((f"rule[{n}].{key}", f"no {what[key]} has the code {use.params[key]!r}"))


def _expression(problems: list[Problem], key: str, source: str, known: dict[str, Type], kind: str) -> None:
    try:
        found = type_of(parse(source), known)
    except ExpressionError as error:
        problems.append((key, str(error)))
        return
    if found.table or found.kind != kind:
        problems.append((key, f"expected an expression that gives {kind}, this gives {found}"))


def _calculated(problems: list[Problem], f: Field, known: dict[str, Type]) -> None:
    if f.value:
        _expression(problems, f"{f.where}.value", f.value, known, KINDS.get(f.type, "text"))


def _prefill(problems: list[Problem], f: Field) -> None:
    source, _dot, part = f.prefill.partition(".")
    key = f"{f.where}.prefill"
    if source not in SOURCES or not part:
        problems.append((key, f"expected person.…, host.… or earlier.…, found {f.prefill!r}"))
    elif source != "earlier" and part not in SOURCES[source]:
        problems.append((key, f"expected one of {', '.join(f'{source}.{p}' for p in SOURCES[source])}, found {f.prefill!r}"))
    elif f.prefill in {"host.name", "person.organisation"} and f.type == "organisation":
        return
    elif source != "earlier" and f.type not in TEXTS:
        problems.append((key, f"{f.prefill} is a text; a field of type {f.type} cannot take it"))


def _needs(f: Field) -> set[str]:
    """The names that decide whether and with what value a question is answered."""
    found: set[str] = set()
    for source in (f.when, f.value):
        try:
            found |= names(parse(source)) if source else set()
        except ExpressionError:
            continue
    return found


def _order(fields: tuple[Field, ...], problems: list[Problem]) -> tuple[str, ...]:
    waiting = {f.code: f for f in fields if f.when or f.value}
    done: list[str] = []
    while waiting:
        ready = [code for code, f in waiting.items() if not (_needs(f) & set(waiting))]
        if not ready:
            for f in waiting.values():
                key = f"{f.where}.{'value' if f.value else 'when'}"
                problems.append((key, f"depends on itself, through {', '.join(sorted(waiting))}"))
            return tuple(done)
        done += ready
        for code in ready:
            del waiting[code]
    return tuple(done)


def expressions(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """(key in the package, expression) of every expression of a scheme."""
    for f in scheme.fields:
        for g in (f, *f.columns):
            yield from ((f"{g.where}.{key}", text) for key, text in (("when", g.when), ("value", g.value)) if text)
    for c in scheme.checks:
        yield from ((f"{c.where}.{key}", text) for key, text in (("expr", c.expr), ("when", c.when)) if text)
    yield from ((f"{d.where}.when", d.when) for d in scheme.documents if d.when)
