"""Reads the kinds of register of a package, and the facts that it brings. A text that ends in .toml names a file of the package, whose
table takes its place: the stored definition of a version needs no other file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from headwater.bases.parts import GAP
from headwater.forms.expressions import ExpressionError, parse, type_of
from headwater.forms.linking import field_types
from headwater.regions.evaluations import evaluation_problems
from headwater.regions.package import Package
from headwater.registers.facts import Fact, read_facts
from headwater.registers.parsing import parse_kind
from headwater.registers.parts import REPORT, REQUEST
from headwater.registers.shapes import Kind, Opening
from headwater.schemes import Scheme
from headwater.schemes.linking import BUILT_IN

KINDS_IN, FACTS_IN = "registers", "entries"
Problem = tuple[str, str]
Note = Callable[[str, str, Sequence[Problem]], None]
"""Notes mistakes of a file: its name, its text, and what is wrong at which key."""
ReadFile = Callable[[str], "tuple[str, dict[str, Any]] | None"]
"""Gives text and table of a file of the package by its path; None where there is none."""


@dataclass
class Inlined:
    """A definition with its files, and the file from which the table at each key came: (key, path, text)."""

    definition: dict[str, Any]
    files: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def place(self, key: str) -> tuple[str, str, str] | None:
        """Return the file in which a key of the definition stands and its key there; None for the definition's own."""
        inside = [f for f in self.files if key == f[0] or key.startswith((f"{f[0]}.", f"{f[0]}["))]
        if not inside:
            return None
        at, path, text = max(inside, key=lambda f: len(f[0]))
        return path, text, key[len(at) :].lstrip(".")


def inline(table: Mapping[str, Any], read: ReadFile) -> Inlined:
    """Put the tables of files in place of their paths."""
    whole = Inlined({})
    whole.definition = _inlined(table, "", read, whole, ())
    return whole


def _inlined(value: Any, key: str, read: ReadFile, whole: Inlined, within: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {k: _inlined(v, f"{key}.{k}" if key else k, read, whole, within) for k, v in value.items()}
    if isinstance(value, list):
        return [_inlined(v, f"{key}[{n}]", read, whole, within) for n, v in enumerate(value)]
    if not isinstance(value, str) or not value.endswith(".toml"):
        return value
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or value in within:
        whole.problems.append((key, f"expected a path within the package, found {value!r}"))
        return {}
    file = read(value)
    if file is None:
        whole.problems.append((key, f"no file {value!r} in the package"))
        return {}
    text, table = file
    whole.files.append((key, value, text))
    return _inlined(table, key, read, whole, (*within, value))


@dataclass(frozen=True)
class KindFile:
    """A kind as its file gives it: the parsed kind where it has no mistake."""

    name: str
    text: str
    whole: Inlined
    kind: Kind | None

    @property
    def definition(self) -> dict[str, Any]:
        return self.whole.definition

    def at(self, key: str) -> tuple[str, str, str]:
        """Return where a key of the definition stands: the file, its text, the key in it."""
        return self.whole.place(key) or (self.name, self.text, key)


def read_kinds(
    files: Sequence[tuple[str, str, dict[str, Any]]],
    read: ReadFile,
    schemes: Mapping[str, Scheme],
    faulty: Collection[str],
    note: Note,
) -> list[KindFile]:
    """Read the kinds of a package (name, text, table of each file); each mistake is noted in the file in which it stands. What kinds say
    of `faulty` schemes, which have mistakes of their own, is looked at when these are mended.
    """
    kinds: list[KindFile] = []
    codes: dict[str, str] = {}
    told: set[tuple[str, str, str]] = set()  # a mistake in a file that several kinds take is said once
    for name, text, table in files:
        whole = inline(table, read)
        kind, problems = parse_kind(whole.definition)
        problems += whole.problems
        if kind.code in codes:
            problems.append(("kind.code", f"{kind.code!r} is the code of {codes[kind.code]}"))
        codes.setdefault(kind.code, name)
        problems += _openings(kind, schemes, faulty)
        if kind.evaluation is None or kind.evaluation.scheme not in faulty:
            problems += evaluation_problems(kind, schemes)
        file = KindFile(name, text, whole, None if problems else kind)
        for key, expected in dict.fromkeys(problems):
            at = file.at(key)
            if (at[0], at[2], expected) not in told:
                note(at[0], at[1], [(at[2], expected)])
            told.add((at[0], at[2], expected))
        kinds.append(file)
    return kinds


def _openings(kind: Kind, schemes: Mapping[str, Scheme], faulty: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the schemes whose decisions open entries of a kind."""
    for opening in kind.opened_by:
        if opening.scheme in faulty:
            continue
        scheme = schemes.get(opening.scheme)
        if scheme is None:
            known = ", ".join(sorted(code for code, s in schemes.items() if s.outcome == "designation")) or "none"
            yield opening.where, f"no scheme {opening.scheme!r}; those that designate: {known}"
        elif scheme.outcome != "designation":
            yield opening.where, f"{opening.scheme!r} designates nothing: its outcome is {scheme.outcome!r}"
        else:
            yield from _opening(opening, scheme)


def _opening(opening: Opening, scheme: Scheme) -> Iterator[Problem]:
    name, _dot, part = opening.partners.partition(".")
    table = scheme.field(name)
    column = table.column(part) if table else None
    if opening.partners and (column is None or column.type != "organisation"):
        yield f"{opening.where}.partners", f"{opening.scheme!r} has no column of institutions {opening.partners!r}"
    if not opening.when:
        return
    try:
        result = type_of(parse(opening.when), {**BUILT_IN, **field_types(scheme.fields)})
        if result.table or result.kind != "yes-or-no":
            yield f"{opening.where}.when", f"expected an expression that gives yes-or-no, this gives {result}"
    except ExpressionError as error:
        yield f"{opening.where}.when", str(error)


def parameters_named(kind: Kind) -> list[tuple[str, str]]:
    """Return the dated parameters that a kind names: (key in its file, parameter)."""
    named = [(f"{s.where}.term", s.term) for s in kind.states if s.term]
    for verb in kind.verbs:
        named += [(f"{verb.where}.term", verb.term)] if verb.term else []
        named += [(f"{verb.where}.chain[{n}].days", link.days) for n, link in enumerate(verb.chain) if link.days]
    for request in kind.parts.get(REQUEST, ()):
        named += [(link.where, link.days) for link in request.chain if link.days]
    named += [(f"{gap.where}.bar", gap.bar) for gap in kind.parts.get(GAP, ())]
    for part in (p for name, parts in kind.parts.items() if name not in (REPORT, REQUEST) for p in parts):
        named += [(part.where, key) for key in sorted(getattr(part, "parameters", ()))]
    if kind.evaluation:
        named += [("evaluation.every", kind.evaluation.every)]
        optional = (("obliged", kind.evaluation.obliged), ("least_group", kind.evaluation.least_group))
        named += [(f"evaluation.{key}", name) for key, name in optional if name]
    return named


def parameter_problems(package: Package) -> list[tuple[str, str, str, str]]:
    """Return (file, text, key, what is wrong) for each parameter that a kind names and that has no row for it today or later."""
    rows = package.tables.get("parameters", {}).get("parameter", [])
    rows = [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
    if not rows:
        return []  # the file itself is the mistake
    problems = []
    for file in package.kinds:
        if file.kind is None:
            continue
        for key, name in parameters_named(file.kind):
            fitting = [r for r in rows if r.get("key") == name and (not (to := r.get("applies_to")) or file.kind.code in to)]
            if not fitting:
                text = f"no parameter {name!r} is given for {file.kind.code!r}: add a row, or one that applies to all"
                problems.append((*file.at(key), text))
            elif not any(isinstance(r.get("value"), int) and not isinstance(r.get("value"), bool) for r in fitting):
                problems.append((*file.at(key), f"expected a parameter that is a whole number, {name!r} is none"))
    return problems


@dataclass(frozen=True)
class FactFile:
    name: str
    text: str
    facts: list[Fact]


def read_fact_files(package: Package, files: Sequence[tuple[str, str, dict[str, Any]]], note: Note) -> list[FactFile]:
    """Read the facts of a package; those of a file with mistakes are left out."""
    kinds = {str(f.definition.get("kind", {}).get("code", "")): f.kind for f in package.kinds}
    codes = {
        "host": _codes(package, "organisations", "organisation"),
        "place": _codes(package, "places", "place"),
        "discipline": _codes(package, "disciplines", "discipline"),
        "field": _codes(package, "fields", "priority_field"),
    }
    read, seen = [], dict[str, str]()
    for name, text, table in files:
        problems: list[Problem] = []
        facts = read_facts(table, kinds, codes, problems)
        for fact in facts:
            if fact.code in seen:
                problems.append((f"{fact.where}.code", f"{fact.code!r} stands in {seen[fact.code]} as well"))
            seen.setdefault(fact.code, name)
        note(name, text, problems)
        read += [] if problems else [FactFile(name, text, facts)]
    return read


def _codes(package: Package, name: str, key: str) -> set[str]:
    rows = package.tables.get(name, {}).get(key, [])
    return (
        {r["code"] for r in rows if isinstance(r, dict) and isinstance(r.get("code"), str)} if isinstance(rows, list) else set()
    )
