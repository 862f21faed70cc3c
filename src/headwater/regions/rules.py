"""What the rules of a region are: every rule with its settings, the dated parameters that it reads, and the schemes that name it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from headwater.calls.facts import rules_of
from headwater.regions.package import Package
from headwater.schemes import parse_scheme
from headwater.schemes.rules import RULES, Rule, parameters_of
from headwater.schemes.shapes import RuleUse

TYPES = {int: "whole number", float: "number", str: "text", bool: "true or false", list: "list", dict: "table"}


@dataclass(frozen=True)
class Value:
    """What a parameter is worth for some schemes; None where no row is in force."""

    parameter: str
    value: Any
    schemes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Use:
    """A scheme that names a rule, whether its failure blocks there, and the settings; a scheme may name one again with others."""

    scheme: str
    blocks: bool
    settings: dict[str, Any]

    def __str__(self) -> str:
        said = ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in self.settings.items())
        return f"{self.scheme}{' [' + said + ']' if said else ''}{'' if self.blocks else ' (does not block)'}"


@dataclass(frozen=True)
class Described:
    """A rule as somebody looks it up."""

    name: str
    code: str
    title_zh: str
    title_en: str
    ref: str
    settings: dict[str, str]
    reads: list[str]
    values: list[Value]
    uses: list[Use]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> Iterator[str]:
        yield f"{self.name}  {self.code}  {self.title_zh} / {self.title_en}  ({self.ref})"
        for name, kind in self.settings.items():
            yield f"    setting {name}: {kind}"
        for value in self.values:
            said = "no value in force" if value.value is None else json.dumps(value.value, ensure_ascii=False)
            yield f"    reads {value.parameter} = {said} ({', '.join(value.schemes)})"
        yield f"    used by {', '.join(map(str, self.uses)) or 'no scheme'}"


def described(package: Package, on: date) -> list[Described]:
    """Every rule that is declared, in the order of its declaration, with what holds in a package without mistakes on the day `on`.

    Some rules are asked of every scheme, whether it names them or not.
    """
    schemes = [parse_scheme(definition, parameters_of)[0] for definition in package.schemes]
    named = [(scheme.code, use) for scheme in schemes for use in rules_of(scheme)]
    values = in_force(package, on)
    return [_described(rule, [(code, use) for code, use in named if use.name == rule.name], values) for rule in RULES.values()]


def in_force(package: Package, on: date) -> dict[tuple[str, str], Any]:
    """Values by parameter and scheme ("" for all) on a day; the last day of a row is a day of it."""
    rows = [r for r in package.tables["parameters"]["parameter"] if r["valid_from"] <= on <= (r.get("valid_to") or on)]
    rows.sort(key=lambda r: r["valid_from"])
    return {(r["key"], scheme): r["value"] for r in rows for scheme in r.get("applies_to") or [""]}


def _described(rule: Rule, named: Sequence[tuple[str, RuleUse]], values: Mapping[tuple[str, str], Any]) -> Described:
    read = [(key, code, values.get((key, code), values.get((key, "")))) for code, use in named for key in rule.keys(use.params)]
    if not named:
        read = [(key, scheme or "all", value) for (key, scheme), value in values.items() if key in rule.reads]
    found: dict[tuple[str, str], Value] = {}
    for key, code, value in read:
        same = found.setdefault((key, json.dumps(value)), Value(key, value))
        same.schemes.extend([] if code in same.schemes else [code])
    uses = [Use(code, use.blocks, dict(use.params)) for code, use in named]
    settings = {name: TYPES[kind] for name, kind in rule.params.items()}
    title, reads = rule.title, list(rule.reads)
    return Described(rule.name, rule.code, title.zh, title.en, rule.ref, settings, reads, list(found.values()), uses)
