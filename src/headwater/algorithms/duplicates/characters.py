"""Texts as arrays: one 16-bit number for each character, and what becomes of a character when texts are compared.

The unit of comparison is one Chinese character (or kana, hangul syllable), or a piece of up to four letters or digits of a word in any
other script, so that a unit of either carries about as much. Width and case are folded; spaces, punctuation and symbols end a word
and are no units, but where sentences end is remembered. Combining marks and invisible characters inside a word are passed over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.errors import BadInput

BREAK, IDEOGRAPH, LETTER, PASSED, STOP = 0, 1, 2, 3, 4
STOPS = frozenset("。．.！!？?；;｡\n\r\u2028\u2029")
PRIVATE, PRIVATE_SIZE = 0xE000, 0x1900
"""Characters beyond 16 bits (rare ideographs) are folded into the private area, so that offsets stay those of a Python string."""
MOST_SECTIONS = 128

Document = str | Sequence[tuple[int, str]]
"""A text, or the (section, text) pairs of a proposal; sections are 0..127."""


@dataclass(frozen=True)
class Texts:
    """Documents end to end. `raw`, (characters,), 16 bits; part p is raw[part_start[p]:part_start[p + 1]] and belongs to section
    `section[p]`; document d has the parts doc_part[d]..doc_part[d + 1].
    """

    raw: NDArray[np.uint16]
    part_start: NDArray[np.int64]
    section: NDArray[np.int8]
    doc_part: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.doc_part) - 1

    def characters(self, first: int, last: int) -> int:
        """Characters of documents first..last."""
        return int(self.part_start[self.doc_part[last]] - self.part_start[self.doc_part[first]])


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A plain array that cannot be written, so that loops are compiled once for arrays of memory and of files."""
    plain = array.view(np.ndarray)
    plain.flags.writeable = False
    return plain


@cache
def character_table() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Kind and folded value of each 16-bit character."""
    kind = np.zeros(1 << 16, dtype=np.uint8)
    value = np.zeros(1 << 16, dtype=np.uint16)
    for code in range(1 << 16):
        if PRIVATE <= code < PRIVATE + PRIVATE_SIZE:
            kind[code], value[code] = IDEOGRAPH, code
            continue
        kind[code], value[code] = _one(chr(code))
    return frozen(kind), frozen(value)


def _one(character: str) -> tuple[int, int]:
    for folded in (unicodedata.normalize("NFKC", character), character):
        if len(folded) == 1 and ord(folded) < 1 << 16:
            break
    else:
        folded = character
    lower = folded.lower()
    folded = lower if len(lower) == 1 else folded
    if character in STOPS:
        return STOP, 0
    group = unicodedata.category(folded)
    if group in {"Mn", "Me", "Cf"}:
        return PASSED, 0
    if group[0] in "PZCS":
        return BREAK, 0
    code = ord(folded)
    wide = 0x2E80 <= code < 0xA4D0 or 0xAC00 <= code < 0xD7B0 or 0xF900 <= code < 0xFB00
    return (IDEOGRAPH if wide else LETTER), code


def encode(texts: Sequence[str], doc_part: NDArray[np.int64], section: NDArray[np.int8]) -> Texts:
    """Put texts end to end."""
    whole = "".join(texts)
    start = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)), out=start[1:])
    raw = np.frombuffer(whole.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    if len(raw) != len(whole):
        wide = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        raw = np.where(wide >> 16, PRIVATE + wide % PRIVATE_SIZE, wide).astype(np.uint16)
    return Texts(frozen(raw), frozen(start), frozen(section), frozen(doc_part))


def encode_rows(
    ids: NDArray[np.int64], texts: Sequence[str], sections: NDArray[np.int8] | None
) -> tuple[NDArray[np.int64], Texts]:
    """Rows of texts, where rows with one id side by side are the sections of one document; returns the documents' ids too."""
    change = np.flatnonzero(np.diff(ids)) + 1
    doc_part = np.concatenate([[0], change, [len(ids)]]).astype(np.int64)
    section = np.zeros(len(ids), dtype=np.int8) if sections is None else sections
    return ids[doc_part[:-1]], encode(texts, doc_part, section)


def encode_documents(documents: Sequence[Document]) -> Texts:
    """Documents given one by one.

    Raises:
        BadInput: something is no text, or a section is not 0..127.
    """
    pairs = [_parts(document, row) for row, document in enumerate(documents)]
    doc_part = np.zeros(len(pairs) + 1, dtype=np.int64)
    np.cumsum([len(parts) for parts in pairs], out=doc_part[1:])
    flat = list(chain.from_iterable(pairs))
    return encode([text for _section, text in flat], doc_part, np.array([s for s, _text in flat], dtype=np.int8))


def _parts(document: object, row: int) -> list[tuple[int, str]]:
    given = document if isinstance(document, Sequence) and not isinstance(document, str) else [(0, document)]
    parts = []
    for part in given:
        match part:
            case (int() | np.integer() as section, str() as text) if isinstance(part, tuple):
                if not 0 <= section < MOST_SECTIONS:
                    raise BadInput(f"documents: section {section} at row {row} is not in 0..127")
                parts.append((int(section), text))
            case _:
                raise BadInput(f"documents: row {row} is neither a text nor (section, text) pairs")
    return parts


def joined(parts: Sequence[Texts]) -> Texts:
    """Several sets of documents, end to end."""
    if len(parts) == 1:
        return parts[0]
    characters = np.cumsum([0] + [len(p.raw) for p in parts])
    sections = np.cumsum([0] + [len(p.section) for p in parts])
    start = [p.part_start[:-1] + c for p, c in zip(parts, characters[:-1], strict=True)]
    first = [p.doc_part[:-1] + s for p, s in zip(parts, sections[:-1], strict=True)]
    return Texts(
        frozen(np.concatenate([p.raw for p in parts])),
        frozen(np.concatenate([*start, characters[-1:]])),
        frozen(np.concatenate([p.section for p in parts])),
        frozen(np.concatenate([*first, sections[-1:]])),
    )
