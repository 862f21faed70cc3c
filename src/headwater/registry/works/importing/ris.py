"""RIS files: a tag, two blanks, a hyphen and a value on each line, from TY to ER."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from headwater.core.encodings import decode
from headwater.core.sheets import RowError
from headwater.registry.works.importing.bibtex import names
from headwater.registry.works.importing.parsed import Parsed, Reading, language, numbers_of, unused_of, without_tags
from headwater.registry.works.kinds import kinds_by
from headwater.registry.works.values import Author, NewWork, titled

LINE = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: |$)(.*)")
LABELS = {
    "kind": "TY",
    "title_zh": "TI",
    "title_en": "TI",
    "issued": "PY",
    "authors": "AU",
    "venue": "JO",
    "volume": "VL",
    "issue": "IS",
    "pages": "SP",
    "publisher": "PB",
    "language": "LA",
    "abstract": "AB",
    "keywords": "KW",
    "id_doi": "DO",
    "id_isbn": "SN",
    "id_other": "M1",
}
MEANING = {
    "TI": "title",
    "T1": "title",
    "CT": "title",
    "TT": "translated",
    "AU": "author",
    "A1": "author",
    "JO": "journal",
    "JF": "journal",
    "JA": "journal",
    "J2": "journal",
    "T2": "journal",
    "BT": "journal",
    "PY": "issued",
    "Y1": "issued",
    "DA": "issued",
    "VL": "volume",
    "IS": "issue",
    "SP": "first",
    "EP": "last",
    "PB": "publisher",
    "DO": "doi",
    "SN": "serial",
    "UR": "url",
    "AB": "abstract",
    "N2": "abstract",
    "KW": "keyword",
    "LA": "language",
    "M1": "number",
    "AN": "number",
    "AD": "address",
    "TY": "type",
    "M3": "sort",
}
MANY = frozenset({"author", "keyword", "address", "issued", "journal", "url", "number"})
"""Tags that may stand several times, or of which several mean the same: of the last three the first is taken that fits."""


def read_ris(name: str, content: bytes) -> Reading:
    """Read the records of a RIS file; one without an end, or with a line that is none, is a faulty line."""
    reading, unused, kinds, words = Reading(labels=LABELS), Counter[str](), kinds_by("ris"), kinds_by("words")
    for line, tags, problem in _blocks(decode(content)):
        values: dict[str, list[str]] = {}
        errors = [problem] if problem else []
        for at, tag, text in tags:
            meaning = MEANING.get(tag)
            if meaning is None:
                unused[tag] += 1
            elif meaning in values and meaning not in MANY:
                if values[meaning] != [text] and tag not in {"N2"}:
                    errors.append(RowError(at, tag, text[:40], _("同一条记录中这个标签出现了两次，内容不同")))
            elif text:
                values.setdefault(meaning, []).append(without_tags(text))
        sort = values.get("type", [""])[0]
        named = words.get(values.get("sort", [""])[0].casefold(), "")
        if not (kind := kinds.get(sort.casefold(), "") or named):
            errors.append(RowError(line, "TY", sort[:40], _("没有这种记录类型；可用：%s") % "、".join(kinds).upper()))
        reading.records.append(Parsed(line, _work(kind, values), errors))
    reading.unused = unused_of(unused)
    return reading


def _blocks(text: str) -> Iterator[tuple[int, list[tuple[int, str, str]], RowError | None]]:
    """Yield each record: its first line, its tags with their lines, and what is wrong with it as a whole."""
    tags: list[tuple[int, str, str]] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        match = LINE.match(raw.strip("\r\ufeff"))
        if match is None:
            if tags and raw.strip():  # a long value goes on
                at, tag, before = tags[-1]
                tags[-1] = (at, tag, f"{before} {raw.strip()}".strip())
            continue
        tag, value = match[1], match[2].strip()
        if tag == "TY" and tags:
            yield tags[0][0], tags, RowError(number, "ER", "", _("上一条记录没有以 ER 结束；请重新导出"))
            tags = []
        if tag == "ER":
            if tags:
                yield tags[0][0], tags, None
            tags = []
        elif tags or tag == "TY":
            tags.append((number, tag, value))
    if tags:
        yield tags[0][0], tags, RowError(tags[-1][0], "ER", "", _("最后一条记录没有以 ER 结束；文件可能不完整"))


def _work(kind: str, values: Mapping[str, list[str]]) -> NewWork:
    one = {name: texts[0] for name, texts in values.items()}
    number = next(iter(values.get("number", [])), "")
    serial = one.get("serial", "")
    isbn = serial if kind == "book" or len(re.sub(r"[^0-9Xx]", "", serial)) in {10, 13} else ""
    numbers = numbers_of(kind, {"doi": one.get("doi", ""), "isbn": isbn, "url": one.get("url", ""), "number": number})
    titles = titled(one.get("title", ""))
    if one.get("translated"):
        titles |= {name: text for name, text in titled(one["translated"]).items() if name not in titles}
    pages = "-".join(p for p in (one.get("first", ""), one.get("last", "")) if p)
    return NewWork(
        kind=kind,
        **titles,
        issued=max((_issued(t) for t in values.get("issued", [])), key=len, default=""),
        authors=[Author(name) for text in values.get("author", []) for name in names(text)],
        identifiers=numbers,
        venue=max(values.get("journal", []), key=len, default=""),
        volume=one.get("volume", ""),
        issue=one.get("issue", ""),
        pages=pages,
        publisher=one.get("publisher", ""),
        language=language(one.get("language", "")),
        abstract=one.get("abstract", ""),
        keywords="；".join(values.get("keyword", [])),
        marked=values.get("address", []) if all(len(t) <= 200 for t in values.get("address", [])) else (),
    )


def _issued(text: str) -> str:
    """Return the date of "2024/05/17/", where what is not known is empty."""
    year, *rest = (part.strip() for part in text.split("/")[:3])
    return "-".join([year, *(p.zfill(2) for p in rest if p.isdecimal())]) if year.isdecimal() else text
