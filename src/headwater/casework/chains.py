"""The chain of a kind as a region package declares it: roles in the order in which they answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from headwater.core.reading import Problem, Reader


@dataclass(frozen=True)
class ChainLink:
    """A step: `least` people who hold `role`, within as many days as the parameter `days` says; without it, no deadline."""

    role: str
    least: int = 1
    days: str = ""
    where: str = field(default="", compare=False)


def read_chain(r: Reader, key: str = "chain", *, required: bool = False) -> tuple[ChainLink, ...]:
    """Read a list whose entries are roles, each plainly or as a table with `role`, `least` and `days`."""
    links = []
    for n, step in enumerate(r.get(key, list, [], required=required)):
        where = f"{r.path(key)}[{n}]"
        if isinstance(step, str) and step:
            links.append(ChainLink(step, where=where))
        elif isinstance(step, dict):
            table = Reader(step, r.problems, where)
            link = ChainLink(table.text("role", required=True), table.get("least", int, 1), table.text("days"), where)
            if link.least < 1:
                r.problems.append((table.path("least"), f"expected at least 1, found {link.least}"))
            table.done()
            links.append(link)
        else:
            r.problems.append((where, "expected a role, or a table with role, least, days"))
    return tuple(links)


def unknown_roles(chain: Sequence[ChainLink], roles: Collection[str]) -> Iterator[Problem]:
    for link in chain:
        if link.role not in roles:
            yield link.where, f"unknown role {link.role!r}; known: {', '.join(roles)}"
