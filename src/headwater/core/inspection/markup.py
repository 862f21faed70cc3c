"""XML as it stands in the parts of an Office file: UTF-8, without declarations of its own, read by a parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers.expat import ExpatError, ParserCreate

from headwater.core.inspection.problem import Problem

DECLARED = re.compile(rb"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")
DTD = re.compile(rb"<!(DOCTYPE|ENTITY)")
ENTITY = re.compile(rb"<!ENTITY|<!DOCTYPE[^>]*\[")
OTHER = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0\0<", b"\0\0\xfe\xff", b"\x4c\x6f\xa7\x94")
"""How XML in UTF-16, UTF-32 and EBCDIC begins."""
Start = Callable[[str, dict[str, str]], None]


def looks_like_markup(text: bytes) -> bool:
    return text.startswith(OTHER) or text.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"<")


def check_plain(text: bytes, *, picture: bool = False) -> None:
    """Check that names of elements stand in the bytes as they are: no other encoding, no entities. A picture (SVG) may name its type.

    Raises:
        Problem: another encoding than UTF-8, or a document type.
    """
    if text.startswith(OTHER):
        raise Problem("encoding")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise Problem("encoding") from error
    declaration = DECLARED.match(text.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in text or (declaration and declaration[1].lower() not in {b"utf-8", b"us-ascii", b"ascii"}):
        raise Problem("encoding")
    if (ENTITY if picture else DTD).search(text):
        raise Problem("bomb")


def local(name: str) -> str:
    """Return the name of an element or attribute without the prefix of its namespace."""
    return name.rpartition(":")[2]


def parse(
    text: bytes, start: Start, characters: Callable[[str], None] | None = None, end: Callable[[str], None] | None = None
) -> None:
    """Read plain markup: `start` is told each element, by its name with prefix, and its attributes.

    Raises:
        Problem: not well-formed.
    """
    parser = ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, characters, end
    try:
        parser.Parse(text, True)
    except ExpatError as error:
        raise Problem("damaged") from error
