"""BibTeX files: entries by the parser of `bibtexparser`, LaTeX by `pylatexenc`, their fields as those of a work."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from headwater.core.encodings import decode
from headwater.core.sheets import RowError
from headwater.registry.works.importing.parsed import NUMBERED, Parsed, Reading, language, numbers_of, unused_of, without_tags
from headwater.registry.works.kinds import kinds_by
from headwater.registry.works.values import Author, NewWork, titled

LABELS = {
    "kind": "@",
    "title_zh": "title",
    "title_en": "title",
    "issued": "year",
    "authors": "author",
    "venue": "journal",
    "volume": "volume",
    "issue": "number",
    "pages": "pages",
    "publisher": "publisher",
    "language": "language",
    "abstract": "abstract",
    "keywords": "keywords",
    "id_doi": "doi",
    "id_isbn": "isbn",
    "id_other": "number",
}
READ = frozenset(
    """title author editor journal journaltitle booktitle year date month day volume number issue pages publisher institution school
    organization doi isbn url abstract keywords keyword language langid howpublished series type""".split()  # noqa: SIM905
)
PEOPLE = frozenset({"author", "editor"})
"""Fields whose braces mean something: they are read name by name."""
MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}  # noqa: SIM905
SNIPPET = re.compile(
    r"\$[^$]*\$"  # a formula
    r"|\\[uvHcdbkr](?:\s+[A-Za-z](?![A-Za-z])|\s*\{\\?[^{}]*\})"  # an accent that is a letter, with what it stands on
    r"|\\[a-zA-Z]+\*?\s*(?:\{[^{}]*\})?"  # a command
    r"|\\[\"'`^~=.]\s*(?:\{\\?[^{}]*\}|\\?[A-Za-z])?"  # an accent that is a sign
    r"|\\[^a-zA-Z\s]"  # a sign that is written out
)
AND = re.compile(r"\s+and\s+(?![^{]*\})", re.IGNORECASE)


def read_bibtex(name: str, content: bytes) -> Reading:
    """Read the entries of a BibTeX file; one that cannot be read is a faulty line, and the others are read all the same."""
    import bibtexparser
    from bibtexparser.model import DuplicateBlockKeyBlock, Entry, ParsingFailedBlock

    library = bibtexparser.parse_string(decode(content), parse_stack=[])
    strings: dict[str, str] = {}
    for one in library.strings:
        strings[one.key.casefold()] = _value(str(one.value), strings)
    reading, unused, kinds = Reading(labels=LABELS), Counter[str](), kinds_by("bibtex")
    for block in library.blocks:
        line = (block.start_line or 0) + 1
        if isinstance(block, DuplicateBlockKeyBlock) and isinstance(block.ignore_error_block, Entry):
            block = block.ignore_error_block  # noqa: PLW2901 -- keys are the writer's own business
        if isinstance(block, Entry):
            reading.records.append(_record(line, block, strings, kinds, unused))
        elif isinstance(block, ParsingFailedBlock):
            reading.records.append(_failed(line, block))
    reading.unused = unused_of(unused)
    return reading


def _failed(line: int, block: Any) -> Parsed:
    start = " ".join(str(block.raw or "").split())[:60]
    message = _("条目的括号或引号不成对，或同一字段出现两次；请在文献管理软件中重新导出这一条")
    return Parsed(line, NewWork(kind=""), [RowError(line, "@", start, message)])


def _record(line: int, entry: Any, strings: Mapping[str, str], kinds: Mapping[str, str], unused: Counter[str]) -> Parsed:
    values: dict[str, str] = {}
    for one in entry.fields:
        key = one.key.casefold()
        if key in READ:
            value = _value(str(one.value), strings)
            values[key] = value if key in PEOPLE else text_of(value)
        else:
            unused[key] += 1
    sort = entry.entry_type.casefold()
    kind = kinds.get(sort) or kinds_by("words").get(values.get("type", "").casefold(), "")
    errors = [] if kind else [RowError(line, "@", entry.entry_type[:40], _("没有这种条目类型；可用：%s") % "、".join(kinds))]
    return Parsed(line, _work(kind, values), errors)


def _work(kind: str, values: Mapping[str, str]) -> NewWork:
    number = {} if kind in NUMBERED else {"issue": values.get("issue") or values.get("number", "")}
    places = ("journal", "journaltitle", "booktitle", "series", "howpublished")
    makers = ("publisher", "institution", "school", "organization")
    return NewWork(
        kind=kind,
        **titled(values.get("title", "")),
        issued=_issued(values),
        authors=[Author(name) for name in names(values.get("author") or values.get("editor", ""))],
        identifiers=numbers_of(kind, values),
        venue=next((values[p] for p in places if values.get(p)), ""),
        volume=values.get("volume", ""),
        **number,
        pages=re.sub(r"\s*[-–—]+\s*", "-", values.get("pages", "")),
        publisher=next((values[m] for m in makers if values.get(m)), ""),
        language=language(values.get("language") or values.get("langid", "")),
        abstract=values.get("abstract", ""),
        keywords=values.get("keywords") or values.get("keyword", ""),
    )


def _issued(values: Mapping[str, str]) -> str:
    if date := values.get("date", ""):
        return date.split("/")[0]
    month = values.get("month", "").strip(" .").casefold()
    n = MONTHS.get(month[:3], int(month) if month.isdecimal() and len(month) < 3 else 0)
    day = values.get("day", "")
    parts = [values.get("year", ""), f"{n:02d}" if 1 <= n <= 12 else "", day.zfill(2) if n and day.isdecimal() else ""]
    return "-".join(p for p in parts if p)


def names(text: str) -> list[str]:
    """Return the authors of a field: apart by "and"; "Zhang, San" is San Zhang, what stands in braces stays as it is."""
    people = []
    for one in map(str.strip, AND.split(text)):
        is_whole = one.startswith("{") and one.endswith("}")
        family, comma, given = text_of(one).partition(",")
        turned = bool(comma and given.strip()) and not is_whole
        people.append(f"{given.strip()} {family.strip()}" if turned else text_of(one))
    return [p for p in people if p and p.casefold() != "others"]


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Return what a value says without its braces or quotes: texts, numbers and names of @string, joined where "#" joins them."""
    text = raw.strip()
    if "#" not in text and text[:1] + text[-1:] in {"{}", '""'}:
        return text[1:-1]
    return "".join(_piece(part, strings) for part in _pieces(text))


def _piece(part: str, strings: Mapping[str, str]) -> str:
    part = part.strip()
    if part[:1] + part[-1:] in {"{}", '""'} and len(part) > 1:
        return part[1:-1]
    return strings.get(part.casefold(), part)


def _pieces(text: str) -> Iterator[str]:
    """Yield what stands between the signs "#" that are in no braces and no quotes."""
    depth, quoted, start = 0, False, 0
    for at, sign in enumerate(text):
        if at and text[at - 1] == "\\":
            continue
        if sign == '"' and not depth:
            quoted = not quoted
        depth += (sign == "{") - (sign == "}")
        if sign == "#" and not depth and not quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]


KEPT: dict[str, str | int | None] = {"{": "\ue000", "}": "\ue001", "~": "\ue002"}
"""Signs that LaTeX wrote out, while those that mean something else are taken away."""
PUT_BACK = str.maketrans({str(mark): sign for sign, mark in KEPT.items()})


def text_of(value: str) -> str:
    """Return the text that a value in LaTeX or HTML stands for."""
    text = without_tags(value)
    if "\\" in text or "$" in text:
        text = SNIPPET.sub(lambda match: _latex(match[0]).translate(str.maketrans(KEPT)), text)
    text = text.replace("~", " ").replace("``", "“").replace("''", "”")
    return " ".join(text.replace("{", "").replace("}", "").translate(PUT_BACK).split())


@lru_cache(maxsize=20_000)
def _latex(snippet: str) -> str:
    return str(_converter().latex_to_text(snippet))


@lru_cache(maxsize=1)
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", keep_comments=True)
