"""A small chart in SVG with its own background, for the figures of the documentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = ("#0f6e6e", "#c77d1e", "#7a7468", "#8c3b3b", "#3b5f8c")
LEFT, RIGHT, TOP, BOTTOM = 66, 20, 56, 48


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that span an interval."""
    raw = (high - low) / max(1, count)
    if raw <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if raw <= s * power * 1.0000001)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


class Chart:
    """A chart with two axes; `log` names the axes ("x", "y", "xy") that are logarithmic."""

    def __init__(
        self,
        title: str,
        x: str,
        y: str,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        *,
        log: str = "",
        size: tuple[int, int] = (720, 400),
    ) -> None:
        self.width, self.height = size
        self.x_range, self.y_range, self.log = x_range, y_range, log
        self.body: list[str] = []
        self.names: list[tuple[str, str]] = []
        self._frame(title, x, y)

    def _at(self, value: float, span: tuple[float, float], log: bool) -> float:
        low, high = span
        if log:
            value, low, high = math.log10(max(value, 1e-300)), math.log10(low), math.log10(high)
        return (value - low) / (high - low) if high > low else 0.0

    def px(self, x: float) -> float:
        return LEFT + self._at(x, self.x_range, "x" in self.log) * (self.width - LEFT - RIGHT)

    def py(self, y: float) -> float:
        return self.height - BOTTOM - self._at(y, self.y_range, "y" in self.log) * (self.height - TOP - BOTTOM)

    def _marks(self, span: tuple[float, float], log: bool) -> list[float]:
        if not log:
            return ticks(*span)
        return [10.0**n for n in range(math.ceil(math.log10(span[0])), math.floor(math.log10(span[1])) + 1)]

    def _frame(self, title: str, x: str, y: str) -> None:
        for value in self._marks(self.y_range, "y" in self.log):
            at = self.py(value)
            self.body.append(f'<path d="M{LEFT} {at:.1f}H{self.width - RIGHT}" stroke="#e4ded2"/>')
            self.text(LEFT - 8, at + 4, f"{value:g}", anchor="end")
        for value in self._marks(self.x_range, "x" in self.log):
            self.text(self.px(value), self.height - BOTTOM + 18, f"{value:g}", anchor="middle")
        self.text(LEFT, 24, title, size=15, weight="bold")
        self.text((LEFT + self.width - RIGHT) / 2, self.height - 10, x, anchor="middle")
        middle = (TOP + self.height - BOTTOM) / 2
        self.body.append(
            f'<text transform="translate(16 {middle:.0f}) rotate(-90)" text-anchor="middle" font-size="12">{escape(y)}</text>'
        )

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, weight: str = "normal") -> None:
        """Words at a point of the picture (pixels)."""
        self.body.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
        )

    def _colour(self, name: str, colour: str | None) -> str:
        chosen = colour or COLOURS[len(self.names) % len(COLOURS)]
        if name:
            self.names.append((name, chosen))
        return chosen

    def line(
        self, xs: Sequence[float], ys: Sequence[float], name: str = "", *, colour: str | None = None, dash: str = ""
    ) -> None:
        path = " ".join(
            f"{'M' if n == 0 else 'L'}{self.px(a):.1f} {self.py(b):.1f}" for n, (a, b) in enumerate(zip(xs, ys, strict=True))
        )
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.body.append(f'<path d="{path}" fill="none" stroke="{self._colour(name, colour)}" stroke-width="2"{dashed}/>')

    def points(
        self, xs: Sequence[float], ys: Sequence[float], name: str = "", *, colour: str | None = None, radius: float = 2.5
    ) -> None:
        chosen = self._colour(name, colour)
        dots = "".join(f'<circle cx="{self.px(a):.1f}" cy="{self.py(b):.1f}" r="{radius}"/>' for a, b in zip(xs, ys, strict=True))
        self.body.append(f'<g fill="{chosen}" fill-opacity=".7">{dots}</g>')

    def bars(
        self, xs: Sequence[float], ys: Sequence[float], name: str = "", *, colour: str | None = None, width: float = 18
    ) -> None:
        """Bars from the foot of the chart; `xs` are their middles, `width` is in pixels."""
        chosen, foot = self._colour(name, colour), self.height - BOTTOM
        for a, b in zip(xs, ys, strict=True):
            top = self.py(b)
            self.body.append(
                f'<rect x="{self.px(a) - width / 2:.1f}" y="{top:.1f}" width="{width}" height="{max(0.0, foot - top):.1f}" fill="{chosen}"/>'
            )

    def band(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], *, colour: str = COLOURS[0]) -> None:
        there = [f"{self.px(a):.1f} {self.py(b):.1f}" for a, b in zip(xs, high, strict=True)]
        back = [f"{self.px(a):.1f} {self.py(b):.1f}" for a, b in zip(reversed(xs), reversed(low), strict=True)]
        self.body.append(f'<path d="M{"L".join(there + back)}Z" fill="{colour}" fill-opacity=".15"/>')

    def save(self, path: str | Path) -> None:
        """Write the picture with its legend."""
        x = float(LEFT)
        for name, colour in self.names:
            self.body.append(f'<rect x="{x:.0f}" y="{TOP - 22}" width="12" height="12" fill="{colour}"/>')
            self.text(x + 17, TOP - 12, name)
            x += 34 + sum(12.5 if ord(c) > 0x2E80 else 6.6 for c in name)
        Path(path).write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'font-family="system-ui, \'Noto Sans SC\', sans-serif" fill="#2b2a27">'
            f'<rect width="100%" height="100%" rx="8" fill="#fbf9f4"/>{"".join(self.body)}</svg>\n'
        )
