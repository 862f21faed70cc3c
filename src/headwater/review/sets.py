"""A set of applications to fund, as plain data between the decision board and the kernel that chooses it."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.core.i18n import named

BUDGET, DECIDED = "budget", "decided"


@dataclass(frozen=True)
class Balance:
    """A rule of balance as the region states it (parameter `portfolio_rules`).

    `group` names a column of `Contest.groups`; `label` its value, none for each value in turn. `of`: funded, money, budget,
    applications or requested.
    """

    code: str
    zh: str
    en: str
    group: str
    of: str
    label: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def name(self) -> str:
        return named(self)


@dataclass(frozen=True)
class Contest:
    """Candidates in a fixed order: their scores, what they cost (fen), their groups by name, and the budget and rules over them.

    `decided` holds the places of those that are funded already.
    """

    score: tuple[float, ...]
    amount: tuple[float, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    budget: float
    decided: tuple[int, ...]
    balances: tuple[Balance, ...]


@dataclass(frozen=True)
class Reach:
    """What a rule comes to in the chosen set; `tight` where a limit binds."""

    rule: str
    amount: float
    at_least: float | None
    at_most: float | None
    tight: bool


@dataclass(frozen=True)
class Chosen:
    """The best set: places of those in it, for the others the rules that ask the highest prices of them, what each rule comes to.

    `conflict` names the rules that cannot be kept together; then the set keeps the budget alone. `proven`: nothing better exists.
    """

    funded: tuple[int, ...]
    refused: dict[int, tuple[str, ...]]
    reach: tuple[Reach, ...]
    proven: bool
    conflict: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """Other conditions: `name` for people, the budget times `budget`, without the rules of the balance `without`."""

    name: str
    budget: float = 1.0
    without: str = ""


@dataclass(frozen=True)
class Compared:
    """What a variant would change: places that enter and leave, how many it funds with how much money; or the rules in conflict."""

    name: str
    without: str
    entering: tuple[int, ...]
    leaving: tuple[int, ...]
    count: int | None
    money: float | None
    reasons: tuple[str, ...]
