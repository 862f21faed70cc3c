"""Outlines of plots: read as people write them, their area, and the drawing of a site. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RADIUS = 6_371_008.8
"""The mean radius of the earth in m."""
HECTARES_DOUBLED = 20_000
"""Square metres in two hectares: the shoelace formula gives an area twice."""
LEAST_CORNERS, MOST_CORNERS = 3, 500
SEPARATORS = re.compile(r"[\s,，;；]+")
Corner = tuple[float, float]
"""(longitude, latitude)"""


class BadOutline(ValueError):
    """A text that is no outline; `line` is where it is wrong, 0 for the whole."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why, self.line = why, line


def read_outline(text: str) -> list[Corner]:
    """Read corners, one in each line or parted by semicolons: longitude, latitude. A last corner that repeats the first is left out.

    Raises:
        BadOutline: "pair" for a line that is no pair of numbers, "range" for numbers that are no place, "few" or "many" for the corners.
    """
    corners: list[Corner] = []
    for n, line in enumerate(filter(None, (part.strip() for part in re.split(r"[\n;；]+", text))), 1):
        parts = [p for p in SEPARATORS.split(line) if p]
        try:
            longitude, latitude = (float(p) for p in parts)
        except ValueError:
            raise BadOutline("pair", n) from None
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise BadOutline("range", n)
        corners.append((longitude, latitude))
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(corners) < LEAST_CORNERS:
        raise BadOutline("few")
    if len(corners) > MOST_CORNERS:
        raise BadOutline("many")
    return corners


def write_outline(corners: Iterable[Sequence[float]]) -> str:
    return "\n".join(f"{longitude}, {latitude}" for longitude, latitude in corners)


def hectares(corners: Sequence[Sequence[float]]) -> float:
    """Return the area within an outline, on a plane that touches the earth at its middle: right for plots, not for countries."""
    points = _metres(corners, _middle(corners))
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / HECTARES_DOUBLED


def _middle(corners: Sequence[Sequence[float]]) -> Corner:
    return sum(c[0] for c in corners) / len(corners), sum(c[1] for c in corners) / len(corners)


def _metres(corners: Sequence[Sequence[float]], origin: Corner) -> list[Corner]:
    """Return how far east and north of a point some places are."""
    across = RADIUS * math.cos(math.radians(origin[1]))
    return [(math.radians(lon - origin[0]) * across, math.radians(lat - origin[1]) * RADIUS) for lon, lat in corners]


@dataclass(frozen=True)
class Mark:
    """Something to be drawn: a point, or an outline of several corners."""

    label: str
    corners: Sequence[Sequence[float]]
    tone: str = ""


@dataclass(frozen=True)
class Drawn:
    """A mark in the drawing: a path for an outline, else nothing; where its label stands."""

    label: str
    path: str
    x: float
    y: float
    tone: str


@dataclass(frozen=True)
class Drawing:
    """A site, north upwards, with a bar of a round length for scale."""

    width: int
    height: int
    marks: Sequence[Drawn]
    bar: float
    bar_metres: int


WIDTH, LEAST_HEIGHT, MOST_HEIGHT, MARGIN, LEAST_METRES = 640, 240, 640, 60, 200.0


def drawing(marks: Sequence[Mark]) -> Drawing | None:
    """Draw marks at one scale; None where there is nothing to draw."""
    corners = [c for mark in marks for c in mark.corners]
    if not corners:
        return None
    origin = _middle(corners)
    placed = [_metres(mark.corners, origin) for mark in marks]
    xs, ys = ([p[n] for points in placed for p in points] for n in (0, 1))
    across, up = max(max(xs) - min(xs), LEAST_METRES), max(max(ys) - min(ys), LEAST_METRES)
    scale = min((WIDTH - 2 * MARGIN) / across, (MOST_HEIGHT - 2 * MARGIN) / up)
    height = max(LEAST_HEIGHT, round(up * scale + 2 * MARGIN))
    middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)

    def at(point: Corner) -> Corner:
        return round(WIDTH / 2 + (point[0] - middle[0]) * scale, 1), round(height / 2 - (point[1] - middle[1]) * scale, 1)

    drawn = [_drawn(mark, [at(p) for p in points]) for mark, points in zip(marks, placed, strict=True)]
    metres = _round_length(WIDTH / 4 / scale)
    return Drawing(WIDTH, height, drawn, round(metres * scale, 1), metres)


def _drawn(mark: Mark, points: Sequence[Corner]) -> Drawn:
    x, y = _middle(points)
    path = "M" + "L".join(f"{a},{b}" for a, b in points) + "Z" if len(points) > 1 else ""
    return Drawn(mark.label, path, round(x, 1), round(y, 1), mark.tone)


def _round_length(most: float) -> int:
    """Return the largest of 1, 2, 5, 10, 20 … that is not above `most`; at least 1."""
    power = 10 ** max(0, math.floor(math.log10(max(most, 1))))
    return int(max((n * power for n in (1, 2, 5) if n * power <= most), default=1))
