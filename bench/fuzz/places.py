"""Addresses made concrete: for each part of a route the ids that are there, or something odd."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import quote

from bench.fuzz.pages import forms_in
from bench.fuzz.values import key, raw

MOST = 60
"""So many values of each argument, from the first on."""


@lru_cache(maxsize=1)
def all_routes() -> list[str]:
    from headwater.core.examples import routes

    return sorted(r for r, _entry in routes() if not r.startswith("accounts/logout"))


@lru_cache(maxsize=1)
def values() -> dict[str, list[Any]]:
    """Values by the names of the examples that the apps declare; the same for every case of a block."""
    from headwater.core.examples import EXAMPLES

    return {name: list(islice(one.values(), MOST)) or [1] for name, one in EXAMPLES.items()}


def ids() -> dict[str, list[int]]:
    """Ids by kind of record."""
    return {name: found for name, found in values().items() if isinstance(found[0], int)}


def forget() -> None:
    values.cache_clear()


def concrete(random_: Random, route: str, *, wrong: float = 0.0) -> str:
    """An address of a route; each part is odd with the chance `wrong`."""
    from headwater.core.examples import ARGUMENT, name_at

    def part(found: re.Match[str]) -> str:
        if random_.random() < wrong:
            return quote(raw(key(random_, values()["application"]))[:3000] or b"-", safe="")
        return quote(str(random_.choice(values()[name_at(route, found.end())])), safe="")

    route = route.replace(r"^v1/[\s\S]*$", "v1/x")
    return "/" + ARGUMENT.sub(part, route)


def places(world: Any, random_: Random, *, each: int, among: list[str] | None = None) -> list[tuple[str | None, str]]:
    """(who, address) of pages with a form to send: every route as everybody, `each` addresses of those that are open to them."""
    from bench.fuzz.world import Request

    found: list[tuple[str | None, str]] = []
    for who in world.people:
        for route in all_routes() if among is None else among:
            if route.startswith(("api/", "data/")) or "pdf" in route or "xlsx" in route:
                continue
            tries = 1 if "<" not in route else each
            for _n in range(tries):
                path = concrete(random_, route)
                opened = Request(who, "GET", path)
                answer = world.send(opened)
                world.judge(opened, answer)
                if answer.status in {401, 403, 405} and "<" not in route:
                    break
                own = (
                    [
                        f
                        for f in forms_in(path, answer.text)
                        if f.method == "post" and f.action not in {"/language/", "/accounts/logout/"}
                    ]
                    if answer.status == 200
                    else []
                )
                if own and (who, path) not in found and (who is not None or path.startswith(("/notices", "/accounts"))):
                    found.append((who, path))
    return found
