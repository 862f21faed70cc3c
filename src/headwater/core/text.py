"""Text as it comes in, cleaned once: what nobody sees or means is taken out, what a script needs stays.

Only the canonical form (NFC) is made: compatibility forms would change prose. Numbers, names and searches have rules of their own.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import QueryDict

LINES = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
USELESS = re.compile(
    "[\0-\x08\x0e-\x1b\x1f\x7f-\x9f"  # controls; tabs and line feeds stay
    "\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"  # soft hyphens, direction, width zero
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, tags
)
JOINERS = re.compile("[\u034f\u180b-\u180f\u200c\u200d]+")
SHAPED = re.compile(
    "[\u0590-\u08ff\u0900-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc"  # scripts whose letters join
    "\u2600-\u27bf\ufe0f\U00010a00-\U00011fff\U0001f000-\U0001faff]"  # more of them, and pictures made of several
)
UNTOUCHED = re.compile("password|^csrfmiddlewaretoken$|^_base$")
"""Fields that no rule may change: what was typed is a secret, or repeats what is stored."""


def clean_text(text: str) -> str:
    """Return text in NFC, with "\\n" for every kind of line end, without controls, direction marks, and signs without width that mean nothing there.

    Joiners and variation selectors stay beside letters of scripts that are shaped by them (Mongolian, Arabic, Indic) and in pictures.
    """
    if text.isascii() and text.isprintable():
        return text
    before, text = "", unicodedata.normalize("NFC", USELESS.sub("", LINES.sub("\n", text)))
    while text != before:  # a mark that moves, or joins its letter, gives a joiner another neighbour
        before, text = text, unicodedata.normalize("NFC", JOINERS.sub(_joiners, text))
    return text


def _joiners(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return match[0] if SHAPED.search(beside) else ""


def plain(markdown: str) -> str:
    """Return the words of a text in Markdown in one line, without its marks."""
    import nh3
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return " ".join(unescape(nh3.clean(html.replace(">", "> "), tags=set())).split())


def clean_fields(data: QueryDict) -> Any:
    """Return a form or query with every value cleaned; the same object when nothing changes."""
    lists = {name: values if UNTOUCHED.search(name) else [clean_text(v) for v in values] for name, values in data.lists()}
    if all(values == data.getlist(name) for name, values in lists.items()):
        return data
    copy = type(data)(mutable=True, encoding=data.encoding)
    for name, values in lists.items():
        copy.setlist(name, values)
    copy._mutable = False
    return copy


UNSAFE = re.compile(r'[\x00-\x1f"*/:<>?\\|]+')
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever their ending."""
MOST_BYTES = 180
"""A file system takes 255; programs put a number or a folder's name before it."""
MOST_ENDING = 12


def file_name(name: str, *, most: int = MOST_BYTES) -> str:
    """Return a file name that every system takes, and none for a path or a device. A long one is cut in the stem, never in the ending.

    `most` counts the bytes of UTF-8.
    """
    text = " ".join(UNSAFE.sub(" ", clean_text(name)).split())
    stem, dot, ending = text.rpartition(".")
    ending = ending.strip()
    if not dot or len(ending) > MOST_ENDING or not ending.isalnum():
        stem, dot, ending = text, "", ""
    stem = _prefix(stem.strip(". "), most - len(f"{dot}{ending}".encode())).strip(". ")
    if RESERVED.fullmatch(stem.partition(".")[0].rstrip()):
        stem = f"_{stem}"
    return f"{stem or 'document'}{dot}{ending}"


def _prefix(text: str, most: int) -> str:
    """Return at most so many bytes of a text, without half a character or a letter that has lost its marks."""
    if len(text.encode()) <= most:
        return text
    piece = text.encode()[: max(most, 0)].decode(errors="ignore")
    rest = text[len(piece) : len(piece) + 1]
    while piece and rest and (unicodedata.combining(rest) or JOINERS.match(rest) or JOINERS.match(piece[-1])):
        piece, rest = piece[:-1], piece[-1]
    return piece
