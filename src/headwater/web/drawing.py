"""Bars and columns as SVG. Widths are shares of the picture's and texts keep their size, so that a phone shows words that can be read."""

from __future__ import annotations

import math
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from headwater.core.pictures import Bar, Picture

ROW, BAR, AXIS = 38, 13, 22
"""Heights in pixels: a line with its words, its bar, the axis below all."""
HEIGHT = 180
"""Of the columns."""
LABEL = 17
"""Characters of a label that stand beside a number on a phone; a Latin one is half a Chinese one. The table has the whole."""


def svg_of(picture: Picture) -> SafeString:
    """Draw a picture with its words for those who cannot see it."""
    draw = _columns if picture.upright else _bars
    height, parts = draw(picture, ticks(picture))
    told = "；".join(f"{bar.label} {bar.told or picture.say(bar.total)}" for bar in picture.drawn)
    return format_html(
        '<svg class="hw-chart" width="100%" height="{}" role="img" aria-label="{}">{}</svg>',
        height,
        _("%(title)s（%(axis)s）：%(told)s") % {"title": picture.title, "axis": picture.axis, "told": told},
        parts,
    )


def ticks(picture: Picture) -> list[float]:
    """Return the marks of the axis from nothing to the first round number that holds every bar."""
    most = picture.top or max((bar.total for bar in picture.drawn), default=0) or 1
    size = 10.0 ** math.floor(math.log10(most / 4))
    steps = (s * size for s in (1, 2, 2.5, 5, 10) if s != 2.5 or size > 1)  # what is counted has no half
    step = max(1.0, next(step for step in steps if step * 4 >= most * 0.999))
    return [n * step for n in range(math.ceil(most / step - 1e-9) + 1)]


def short(label: str) -> str:
    """Cut a label in its middle to what fits beside a number on a phone: calls of a year differ in their ends."""
    if _width(label) <= LABEL:
        return label
    head, tail = 0, len(label)
    while _width(label[: head + 1]) < LABEL / 3:
        head += 1
    while _width(label[tail - 1 :]) < LABEL * 2 / 3 - 1:
        tail -= 1
    return f"{label[:head]}…{label[tail:]}"


def _width(text: str) -> float:
    return sum(1 if ord(letter) > 0x2E7F else 0.55 for letter in text)


def _share(value: float, whole: float) -> str:
    return f"{100 * value / whole:.3f}".rstrip("0").rstrip(".")


def _joined(parts: Iterator[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 -- each part was escaped


def _bars(picture: Picture, marks: list[float]) -> tuple[int, SafeString]:
    height = ROW * len(picture.drawn)
    lines = _joined(_bar(picture, bar, ROW * n, marks[-1]) for n, bar in enumerate(picture.drawn))
    return height + AXIS, format_html("{}{}", _scale(picture, marks, height), lines)


def _scale(picture: Picture, marks: list[float], height: int) -> SafeString:
    """Draw the marks of a lying axis with their numbers below; the first and last stand within the picture."""
    rows = []
    for n, mark in enumerate(marks):
        anchor = "start" if not n else "end" if n == len(marks) - 1 else "middle"
        rows.append((_share(mark, marks[-1]), height, _share(mark, marks[-1]), height + 15, anchor, picture.say(mark)))
    text = '<line x1="{0}%" x2="{0}%" y1="0" y2="{1}"/><text class="tick {4}" x="{2}%" y="{3}">{5}</text>'
    return format_html_join("", text, rows)


def _bar(picture: Picture, bar: Bar, top: int, whole: float) -> SafeString:
    pieces, at = [], 0.0
    for series, part in zip(picture.series, bar.parts, strict=True):
        if part > 0:
            name = f"{bar.label}：{series.name} {picture.say(part)}"
            pieces.append((series.tone, _share(at, whole), top + 19, _share(part, whole), BAR, name))
            at += part
    return format_html(
        '<text x="0" y="{}"><title>{}</title>{}</text><text class="told end" x="100%" y="{}">{}</text>{}',
        top + 13,
        bar.label,
        short(bar.label),
        top + 13,
        bar.told or picture.say(bar.total),
        format_html_join("", '<rect class="t-{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>', pieces),
    )


def _columns(picture: Picture, marks: list[float]) -> tuple[int, SafeString]:
    """Draw upright columns; the numbers of the axis stand on its lines, the labels below."""
    top, whole, width = 22, marks[-1], 92 / len(picture.drawn)
    lines = format_html_join(
        "",
        '<line x1="0" x2="100%" y1="{0}" y2="{0}"/><text class="tick start" x="0" y="{1}">{2}</text>',
        ((y := top + round(HEIGHT * (1 - mark / whole)), y - 3, picture.say(mark)) for mark in marks),
    )
    columns = _joined(_column(picture, bar, 8 + n * width, width, (top, whole)) for n, bar in enumerate(picture.drawn))
    return top + HEIGHT + AXIS, format_html("{}{}", lines, columns)


def _column(picture: Picture, bar: Bar, left: float, width: float, scale: tuple[int, float]) -> SafeString:
    (top, whole), pieces, at = scale, [], 0.0
    for series, part in zip(picture.series, bar.parts, strict=True):
        if part > 0:
            at += part
            y, high = top + HEIGHT * (1 - at / whole), HEIGHT * part / whole
            name = f"{bar.label}：{series.name} {picture.say(part)}"
            pieces.append((series.tone, f"{left + 0.08 * width:.2f}", f"{y:.1f}", f"{0.84 * width:.2f}", f"{high:.1f}", name))
    middle = f"{left + width / 2:.2f}"
    return format_html(
        '{}<text class="told middle" x="{}%" y="{}">{}</text><text class="tick middle" x="{}%" y="{}">{}</text>',
        format_html_join("", '<rect class="t-{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>', pieces),
        middle,
        f"{top + HEIGHT * (1 - at / whole) - 4:.1f}",
        picture.say(bar.total) if at else "",
        middle,
        top + HEIGHT + 15,
        bar.label,
    )
