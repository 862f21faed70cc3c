"""Outlines are GeoJSON of the package, checked with the rest of it and drawn as paths of one picture."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from headwater.regions.check import find_package, read_package
from headwater.regions.outlines import drawing, read_outlines
from tests.regions.test_check import Plant, package, plant, short  # noqa: F401 -- fixtures

SQUARE = [[[10.0, 0.0], [11.0, 0.0], [11.0, 1.0], [10.0, 1.0], [10.0, 0.0]]]
GOOD: dict[str, Any] = {
    "type": "FeatureCollection",
    "source": "drawn by hand",
    "licence": "CC0-1.0",
    "features": [{"type": "Feature", "id": "A", "geometry": {"type": "Polygon", "coordinates": SQUARE}}],
}


@pytest.mark.parametrize(("name", "count"), [("nmg", 12), ("atoll", 2)])
def test_shipped_outlines_cover_the_places_of_the_level(name: str, count: int) -> None:
    found = read_package(find_package(name))
    level = next(row["code"] for row in found.tables["places"]["level"] if row.get("counted"))
    places = {p["code"] for p in found.tables["places"]["place"] if p["level"] == level}
    picture = drawing(found.outlines)
    assert {s["code"] for s in picture["shapes"]} == places
    assert (len(picture["shapes"]), picture["width"]) == (count, 1000)
    assert found.outlines["source"]
    assert found.outlines["licence"]
    for shape in picture["shapes"]:
        points = [tuple(map(float, p.split(","))) for p in re.findall(r"-?\d+\.\d,-?\d+\.\d", shape["path"])]
        assert len(points) > 10
        assert all(0 <= x <= 1000 and 0 <= y <= picture["height"] for x, y in points)
        assert 0 < shape["x"] < 1000


def test_a_square_at_the_equator_is_drawn_as_a_square() -> None:
    picture = drawing(GOOD)
    assert (picture["width"], picture["height"]) == (1000, 1001)  # a degree of latitude is a little more than one of longitude
    (shape,) = picture["shapes"]
    assert shape["path"] == "M0.0,1000.0L1000.0,1000.0L1000.0,0.0L0.0,0.0L0.0,1000.0Z"
    assert (shape["x"], shape["y"]) == (400.0, 600.0)


def test_points_that_nobody_can_tell_apart_are_left_out() -> None:
    fine = copy.deepcopy(GOOD)
    fine["features"][0]["geometry"]["coordinates"][0][1:1] = [[10.0 + n * 1e-4, 0.0] for n in range(1, 9)]
    assert drawing(fine)["shapes"][0]["path"] == drawing(GOOD)["shapes"][0]["path"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda t: t.pop("licence"), "licence"),
        (lambda t: t.pop("source"), "source"),
        (lambda t: t["features"][0].update(id="B"), "features[0].id"),
        (lambda t: t["features"][0].pop("geometry"), "features[0].geometry"),
        (lambda t: t["features"][0]["geometry"].update(type="Point"), "features[0].geometry.type"),
        (lambda t: t["features"][0]["geometry"].update(coordinates=[[[1, 2]]]), "features[0].geometry.coordinates"),
        (lambda t: t["features"][0]["geometry"].update(coordinates=[1]), "features[0].geometry.coordinates"),
        (lambda t: t["features"][0].update(properties={"centre": "north"}), "features[0].properties.centre"),
    ],
)
def test_a_mistake_is_told_by_its_key(change: Any, key: str) -> None:
    table = copy.deepcopy(GOOD)
    change(table)
    problems: list[tuple[str, str]] = []
    assert read_outlines(json.dumps(table), {"A"}, problems) == {}
    assert key in {at for at, _told in problems}


def test_good_outlines_and_text_that_is_none() -> None:
    problems: list[tuple[str, str]] = []
    assert read_outlines(json.dumps(GOOD), {"A"}, problems) == GOOD
    assert problems == []
    assert read_outlines("{", {"A"}, problems) == {}
    assert problems[0][1].startswith("not valid JSON")


def test_a_package_may_have_none_and_is_told_of_bad_ones(package: Path, plant: Plant) -> None:  # noqa: F811
    plant("outlines.geojson", '"id":"150700"', '"id":"159900"')
    assert [file for file, _key, _line in short(package)] == ["outlines.geojson"]
    (package / "outlines.geojson").unlink()
    assert (short(package), read_package(package).outlines) == ([], {})
