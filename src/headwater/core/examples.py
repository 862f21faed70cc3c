"""How addresses become concrete: for each argument of a route the values that are there. Tests, the fuzzer and
the bench of pages walk every address by these.

An app declares its own in `examples.py`; a route with an argument that nobody declares fails the walk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from headwater.core.models import Event, Job
from headwater.core.register import Register

ARGUMENT = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Example:
    """Values of an argument, first the one that could leak. `places` are ends of a route up to the argument, such as `people/<int:pk>`."""

    values: Callable[[], Iterable[Any]]
    places: tuple[str, ...]


EXAMPLES: Register[Example] = Register("example of an argument")


def example(name: str, *places: str) -> Callable[[Callable[[], Iterable[Any]]], Callable[[], Iterable[Any]]]:
    """Declare a function that gives the values of the argument at `places`."""

    def wrap(values: Callable[[], Iterable[Any]]) -> Callable[[], Iterable[Any]]:
        EXAMPLES.add(name, Example(values, places))
        return values

    return wrap


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every route of the house with its entry in the table of addresses."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def first_of_each() -> dict[str, Any]:
    """Return one value for each example by name.

    Raises:
        LookupError: nothing is there for one of them.
    """
    values = {name: next(iter(one.values()), None) for name, one in EXAMPLES.items()}
    if names := [name for name, value in values.items() if value is None]:
        raise LookupError(f"no example of {', '.join(names)}")
    return values


def name_at(route: str, end: int) -> str:
    """Return the example of the argument of `route` that ends at `end`: the one with the longest place.

    Raises:
        LookupError: nobody has declared one.
    """
    head = "/" + route[:end]
    fits = [
        (len(p), name) for name, one in EXAMPLES.items() for p in one.places if head.endswith(p) and head[-len(p) - 1] in "/.-"
    ]
    if not fits:
        raise LookupError(f"{route}: no app says in its examples.py what stands for {route[:end].rpartition('/')[2]}")
    return max(fits)[1]


def concrete(route: str, values: Mapping[str, Any]) -> str:
    """Return a concrete address of a route, with `values` by the names of the examples."""
    return "/" + ARGUMENT.sub(lambda match: str(values[name_at(route, match.end())]), route)


@example("job", "jobs/<int:pk>")
def _jobs() -> Iterable[Any]:
    return list(Job.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("event", "audit/<int:pk>")
def _events() -> Iterable[Any]:
    return Event.objects.order_by("pk").values_list("pk", flat=True)


EXAMPLES.add("export", Example(lambda: [1], ("exports/<int:pk>",)))
EXAMPLES.add("token", Example(lambda: ["x"], ("address/<str:key>", "<str:token>")))
EXAMPLES.add("reset", Example(lambda: ["1"], ("<base36:uidb36>",)))
EXAMPLES.add("reset key", Example(lambda: ["x"], ("<base36:uidb36>-<str:key>",)))
