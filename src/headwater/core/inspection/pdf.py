"""PDF: whole, without password, without scripts, actions and attached files, and nothing else at the same time."""

from __future__ import annotations

import re

from headwater.core.inspection.pdf_objects import Objects, decoded
from headwater.core.inspection.problem import Problem

END_OF_NAME = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
UNWANTED = re.compile(
    rb"/(?:(Encrypt)|JavaScript|JS|Launch|EmbeddedFiles?|EF|FileAttachment|RichMedia|XFA|SubmitForm|ImportData|GoToE)" + END_OF_NAME
)
END = 65_557
"""A ZIP reader finds its directory in so many bytes at the end."""


def look(content: bytes) -> None:
    if not content.startswith(b"%PDF-"):
        raise Problem("type")
    end = content.rfind(b"%%EOF")
    if end < 0 or content.rfind(b"startxref") < 0:
        raise Problem("truncated")
    if content[end + 5 :].strip(b"\r\n\t \0"):
        raise Problem("truncated" if re.search(rb"\d+ \d+ obj\b", content[end:]) else "mixed")
    also_zip(content)
    found = {m[1] for m in UNWANTED.finditer(decoded(Objects(content, UNWANTED).text()))}
    if b"Encrypt" in found:
        raise Problem("encrypted")
    if found:
        raise Problem("active")


def also_zip(content: bytes) -> None:
    """Whether a ZIP reader would take the file, too: an end record whose comment reaches to the end."""
    start = max(0, len(content) - END)
    at = content.find(b"PK\x05\x06", start)
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + 22 + comment >= len(content) - 2:
            raise Problem("mixed")
        at = content.find(b"PK\x05\x06", at + 1)
