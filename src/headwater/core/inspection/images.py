"""PNG and JPEG: whole, of a sensible size, and nothing behind the end of the picture."""

from __future__ import annotations

import zlib

from headwater.core.inspection.problem import Problem

PIXELS = 120_000_000
PNG = b"\x89PNG\r\n\x1a\n"


def look_png(content: bytes) -> None:
    if not content.startswith(PNG):
        raise Problem("type")
    at, first, has_data = len(PNG), True, False
    while True:
        if at + 12 > len(content):
            raise Problem("truncated")
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(content):
            raise Problem("truncated")
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise Problem("damaged")
        if first:
            if kind != b"IHDR" or size != 13:
                raise Problem("damaged")
            too_many(int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16]))
        first, at = False, end
        has_data = has_data or kind == b"IDAT"
        if kind == b"IEND":
            break
    if not has_data:
        raise Problem("damaged")
    if content[at:].strip(b"\0"):
        raise Problem("mixed")


def too_many(width: int, height: int) -> None:
    if not width or not height:
        raise Problem("damaged")
    if width * height > PIXELS:
        raise Problem("bomb")


def look_jpeg(content: bytes) -> None:
    """Refuse a file that is not one picture, or several in a row as cameras write previews, with nothing behind."""
    if not content.startswith(b"\xff\xd8\xff"):
        raise Problem("type")
    at = 0
    while content.startswith(b"\xff\xd8\xff", at):
        at = _picture(content, at)
        while at < len(content) and content[at] == 0:
            at += 1
    if at < len(content):
        raise Problem("mixed")


def _picture(content: bytes, at: int) -> int:
    """Walk the markers of one picture; returns where it ends."""
    at += 2
    has_frame = False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise Problem("damaged")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        size = int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            too_many(int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7]))
            has_frame = True
        at += 2 + size
        if marker == 0xDA:
            at = _scan(content, at)
    if content[at : at + 2] != b"\xff\xd9":
        raise Problem("truncated")
    if not has_frame:
        raise Problem("damaged")
    return at + 2


def _scan(content: bytes, at: int) -> int:
    """Return where the next marker is behind entropy-coded data: stuffed zeros and restart marks belong to the data."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise Problem("truncated")
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
            continue
        return at
