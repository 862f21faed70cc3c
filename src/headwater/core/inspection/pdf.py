"""PDF: whole, nothing else at the same time, and otherwise what its objects are (`pdf_objects`)."""

from __future__ import annotations

import re

from headwater.core.inspection.problem import Problem

SPACE = b"\0\t\n\f\r "
BEFORE = 1024
"""So far from its beginning readers look for the head of a file; only white space may stand before it here."""
END = 65_557
"""A ZIP reader finds its directory in so many bytes at the end."""


def look(content: bytes) -> bytes:
    """Return the file written anew.

    Raises:
        Problem: what it is, or carries, is not taken.
    """
    from headwater.core.inspection.pdf_objects import rewrite  # the parser takes 20 MB, which pages do without

    content = beginning(content)
    if not content.startswith(b"%PDF-"):
        raise Problem("type")
    whole(content)
    also_zip(content)
    return rewrite(content)


def beginning(content: bytes) -> bytes:
    """Return the content without the white space that some writers put before the head."""
    blank = len(content) - len(content.lstrip(SPACE))
    return content[blank:] if blank <= BEFORE else content


def whole(content: bytes) -> None:
    """Check that the file goes to its end, and nothing else follows."""
    end = content.rfind(b"%%EOF")
    if end < 0 or content.rfind(b"startxref") < 0:
        raise Problem("truncated")
    if content[end + 5 :].strip(b"\r\n\t \0"):
        raise Problem("truncated" if re.search(rb"\d+ \d+ obj\b", content[end:]) else "mixed")


def also_zip(content: bytes) -> None:
    """Refuse a file that a ZIP reader would take, too: it has an end record whose comment reaches to the end."""
    start = max(0, len(content) - END)
    at = content.find(b"PK\x05\x06", start)
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + 22 + comment >= len(content) - 2:
            raise Problem("mixed")
        at = content.find(b"PK\x05\x06", at + 1)
