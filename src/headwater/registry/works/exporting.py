"""Works as BibTeX and RIS, written so that reading the file gives the same works again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from headwater.core.listing import FileForm
from headwater.registry.models import Work, WorkAuthor, WorkIdentifier
from headwater.registry.works.identifiers import address_of
from headwater.registry.works.importing.parsed import NUMBERED
from headwater.registry.works.kinds import KINDS
from headwater.registry.works.values import Author, NewWork
from headwater.registry.works.writing import kept_as

ESCAPES = str.maketrans(
    {**{c: f"\\{c}" for c in "&%$#_"}, "{": "\\{", "}": "\\}", "\\": "\\textbackslash{}", "~": "\\textasciitilde{}"}
)
LINES = re.compile(r"\s+")
OWN_FIELD = ("doi", "isbn", "cstr")
"""Numbers that have a field of their own; of the others the first is written as the number of the work."""


def load(rows: list[Work]) -> None:
    """Give works their authors and identifiers, as `author_rows` and `number_rows` (2 queries)."""
    keys = [row.pk for row in rows]
    authors: dict[int, list[WorkAuthor]] = {}
    numbers: dict[int, list[WorkIdentifier]] = {}
    for author in WorkAuthor.objects.filter(work__in=keys).order_by("work", "position"):
        authors.setdefault(author.work_id, []).append(author)
    for number in WorkIdentifier.objects.filter(work__in=keys).order_by("pk"):
        numbers.setdefault(number.work_id, []).append(number)
    for row in rows:
        row.author_rows, row.number_rows = authors.get(row.pk, []), numbers.get(row.pk, [])  # type: ignore[attr-defined]


def _work(row: Any) -> NewWork:
    authors = [Author(a.name, a.organisation) for a in row.author_rows]
    return kept_as(row, authors, {n.scheme: n.value for n in row.number_rows})


def bibtex(rows: Iterator[Any]) -> Iterator[bytes]:
    """Yield BibTeX entries in UTF-8."""
    for row in rows:
        work = _work(row)
        kind = KINDS[work.kind].bibtex[0] if work.kind in KINDS else "misc"
        fields = [(name, text) for name, text in _bibtex_fields(work) if text]
        body = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields)
        yield f"@{kind}{{hw{row.pk},\n{body}\n}}\n\n".encode()


def _bibtex_fields(work: NewWork) -> Iterator[tuple[str, str]]:
    yield "title", _plain(work.title)
    yield "author", " and ".join("{" + _plain(a.name) + "}" for a in work.authors)
    yield "date" if "-" in work.issued else "year", work.issued
    yield "journal", _plain(work.venue)
    yield "volume", _plain(work.volume)
    yield "number", _plain(_number(work) if work.kind in NUMBERED else work.issue)
    yield "pages", _plain(work.pages)
    yield "publisher", _plain(work.publisher)
    yield "doi", _plain(work.identifiers.get("doi", ""))
    yield "isbn", work.identifiers.get("isbn", "")
    yield "url", address_of("cstr", work.identifiers["cstr"]) if "cstr" in work.identifiers else ""
    yield "language", work.language
    yield "keywords", _plain(work.keywords)
    yield "abstract", _plain(work.abstract)


def _number(work: NewWork) -> str:
    return next((value for scheme, value in work.identifiers.items() if scheme not in OWN_FIELD), "")


def _plain(text: str) -> str:
    return LINES.sub(" ", text.translate(ESCAPES)).strip()


def ris(rows: Iterator[Any]) -> Iterator[bytes]:
    """Yield RIS records in UTF-8."""
    for row in rows:
        work = _work(row)
        kinds = KINDS[work.kind].ris if work.kind in KINDS else ()
        lines = [f"TY  - {kinds[0]}"] if kinds else ["TY  - GEN", f"M3  - {work.kind}"]
        lines += [f"{tag}  - {LINES.sub(' ', text)}" for tag, text in _ris_tags(work) if text]
        yield ("\r\n".join([*lines, "ER  - ", "", ""])).encode()


def _ris_tags(work: NewWork) -> Iterator[tuple[str, str]]:
    first, _hyphen, last = work.pages.partition("-")
    yield "TI", work.title
    if work.title_zh and work.title_en:
        yield "TT", work.title_en
    for author in work.authors:
        yield "AU", author.name
    yield "PY", work.issued.replace("-", "/")
    yield "JO", work.venue
    yield "VL", work.volume
    yield "IS", work.issue
    yield from (("SP", first), ("EP", last), ("PB", work.publisher), ("LA", work.language))
    yield "DO", work.identifiers.get("doi", "")
    yield "SN", work.identifiers.get("isbn", "")
    yield "UR", address_of("cstr", work.identifiers["cstr"]) if "cstr" in work.identifiers else ""
    yield "M1", _number(work) if work.kind in NUMBERED else ""
    for word in re.split("[;；]", work.keywords):
        yield "KW", word.strip()
    yield "AB", work.abstract


FORMS = {
    "bib": FileForm("BibTeX", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": FileForm("RIS", "application/x-research-info-systems; charset=utf-8", ris),
}
