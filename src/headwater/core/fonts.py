"""Which characters the fonts of the package can print, read from the fonts themselves."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

from headwater.core.documents import font_folders

Ranges = list[tuple[int, int]]
UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of characters that print nothing."""
SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))


def unprintable(text: str) -> list[str]:
    """Return the characters of a text that would print as boxes, each once, in order."""
    return [c for c in dict.fromkeys(unicodedata.normalize("NFC", text)) if not _prints(c)]


def code_point(character: str) -> str:
    """Return a character as people can find it: itself and its number."""
    return f"{character} (U+{ord(character):04X})"


def _prints(character: str) -> bool:
    point = ord(character)
    if unicodedata.category(character) in UNSEEN or any(point in span for span in SELECTORS):
        return True
    ranges = coverage()
    at = bisect_right(ranges, (point, 0x110000)) - 1
    return at >= 0 and ranges[at][0] <= point <= ranges[at][1]


def font_files() -> list[Path]:
    """Return the fonts with one face in a file, of the package and of the office."""
    return sorted(path for folder in font_folders() for path in (*folder.glob("*.ttf"), *folder.glob("*.otf")))


@lru_cache(maxsize=1)
def coverage() -> Ranges:
    """Return the ranges of characters that at least one font has, in order and apart."""
    ranges: Ranges = []
    for first, last in sorted(r for path in font_files() for r in _ranges(path)):
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
        else:
            ranges.append((first, last))
    return ranges


def _ranges(path: Path) -> Ranges:
    """Return what the character map (cmap) of a font has; only the two forms that fonts of Unicode use are read."""
    with path.open("rb") as file:
        count = struct.unpack(">4xH6x", file.read(12))[0]
        tables = {tag: (at, size) for tag, at, size in struct.iter_unpack(">4s4xLL", file.read(16 * count))}
        at, size = tables[b"cmap"]
        file.seek(at)
        data = file.read(size)
    ranges: Ranges = []
    for place in {entry[0] for entry in struct.iter_unpack(">4xL", data[4 : 4 + 8 * struct.unpack(">2xH", data[:4])[0]])}:
        form = struct.unpack_from(">H", data, place)[0]
        if form == 12:
            groups = struct.unpack_from(">L", data, place + 12)[0]
            ranges += [
                (first, last) for first, last, _glyph in struct.iter_unpack(">LLL", data[place + 16 : place + 16 + 12 * groups])
            ]
        elif form == 4:
            ranges += _segments(data, place)
    return ranges


def _segments(data: bytes, place: int) -> Ranges:
    count = struct.unpack_from(">H", data, place + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, place + 14)
    starts = struct.unpack_from(f">{count}H", data, place + 16 + 2 * count)
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first < 0xFFFF]
