"""A work as somebody gives it, before it is kept: what its parts are, how they are made plain, and what is wrong with them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.names import HAN, normal_name
from headwater.core.text import clean_text
from headwater.registry.models import Work
from headwater.registry.models.works import ISSUED
from headwater.registry.models.works import NAME as LONGEST_NAME
from headwater.registry.works.identifiers import read_all
from headwater.registry.works.kinds import KINDS

EARLIEST, AHEAD = 1900, 2
"""The first year of a printed work, and so many years in advance one may be announced."""
MOST_AUTHORS = 5000
LINE = re.compile(r"(.*?)\s*[（(]([^（）()]*)[）)]")
"""A name with an institution in brackets."""
PARTS = re.compile(r"(\d{4})(?:\D{1,3}(\d{1,2})(?:\D{1,3}(\d{1,2})\D?)?\D?)?")
PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True)
class Author:
    """An author as printed; `person` is the registered one, where it is known who that is. `place` is told where not all are named."""

    name: str
    organisation: str = ""
    person: int | None = None
    place: int = field(default=0, compare=False)


@dataclass(frozen=True)
class NewWork:
    """A work to be kept. `identifiers` are numbers by scheme, as they are written; `issued` is a year, a month or a day."""

    kind: str
    title_zh: str = ""
    title_en: str = ""
    issued: str = ""
    authors: Sequence[Author] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    venue: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    language: str = ""
    abstract: str = ""
    keywords: str = ""
    marked: Sequence[str] = ()
    numbers: Sequence[str] = ()
    source: str = ""

    @property
    def title(self) -> str:
        return self.title_zh or self.title_en


TEXTS = ("title_zh", "title_en", "venue", "volume", "issue", "pages", "publisher", "language", "abstract", "keywords")
LISTS = ("marked", "numbers")
OF_RECORD = ("kind", *TEXTS, "issued", *LISTS)
"""What a work's own row holds of it; authors and identifiers have rows of their own."""


def titled(text: str) -> dict[str, str]:
    """Return a title under the language that it is printed in: Chinese characters make it Chinese."""
    return {"title_zh": text} if re.search(f"[{HAN}]", text) else {"title_en": text}


def read_issued(text: str) -> str:
    """Return a date as exact as it is known: 2024, 2024-05 or 2024-05-17; empty where it is none.

    Days as spreadsheets write them are read too: 2024/5/17, 2024年5月, 20240517.
    """
    plain = text.strip()
    if match := PLAIN_DAY.fullmatch(plain) or PARTS.fullmatch(plain):
        year, *rest = (int(part) for part in match.groups() if part)
        made = "-".join([f"{year:04d}", *(f"{part:02d}" for part in rest)])
        return made if re.match(ISSUED, made) and _is_day(year, rest) else ""
    return ""


def _is_day(year: int, rest: Sequence[int]) -> bool:
    return len(rest) < 2 or rest[1] <= calendar.monthrange(year, rest[0])[1]


def last_day(issued: str) -> date:
    """Return the last day of a year, a month or a day: the one by which a period takes a work in."""
    year, *rest = (int(part) for part in issued.split("-"))
    month = rest[0] if rest else 12
    return date(year, month, rest[1] if len(rest) > 1 else calendar.monthrange(year, month)[1])


def year_of(issued: str) -> int | None:
    return int(issued[:4]) if issued else None


def made_plain(work: NewWork) -> NewWork:
    """Return a work with its texts in the form in which they are kept."""
    texts = {name: clean_text(getattr(work, name)).strip() for name in TEXTS if name != "abstract"}
    texts = {name: " ".join(text.split()) for name, text in texts.items()} | {"abstract": clean_text(work.abstract).strip()}
    lists = {name: list(dict.fromkeys(" ".join(t.split()) for t in getattr(work, name) if t.strip())) for name in LISTS}
    authors = [Author(normal_name(a.name), " ".join(clean_text(a.organisation).split()), a.person, a.place) for a in work.authors]
    rest = {"authors": [a for a in authors if a.name], "identifiers": dict(work.identifiers), "source": work.source[:120]}
    issued = read_issued(work.issued) or work.issued.strip()
    return NewWork(kind=work.kind, issued=issued, **texts, **lists, **rest)  # type: ignore[arg-type]


def problems(work: NewWork) -> Iterator[Reason]:
    """Yield what is wrong with a work that was made plain: the field, what was expected, how it is mended."""
    if work.kind not in KINDS:
        yield Reason(_("应为 %s 之一") % "、".join(str(k.label) for k in KINDS.values()), field="kind")
    if not work.title:
        yield Reason(_("题名不能为空"), field="title_zh")
    if not work.issued:
        yield Reason(_("应填写年份，如 2024；知道月日的写 2024-05-17"), field="issued")
    elif not read_issued(work.issued):
        yield Reason(_("应为 2024、2024-05 或 2024-05-17 这样的日期"), field="issued")
    elif not EARLIEST <= int(work.issued[:4]) <= clock.today().year + AHEAD:
        span = {"first": EARLIEST, "last": clock.today().year + AHEAD}
        yield Reason(_("年份应在 %(first)d 至 %(last)d 之间") % span, field="issued")
    if not work.authors:
        yield Reason(_("至少应有一位作者（发明人、完成人）"), field="authors")
    elif len(work.authors) > MOST_AUTHORS:
        yield Reason(_("作者最多 %d 位") % MOST_AUTHORS, field="authors")
    people = [a.person for a in work.authors if a.person]
    if len(set(people)) < len(people):
        yield Reason(_("同一个人在作者中出现了两次"), field="authors")
    yield from _too_long(work)
    for scheme, why in read_all(work.identifiers)[1].items():
        yield Reason(why, field=f"id_{scheme}")


def _too_long(work: NewWork) -> Iterator[Reason]:
    room = {f.name: f.max_length for f in Work._meta.concrete_fields if f.max_length}
    for name in TEXTS:
        if (most := room.get(name)) and len(getattr(work, name)) > most:
            yield Reason(_("最多 %d 字") % most, field=name)
    for name, most in (("marked", LONGEST_NAME), ("numbers", 80)):
        if any(len(text) > most for text in getattr(work, name)):
            yield Reason(_("每项最多 %d 字") % most, field=name)
    if any(len(a.name) > LONGEST_NAME or len(a.organisation) > LONGEST_NAME for a in work.authors):
        yield Reason(_("姓名和单位最多 %d 字") % LONGEST_NAME, field="authors")


def row_of(work: NewWork) -> dict[str, object]:
    """Return what a work's own row holds."""
    return {name: getattr(work, name) for name in OF_RECORD} | {"year": year_of(work.issued)}


def authors_of(lines: str, known: Sequence[Author]) -> list[Author]:
    """Return authors from lines of text, "name" or "name (institution)"; who stands there as before stays who they are."""
    people: dict[tuple[str, str], int | None] = {(a.name, a.organisation): a.person for a in known}
    pairs = [(m[1], m[2]) if (m := LINE.fullmatch(line.strip())) else (line.strip(), "") for line in lines.splitlines()]
    named = [(normal_name(name), " ".join(place.split())) for name, place in pairs if name]
    return [Author(name, place, people.get((name, place))) for name, place in named]


def lines_of(authors: Sequence[Author]) -> str:
    """Return authors as `authors_of` reads them."""
    return "\n".join(f"{a.name}（{a.organisation}）" if a.organisation else a.name for a in authors)
