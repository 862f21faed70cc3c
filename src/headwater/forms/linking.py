"""Checks that need the whole form: what expressions name and mean, what is prefilled from where, what refers to what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from headwater.core.reading import Problem
from headwater.forms.expressions import ExpressionError, Type, names, parse, type_of
from headwater.forms.shapes import Field, Form

RESERVED = {"and", "or", "not", "in", "true", "false"}
EARLIER = "earlier"
"""The source of a first answer that is somebody's last answer to the question of that code."""


def field_types(fields: tuple[Field, ...]) -> dict[str, Type]:
    """The names that expressions over these questions may use, with their types."""
    return {name: kind for f in fields for name, kind in f.of.types(f).items()}


def link_form(
    form: Form,
    problems: list[Problem],
    *,
    built_in: Mapping[str, Type],
    sources: Mapping[str, Collection[str]],
    reserved: Collection[str] = (),
) -> tuple[str, ...]:
    """Report every mistake between the parts; return the order in which conditions and values can be worked out.

    `built_in` are the names that every subject of such a form gives to expressions, `sources` where a first answer can come from,
    `reserved` further names that no question may have.
    """
    types = {**built_in, **field_types(form.fields)}
    for f in form.fields:
        if f.code in built_in or f.code in RESERVED or f.code in reserved:
            problems.append((f"{f.where}.code", f"{f.code!r} has a meaning of its own in every scheme; choose another code"))
        if f.when:
            _check_expression(problems, f"{f.where}.when", f.when, types, "yes-or-no")
        _check_value(problems, f, types)
        for column in f.columns:
            _check_value(problems, column, field_types(f.columns))
        if f.kind and f.kind not in {a.kind for a in form.attachments}:
            problems.append((f"{f.where}.kind", f"no attachment of kind {f.kind!r}"))
        if f.prefill:
            _prefill(problems, f, sources)
    for c in form.checks:
        if c.expr:
            _check_expression(problems, f"{c.where}.expr", c.expr, types, "yes-or-no")
        if c.when:
            _check_expression(problems, f"{c.where}.when", c.when, types, "yes-or-no")
    for d in form.documents:
        if d.when:
            _check_expression(problems, f"{d.where}.when", d.when, types, "yes-or-no")
    return _order(form.fields, problems)


def _check_expression(problems: list[Problem], key: str, source: str, types: dict[str, Type], kind: str) -> None:
    try:
        result = type_of(parse(source), types)
    except ExpressionError as error:
        problems.append((key, str(error)))
        return
    if result.table or result.kind != kind:
        problems.append((key, f"expected an expression that gives {kind}, this gives {result}"))


def _check_value(problems: list[Problem], f: Field, types: dict[str, Type]) -> None:
    if f.value:
        _check_expression(problems, f"{f.where}.value", f.value, types, f.of.kind)


def _prefill(problems: list[Problem], f: Field, sources: Mapping[str, Collection[str]]) -> None:
    source, _dot, part = f.prefill.partition(".")
    key = f"{f.where}.prefill"
    if source not in {*sources, EARLIER} or not part:
        problems.append((key, f"expected {', '.join(f'{s}.…' for s in sources)} or {EARLIER}.…, found {f.prefill!r}"))
    elif source != EARLIER and part not in sources[source]:
        problems.append((key, f"expected one of {', '.join(f'{source}.{p}' for p in sources[source])}, found {f.prefill!r}"))
    elif f.prefill in {"host.name", "person.organisation"} and f.type == "organisation":
        return
    elif source != EARLIER and not f.is_text:
        problems.append((key, f"{f.prefill} is a text; a field of type {f.type} cannot take it"))


def _needs(f: Field) -> set[str]:
    """The names that decide whether and with what value a question is answered."""
    needs: set[str] = set()
    for source in (f.when, f.value):
        try:
            needs |= names(parse(source)) if source else set()
        except ExpressionError:
            continue
    return needs


def _order(fields: tuple[Field, ...], problems: list[Problem]) -> tuple[str, ...]:
    waiting = {f.code: f for f in fields if f.when or f.value}
    order: list[str] = []
    while waiting:
        ready = [code for code, f in waiting.items() if not (_needs(f) & set(waiting))]
        if not ready:
            for f in waiting.values():
                key = f"{f.where}.{'value' if f.value else 'when'}"
                problems.append((key, f"depends on itself, through {', '.join(sorted(waiting))}"))
            return tuple(order)
        order += ready
        for code in ready:
            del waiting[code]
    return tuple(order)


def expressions(form: Form) -> Iterator[tuple[str, str]]:
    """(key in the package, expression) of every expression of a form."""
    for f in form.fields:
        for g in (f, *f.columns):
            yield from ((f"{g.where}.{key}", text) for key, text in (("when", g.when), ("value", g.value)) if text)
    for c in form.checks:
        yield from ((f"{c.where}.{key}", text) for key, text in (("expr", c.expr), ("when", c.when)) if text)
    yield from ((f"{d.where}.when", d.when) for d in form.documents if d.when)
