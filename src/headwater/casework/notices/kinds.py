"""Kinds of public notice as a region package declares them in notices.toml. Pure: a package is checked where there is no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Problem, Reader
from headwater.forms.codes import CODE, unique
from headwater.schemes.papers import usual_papers
from headwater.schemes.words import places_of

KIND = re.compile(r"[a-z][a-z0-9-]{1,59}")
UNITS = ("_working_days", "_days")
"""How the name of the parameter of a period ends: it says the unit."""
MOST_COLUMNS = 6
PLACES = {"what", "count", "starts", "ends", "period", "office", "contact"}
"""What the texts of a notice may hold in braces."""
LETTER_PLACES = {"what", "title", "holder", "starts", "ends", "result", "reason", "office", "contact"}


@dataclass(frozen=True)
class LetterTexts:
    """The heading and the text of the letter to whom a line concerns, once it holds or is struck."""

    heading: Bilingual
    final: Bilingual
    struck: Bilingual


@dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """A kind of notice. `effect` names what follows (`effects.NOTICES`); `roles` publish and answer objections, where the line has a
    record for that record; `period` is a dated parameter. Officers may publish a list that they type where it is `by_hand`.
    """

    code: str
    name: Bilingual
    effect: str
    roles: tuple[str, ...]
    period: str
    by_hand: bool
    title: Bilingual
    opening: Bilingual
    objecting: Bilingual
    contact: Bilingual
    line: Bilingual
    holder: Bilingual
    replier: Bilingual
    columns: tuple[tuple[str, Bilingual], ...]
    letter: LetterTexts | None


def read_notices(table: Mapping[str, Any], problems: list[Problem]) -> list[NoticeKind]:
    """Read the file of a package, with every mistake in it."""
    top = Reader(dict(table), problems)
    kinds = [read_notice(r) for r in top.tables("notice", required=True)]
    unique(problems, "notice", [k.code for k in kinds])
    top.done()
    return kinds


def read_notice(r: Reader) -> NoticeKind:
    """Read one kind of notice."""
    code, period = r.text("code", required=True), r.text("period", required=True)
    if code and not KIND.fullmatch(code):
        r.problems.append((r.path("code"), f"expected small letters, digits and hyphens, found {code!r}"))
    if period and not period.endswith(UNITS):
        r.problems.append((r.path("period"), f"expected a parameter whose name ends with {' or '.join(UNITS)}, found {period!r}"))
    roles = r.get("roles", list, [], required=True)
    if not roles or not all(isinstance(role, str) for role in roles):
        r.problems.append((r.path("roles"), f"expected a list of roles, found {roles!r}"))
    usual = usual_papers()
    kind = NoticeKind(
        code=code,
        name=_pair(r, "name", most=60),
        effect=r.text("effect", required=True),
        roles=tuple(str(role) for role in roles),
        period=period,
        by_hand=r.get("by_hand", bool, False),
        title=_pair(r, "title", {"what"}, most=120),
        opening=_pair(r, "opening", PLACES),
        objecting=_pair(r, "objecting", PLACES, usual["notice_objecting"]),
        contact=_pair(r, "contact", PLACES, usual["notice_contact"]),
        line=_pair(r, "line", usual=Bilingual("名称", "Title"), most=20),
        holder=_pair(r, "holder", usual=Bilingual("单位", "Institution"), most=20),
        replier=_pair(r, "replier", usual=Bilingual("被公示方", "whom it concerns"), most=20),
        columns=tuple(_column(c) for c in r.tables("column")),
        letter=_letter(r.table_at("letter")) if "letter" in r.table else None,
    )
    unique(r.problems, r.path("column"), [c for c, _word in kind.columns])
    if len(kind.columns) > MOST_COLUMNS:
        r.problems.append((r.path("column"), f"expected at most {MOST_COLUMNS} columns, found {len(kind.columns)}"))
    r.done()
    return kind


def _pair(r: Reader, stem: str, places: set[str] | None = None, usual: Bilingual | None = None, *, most: int = 2000) -> Bilingual:
    """Read a text in both languages, with its places in braces."""
    zh = r.text(f"{stem}_zh", usual.zh if usual else "", required=usual is None)
    en = r.text(f"{stem}_en", usual.en if usual else "", required=usual is None)
    for key, text in ((f"{stem}_zh", zh), (f"{stem}_en", en)):
        if wrong := places_of([text]) - (places or set()):
            known = ", ".join(sorted(places or set())) or "none"
            r.problems.append((r.path(key), f"unknown place {{{sorted(wrong)[0]}}}; known: {known}"))
        if len(text) > most * (1 if key.endswith("_zh") else 2):
            r.problems.append((r.path(key), f"expected at most {most * (1 if key.endswith('_zh') else 2)} characters"))
    return Bilingual(zh, en)


def _column(r: Reader) -> tuple[str, Bilingual]:
    code = r.text("code", required=True)
    if code and not CODE.fullmatch(code):
        r.problems.append((r.path("code"), f"expected small letters, digits and underscores, found {code!r}"))
    column = code, Bilingual(r.text("zh", required=True), r.text("en", required=True))
    r.done()
    return column


def _letter(r: Reader) -> LetterTexts:
    letter = LetterTexts(_pair(r, "heading", most=40), _pair(r, "final", LETTER_PLACES), _pair(r, "struck", LETTER_PLACES))
    r.done()
    return letter


_KINDS: dict[str, NoticeKind] = {}
"""Kinds by the digest of their definition, read once in a process."""


def parsed(version: Any) -> NoticeKind:
    """Return the kind that a loaded version holds; it was checked when it was loaded."""
    if version.digest not in _KINDS:
        _KINDS[version.digest] = read_notice(Reader(version.definition, []))
    return _KINDS[version.digest]
