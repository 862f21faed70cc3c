"""The map of the home page: a shape for each league or city, with what was funded there."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from headwater.registry.models import Place
from tests.make import client, new_award, new_call, new_host, new_person, nothing_played, placed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner_connection")]
SHAPE = re.compile(r'<a href="/projects/\?place=(\d{6})"[^>]*>\s*<path class="l(\d)"[^>]*>\s*<title>([^<]*)</title>')


def shapes() -> dict[str, tuple[int, list[str]]]:
    """By code of the place: the shade and the words of its shape."""
    page = client(None).get("/").content.decode()
    return {code: (int(level), title.split()) for code, level, title in SHAPE.findall(page)}


def fund(place: Place | None, number: int, wan: int = 10, **more: str) -> None:
    host = new_host("单位", place=place)
    for _n in range(number):
        new_award(placed(new_call(), "approved", new_person("负责人", host)), wan, **more)


def leagues() -> list[Place]:
    return list(Place.objects.filter(level="league").order_by("code"))


def test_every_league_has_its_shape_and_its_name() -> None:
    drawn = {code: words[0] for code, (_level, words) in shapes().items()}
    assert drawn == {place.code: place.name_zh for place in leagues()}


def test_counts_money_and_shade_are_those_of_each_place() -> None:
    nothing_played()
    first, second, third, *rest = leagues()
    county = Place.objects.filter(parent=first).order_by("code")[0]
    fund(first, 3, wan=20)
    fund(county, 1, wan=15)  # lies in the first
    fund(second, 1)
    fund(third, 1, state="lapsed")
    fund(None, 2)
    drawn = shapes()
    told = {code: (int(words[1]), float(words[3])) for code, (_level, words) in drawn.items()}
    assert told == {first.code: (4, 75), second.code: (1, 10)} | {p.code: (0, 0) for p in (third, *rest)}
    assert {code: level for code, (level, _words) in drawn.items() if level} == {first.code: 4, second.code: 1}


def test_a_shape_leads_to_as_many_projects_as_it_tells() -> None:
    """The played year: what the map says of a place is what the list of that place holds."""
    drawn = {code: int(words[1]) for code, (_level, words) in shapes().items()}
    assert sum(1 for n in drawn.values() if n) >= 2
    for code, count in drawn.items():
        export = client(None).get(f"/projects/?place={code}&format=csv").content.decode("utf-8-sig")
        states = Counter(line.rsplit(",", 1)[-1] for line in export.splitlines()[1:])
        assert sum(states.values()) - sum(n for state, n in states.items() if "放弃" in state) == count, code
