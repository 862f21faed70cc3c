"""Packs: rules with their settings, and tables on judging, that the schemes of a region share (packs.toml).

A scheme that names a pack gets them when the package is read, so that the stored definition of a version needs no pack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.core.reading import Problem, Reader
from headwater.schemes.judging import SHARED, read_judging
from headwater.schemes.parsing import RuleSpec, read_rule
from headwater.schemes.shapes import CLASSES, UNLIMITED, Scheme


@dataclass(frozen=True)
class Pack:
    """What a pack gives to the schemes that name it, or to all of the region: the tables of rules, and others by name."""

    rules: tuple[dict[str, Any], ...] = ()
    tables: Mapping[str, Any] = field(default_factory=dict)
    for_all: bool = False


Packs = Mapping[str, Pack]


def read_packs(table: dict[str, Any], rule_parameters: RuleSpec, problems: list[Problem]) -> Packs:
    """The packs of a region by code, as the tables of their rules; every mistake is reported here and not again in each scheme."""
    top, packs = Reader(table, problems), {}
    for pack in top.tables("pack", required=True):
        code = pack.text("code", required=True)
        pack.text("name_zh", required=True)
        pack.text("name_en", required=True)
        tables = {name: pack.table[name] for name in SHARED if name in pack.table}
        rules = pack.tables("rule", required=not tables)
        names = [read_rule(r, rule_parameters).name for r in rules]
        for r, name in zip(rules, names, strict=True):
            if names.count(name) > 1:
                problems.append((r.path("name"), f"rule {name!r} is in this pack twice"))
        if code in packs:
            problems.append((pack.path("code"), f"code {code!r} is used twice"))
        read_judging(pack, CLASSES)
        packs[code] = Pack(tuple(r.table for r in rules), tables, pack.get("for_all", bool, False))
        pack.done()
    top.done()
    return packs


def expanded(definition: dict[str, Any], packs: Packs) -> tuple[dict[str, Any], list[Problem]]:
    """The definition with the rules of its packs after its own, and the tables that it does not have.

    A scheme's own entry of a rule or a table wins over that of a pack, and a pack that it names over one for all schemes.
    """
    head, own = definition.get("scheme"), definition.get("rule", [])
    references = head.get("packs", []) if isinstance(head, dict) else None
    if not isinstance(references, list) or not isinstance(own, list):
        return definition, []
    problems: list[Problem] = []
    codes = list(dict.fromkeys(str(c) for c in references))
    for code in codes:
        if code not in packs:
            names = ", ".join(packs) or "none, there is no packs.toml"
            problems.append(("scheme.packs", f"unknown pack {code!r}; known: {names}"))
    general = [code for code, pack in packs.items() if pack.for_all and code not in codes]
    rules = _pack_rules(
        own, [(code, packs[code]) for code in codes if code in packs], [(code, packs[code]) for code in general], problems
    )
    tables: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for code in [*codes, *general]:
        for name, table in packs.get(code, Pack()).tables.items():
            if name in origins and code not in general:
                problems.append(("scheme.packs", f"[{name}] is in pack {origins[name]!r} and in pack {code!r}"))
            origins.setdefault(name, code)
            tables.setdefault(name, table)
    return {**tables, **definition, "rule": [*own, *rules]}, problems


CodedPacks = list[tuple[str, Pack]]


def _pack_rules(own: list[Any], of_scheme: CodedPacks, general: CodedPacks, problems: list[Problem]) -> list[dict[str, Any]]:
    """The rules of packs that a scheme does not have itself; a rule that it repeats without a change, or takes twice, is a mistake."""
    mine = {r.get("name"): n for n, r in enumerate(own) if isinstance(r, dict)}
    origins: dict[Any, str] = {}
    rules = []
    for code, pack in [*of_scheme, *general]:
        for rule in pack.rules:
            name = rule.get("name")
            if name in origins:
                if not pack.for_all:
                    problems.append(("scheme.packs", f"rule {name!r} is in pack {origins[name]!r} and in pack {code!r}"))
            elif name not in mine:
                rules.append(rule)
            elif own[mine[name]] == rule:
                problems.append((f"rule[{mine[name]}].name", f"rule {name!r} is the same in pack {code!r}: leave it out"))
            origins.setdefault(name, code)
    return rules


def of_packs(problems: Sequence[Problem], definition: dict[str, Any], own: int) -> list[Problem]:
    """Problems with the keys of the file as it was written: a rule after the first `own` ones came from a pack."""
    result = []
    for key, text in problems:
        number, _bracket, part = key.removeprefix("rule[").partition("]")
        if key.startswith("rule[") and int(number) >= own:
            name = definition["rule"][int(number)].get("name")
            result.append(("scheme.packs", f"rule {name!r}{part}: {text}"))
        else:
            result.append((key, text))
    return result


def untold(schemes: Sequence[Scheme]) -> dict[str, str]:
    """Problems by scheme code: a constraint of the database would refuse an application of which no rule has warned.

    Whoever has applied in a limited group is refused by a constraint. A rule must say so before: `one_per_year` in every scheme of
    the group or, where each type is limited by itself, `limit_same_type`.
    """
    blocking = {s.code: {u.name for u in s.rules if u.blocks} for s in schemes}
    yearly = {s.limit_group for s in schemes if "one_per_year" in blocking[s.code]} - {UNLIMITED}
    problems = {}
    for s in schemes:
        if s.limit_group == UNLIMITED:
            if "one_per_year" in {u.name for u in s.rules}:
                problems[s.code] = "rule 'one_per_year' counts nothing in the group 'none': name a group"
        elif "one_per_year" not in blocking[s.code] and (s.limit_group in yearly or "limit_same_type" not in blocking[s.code]):
            problems[s.code] = (
                f"the group {s.limit_group!r} is limited: name the rule 'one_per_year' with blocks = true, or choose 'none'"
            )
    return problems
