"""Packs: lists of rules with their settings that the schemes of a region share (packs.toml).

A scheme that names a pack gets its rules when the package is read, so that the stored definition of a version needs no pack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.core.reading import Problem, Reader
from headwater.schemes.parsing import RuleSpec, read_rule
from headwater.schemes.shapes import UNLIMITED, Scheme

Packs = Mapping[str, Sequence[dict[str, Any]]]


def read_packs(table: dict[str, Any], rule_parameters: RuleSpec, problems: list[Problem]) -> Packs:
    """The packs of a region by code, as the tables of their rules; every mistake is reported here and not again in each scheme."""
    top, packs = Reader(table, problems), {}
    for pack in top.tables("pack", required=True):
        code = pack.text("code", required=True)
        pack.text("name_zh", required=True)
        pack.text("name_en", required=True)
        rules = pack.tables("rule", required=True)
        names = [read_rule(r, rule_parameters).name for r in rules]
        for r, name in zip(rules, names, strict=True):
            if names.count(name) > 1:
                problems.append((r.path("name"), f"rule {name!r} is in this pack twice"))
        if code in packs:
            problems.append((pack.path("code"), f"code {code!r} is used twice"))
        packs[code] = [r.table for r in rules]
        pack.done()
    top.done()
    return packs


def expanded(definition: dict[str, Any], packs: Packs) -> tuple[dict[str, Any], list[Problem]]:
    """The definition with the rules of its packs after its own. A scheme's own entry of a rule wins over that of a pack."""
    head, own = definition.get("scheme"), definition.get("rule", [])
    named = head.get("packs") if isinstance(head, dict) else None
    if not isinstance(named, list) or not isinstance(own, list):
        return definition, []
    problems: list[Problem] = []
    mine = {r.get("name"): n for n, r in enumerate(own) if isinstance(r, dict)}
    taken: dict[Any, str] = {}
    added = []
    for code in dict.fromkeys(str(c) for c in named):
        if code not in packs:
            known = ", ".join(packs) or "none, there is no packs.toml"
            problems.append(("scheme.packs", f"unknown pack {code!r}; known: {known}"))
        for rule in packs.get(code, ()):
            name = rule.get("name")
            if name in taken:
                problems.append(("scheme.packs", f"rule {name!r} is in pack {taken[name]!r} and in pack {code!r}"))
            elif name not in mine:
                added.append(rule)
            elif own[mine[name]] == rule:
                problems.append((f"rule[{mine[name]}].name", f"rule {name!r} is the same in pack {code!r}: leave it out"))
            taken[name] = code
    return {**definition, "rule": [*own, *added]}, problems


def of_packs(problems: Sequence[Problem], definition: dict[str, Any], own: int) -> list[Problem]:
    """Problems with the keys of the file as it was written: a rule after the first `own` ones came from a pack."""
    out = []
    for key, told in problems:
        number, _bracket, part = key.removeprefix("rule[").partition("]")
        if key.startswith("rule[") and int(number) >= own:
            name = definition["rule"][int(number)].get("name")
            out.append(("scheme.packs", f"rule {name!r}{part}: {told}"))
        else:
            out.append((key, told))
    return out


def untold(schemes: Sequence[Scheme]) -> dict[str, str]:
    """By scheme code: what the database would refuse and no rule of the scheme tells first.

    Whoever has applied in a limited group is refused by a constraint. A rule must say so before: `one_per_year` in every scheme of
    the group or, where each type is limited by itself, `limit_same_type`.
    """
    blocking = {s.code: {u.name for u in s.rules if u.blocks} for s in schemes}
    yearly = {s.limit_group for s in schemes if "one_per_year" in blocking[s.code]} - {UNLIMITED}
    out = {}
    for s in schemes:
        if s.limit_group == UNLIMITED:
            if "one_per_year" in {u.name for u in s.rules}:
                out[s.code] = "rule 'one_per_year' counts nothing in the group 'none': name a group"
        elif "one_per_year" not in blocking[s.code] and (s.limit_group in yearly or "limit_same_type" not in blocking[s.code]):
            out[s.code] = (
                f"the group {s.limit_group!r} is limited: name the rule 'one_per_year' with blocks = true, or choose 'none'"
            )
    return out
