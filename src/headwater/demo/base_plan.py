"""The bases that the demo of a region makes up, as `demo/bases.toml` tells them; a region may have none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headwater.core.reading import Reader
from headwater.regions.package import Mistake, Package
from headwater.registers.shapes import Kind

FILE = "demo/bases.toml"
NAMES = ("word", "host", "place")


@dataclass(frozen=True)
class BaseGroup:
    """Bases of one kind that the demo makes up: how many at each scale, at hosts of which kinds, in which states (with their weights), begun
    in which years, with numbers between two bounds. Names have {word}, {host} and {place}.
    """

    kind: str
    count: Mapping[str, int]
    hosts: Sequence[str]
    name: tuple[str, str]
    states: Mapping[str, int]
    years: tuple[int, int]
    numbers: Mapping[str, tuple[int, int]]
    partners: int = 0


def read_bases(package: Package, scales: Sequence[str]) -> tuple[list[BaseGroup], list[Mistake]]:
    """Read the groups, or list their mistakes."""
    file = package.path / FILE
    if not file.exists():
        return [], []
    try:
        top = Reader(tomllib.loads(file.read_text(encoding="utf-8")), [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [Mistake(FILE, "", f"not valid TOML: {error}")]
    kinds = {f.kind.code: f.kind for f in package.kinds if f.kind}
    groups = [_group(r, kinds, scales) for r in top.tables("group", required=True)]
    top.done()
    return groups, [Mistake(FILE, key, problem) for key, problem in top.problems]


def _group(r: Reader, kinds: Mapping[str, Kind], scales: Sequence[str]) -> BaseGroup:
    kind = kinds.get(code := r.text("kind", required=True))
    if code and kind is None:
        r.problems.append((r.path("kind"), f"no kind {code!r}; known: {', '.join(sorted(kinds)) or 'none'}"))
    counts, states = r.get("count", dict, {}, required=True), r.get("states", dict, {}, required=True)
    for name in scales:
        if not isinstance(counts.get(name), int):
            r.problems.append((r.path("count"), f"expected a number for the scale {name!r}"))
    for state in states if kind else ():
        if state not in kind.state:  # type: ignore[union-attr]
            r.problems.append((r.path(f"states.{state}"), f"no state {state!r}; known: {', '.join(kind.state)}"))  # type: ignore[union-attr]
    numbers = r.get("numbers", dict, {})
    for name, bounds in numbers.items():
        if kind and kind.form.field(name) is None:
            r.problems.append((r.path(f"numbers.{name}"), "the form of the kind has no such question"))
        if not isinstance(bounds, list) or len(bounds) != 2 or not all(isinstance(b, int) for b in bounds):
            r.problems.append((r.path(f"numbers.{name}"), "expected the least and the most"))
    years = r.get("years", list, [0, 0], required=True)
    if len(years) != 2 or not all(isinstance(y, int) for y in years):
        r.problems.append((r.path("years"), "expected the first and the last year"))
        years = [0, 0]
    group = BaseGroup(
        kind=code,
        count=counts,
        hosts=[h for h in r.get("hosts", list, [], required=True) if isinstance(h, str)],
        name=(r.text("name_zh", required=True), r.text("name_en", required=True)),
        states=states,
        years=(years[0], years[1]),
        numbers={name: (b[0], b[1]) for name, b in numbers.items() if isinstance(b, list) and len(b) == 2},
        partners=r.get("partners", int, 0),
    )
    r.done()
    return group
