"""PDF: whole, without password, scripts and actions, with no attached files but plain data, and nothing else at the same time."""

from __future__ import annotations

import re

from headwater.core.inspection.pdf_objects import Objects, decoded
from headwater.core.inspection.problem import Problem

END_OF_NAME = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
UNWANTED = re.compile(
    rb"/(Encrypt|JavaScript|JS|Launch|EmbeddedFiles?|EF|FileAttachment|RichMedia|XFA|SubmitForm|ImportData|GoToE)" + END_OF_NAME
)
ATTACHED = frozenset([b"EmbeddedFile", b"EmbeddedFiles", b"EF"])
SPACE = b"\0\t\n\f\r "
BEFORE = 1024
"""So far from its beginning readers look for the head of a file; only white space may stand before it here."""
STRING = rb"\([^()\\]{0,500}\)|<[0-9A-Fa-f\s]{0,2000}>"
ENTRIES = rb"((?:[^<>()]|" + STRING + rb"){0,4000}?)"
SPECIFICATION = re.compile(rb"<<" + ENTRIES + rb"/EF\s*<<[^<>()]{0,200}>>" + ENTRIES + rb">>")
NAMED = re.compile(rb"/(?:UF|F|Unix|DOS|Mac)" + END_OF_NAME + rb"\s*(" + STRING + rb")?")
DATA = re.compile(r"[^/\\:\0]+\.(xml|txt|csv)", re.IGNORECASE)
"""What an archival file (PDF/A-3) may carry: data that no system runs."""
END = 65_557
"""A ZIP reader finds its directory in so many bytes at the end."""


def look(content: bytes) -> None:
    content = beginning(content)
    if not content.startswith(b"%PDF-"):
        raise Problem("type")
    end = content.rfind(b"%%EOF")
    if end < 0 or content.rfind(b"startxref") < 0:
        raise Problem("truncated")
    if content[end + 5 :].strip(b"\r\n\t \0"):
        raise Problem("truncated" if re.search(rb"\d+ \d+ obj\b", content[end:]) else "mixed")
    also_zip(content)
    text = decoded(Objects(content, UNWANTED).text())
    found = {m[1] for m in UNWANTED.finditer(text)}
    if b"Encrypt" in found:
        raise Problem("encrypted")
    if found - ATTACHED:
        raise Problem("active")
    if found and not carries_data(content, sum(m[1] == b"EF" for m in UNWANTED.finditer(text))):
        raise Problem("attached")


def beginning(content: bytes) -> bytes:
    """Without the white space that some writers put before the head, as readers read it."""
    blank = len(content) - len(content.lstrip(SPACE))
    return content[blank:] if blank <= BEFORE else content


def carries_data(content: bytes, files: int) -> bool:
    """Whether each of so many attached files says openly what it is called, and each name is that of plain data."""
    specifications = SPECIFICATION.findall(content)
    names = [NAMED.findall(before + after) for before, after in specifications]
    plain = all(text and DATA.fullmatch(_string(text)) for texts in names for text in texts)
    return len(specifications) == files > 0 and all(names) and plain


def _string(text: bytes) -> str:
    data = bytes.fromhex(text[1:-1].decode()) if text.startswith(b"<") else text[1:-1]
    return data.decode("utf-16" if data.startswith((b"\xfe\xff", b"\xff\xfe")) else "latin-1")


def also_zip(content: bytes) -> None:
    """Whether a ZIP reader would take the file, too: an end record whose comment reaches to the end."""
    start = max(0, len(content) - END)
    at = content.find(b"PK\x05\x06", start)
    while at >= 0:
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + 22 + comment >= len(content) - 2:
            raise Problem("mixed")
        at = content.find(b"PK\x05\x06", at + 1)
