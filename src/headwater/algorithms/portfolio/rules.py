"""The rules that a funded set must keep. Each has a name, by which it is explained and blamed.

Members of a rule are chosen by labels: `where={"region": "Lhasa", "type": ("young", "general")}` means the proposals that carry one of
the labels in every named group; an empty `where` means all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Literal, TypeVar

Where = Mapping[str, Hashable | tuple[Hashable, ...]]
Base = Literal["funded", "money", "budget", "applications", "requested"]


@dataclass(frozen=True)
class Budget:
    """Money given to all proposals: at most `limit`, and at least the share `spend` (0..1) of it."""

    name: str
    _: KW_ONLY
    limit: float
    spend: float = 0.0


@dataclass(frozen=True)
class CountRule:
    """How many of the members are funded."""

    name: str
    _: KW_ONLY
    at_least: float | None = None
    at_most: float | None = None
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class MoneyRule:
    """How much money the members get, in the unit of the costs."""

    name: str
    _: KW_ONLY
    at_least: float | None = None
    at_most: float | None = None
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class ShareRule:
    """A share (0..1) for the members.

    `of` says of what: "funded" (number of grants in `within`), "money" (money given in `within`), "budget" (the limit of the one
    budget rule), "applications" (the members' number), "requested" (the members' costs). The first two are shares of what is
    decided, the others fixed amounts.
    """

    name: str
    _: KW_ONLY
    of: Base
    at_least: float | None = None
    at_most: float | None = None
    where: Where = field(default_factory=dict)
    within: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Exclusive:
    """At most `at_most` of these proposals."""

    name: str
    proposals: Sequence[int]
    _: KW_ONLY
    at_most: int = 1


@dataclass(frozen=True)
class Requires:
    """The proposal only if all the needed ones are funded, or with `any_of` if at least one is."""

    name: str
    proposal: int
    needs: Sequence[int]
    _: KW_ONLY
    any_of: bool = False


@dataclass(frozen=True)
class Fixed:
    """These proposals are funded (True) or refused (False) whatever they are worth."""

    name: str
    proposals: Sequence[int]
    funded: bool


Rule = Budget | CountRule | MoneyRule | ShareRule | Exclusive | Requires | Fixed
Labelled = TypeVar("Labelled", CountRule, MoneyRule, ShareRule)


def each(rule: Labelled, by: str, labels: Iterable[Any]) -> list[Labelled]:
    """The rule once for each different label of a group, named "name: label" and narrowed to it."""
    return [
        replace(rule, name=f"{rule.name}: {label}", where={**rule.where, by: label})
        for label in sorted({label.item() if hasattr(label, "item") else label for label in labels})
    ]
