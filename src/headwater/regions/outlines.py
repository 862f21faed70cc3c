"""Outlines of a region's places: GeoJSON as it stands in the package, checked, and cut to the paths of one drawing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from headwater.core.reading import Reader

FILE = "outlines.geojson"
WIDTH = 1000.0
NEAR = 1.6
"""A point nearer than this to the one before, in units of the drawing, shows nothing more and is left out."""

Point = tuple[float, float]
Problem = tuple[str, str]


def read_outlines(text: str, places: set[str], problems: list[Problem]) -> dict[str, Any]:
    """Read the collection of a text; it is empty where it has mistakes, such as an unknown place or a shape without an area.

    The check of the places is left out where no `places` are known, because their own file is the mistake then.
    """
    try:
        table = json.loads(text)
    except ValueError as error:
        problems.append(("", f"not valid JSON: {error}"))
        return {}
    mistakes: list[Problem] = []
    top = Reader(table if isinstance(table, dict) else {}, mistakes)
    for key in ("source", "licence"):
        top.text(key, required=True)
    for feature in top.tables("features", required=True):
        code = feature.text("id", required=True)
        if code and places and code not in places:
            mistakes.append((feature.path("id"), f"no place with code {code!r}"))
        centre = feature.table_at("properties").get("centre", list)
        if centre is not None and not _is_point(centre):
            mistakes.append((feature.path("properties.centre"), "expected a longitude and a latitude"))
        shape = feature.table_at("geometry", required=True)
        kind = shape.text("type", required=True)
        if kind not in {"Polygon", "MultiPolygon"}:
            mistakes.append((shape.path("type"), f"expected Polygon or MultiPolygon, found {kind!r}"))
        elif not _is_area(kind, shape.get("coordinates", list, required=True)):
            mistakes.append(
                (shape.path("coordinates"), "expected rings of at least four points, each a longitude and a latitude")
            )
    problems += mistakes
    return {} if mistakes else table


def drawing(table: dict[str, Any]) -> dict[str, Any]:
    """Draw the paths in one drawing `WIDTH` wide, longitude shrunk by the cosine of the mean latitude, with a point for each number."""
    rings = {f["id"]: list(_rings(f["geometry"])) for f in table["features"]}
    points = [p for parts in rings.values() for ring in parts for p in ring]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos((south + north) / 2 * math.pi / 180)
    scale = WIDTH / ((east - west) * squeeze)

    def project(point: Point) -> Point:
        return (point[0] - west) * squeeze * scale, (north - point[1]) * scale

    shapes = []
    for f in table["features"]:
        parts = rings[f["id"]]
        x, y = project(f.get("properties", {}).get("centre") or _middle(max(parts, key=len)))
        path = "".join(_path([project(p) for p in ring]) for ring in parts)
        shapes.append({"code": f["id"], "path": path, "x": round(x, 1), "y": round(y, 1)})
    return {"width": int(WIDTH), "height": math.ceil((north - south) * scale), "shapes": shapes}


def _rings(geometry: dict[str, Any]) -> Iterator[list[Point]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from polygon


def _path(ring: list[Point]) -> str:
    points: list[Point] = []
    for point in ring:
        if not points or math.dist(point, points[-1]) > NEAR:
            points.append(point)
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"


def _middle(ring: list[Point]) -> Point:
    return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)


def _is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(isinstance(v, (int, float)) for v in value)


def _is_area(kind: str, value: object) -> bool:
    if not isinstance(value, list):
        return False
    polygons = [value] if kind == "Polygon" else value
    rings = [ring for polygon in polygons for ring in (polygon if isinstance(polygon, list) else [None])]
    return bool(rings) and all(isinstance(r, list) and len(r) >= 4 and all(map(_is_point, r)) for r in rings)
