"""What every form of file is read into: records with their lines, and what of the file nobody reads."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.core.sheets import RowError
from headwater.registry.works.identifiers import recognise
from headwater.registry.works.values import NewWork

TAG = re.compile(r"</?(?:i|b|em|strong|sub|sup|sc|scp|span|p|u|tt|jats:[a-z-]+|mml:[a-z]+)(?:\s[^<>]*)?/?>", re.IGNORECASE)
LANGUAGES = {
    **dict.fromkeys(("zh", "chi", "zho", "chinese", "中文", "汉语", "汉文", "zh-cn"), "zh"),
    **dict.fromkeys(("en", "eng", "english", "英文", "英语", "en-us", "en-gb"), "en"),
    **dict.fromkeys(("mn", "mon", "mongolian", "蒙古文", "蒙古语", "蒙文"), "mn"),
    **dict.fromkeys(("ru", "rus", "russian", "俄文", "俄语"), "ru"),
    **dict.fromkeys(("ja", "jpn", "japanese", "日文", "日语"), "ja"),
}
NUMBERED = {
    **{kind: kind for kind in ("patent", "standard", "variety", "software", "prize")},
    **dict.fromkeys(("dataset", "method"), "other"),
}
"""Kinds whose number is their own, not that of an issue, with the scheme of one that does not show what it is."""


@dataclass
class Parsed:
    """A record at its line. `who` are the cells of a table that name a registered author, `place` the place of that one."""

    line: int
    work: NewWork
    errors: list[RowError] = field(default_factory=list)
    who: Mapping[str, str] = field(default_factory=dict)
    place: int = 0


@dataclass
class Reading:
    """A file that was read. `labels` are what the form calls the fields of a work, for what is said of a line."""

    records: list[Parsed] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    labels: Mapping[str, str] = field(default_factory=dict)


def without_tags(text: str) -> str:
    """Return text without escapes and tags of HTML, which publishers leave in titles."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    return TAG.sub("", text) if "<" in text else text


def language(text: str) -> str:
    """Return the code of a language by any of its usual names, else the text, cut to what is kept."""
    return LANGUAGES.get(text.strip().casefold(), text.strip()[:8])


def numbers_of(kind: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the identifiers of a record: its DOI and ISBN, an address or a number that shows what it is, else the number of its kind."""
    numbers = {scheme: values[scheme] for scheme in ("doi", "isbn") if values.get(scheme)}
    if values.get("url") and (found := recognise(values["url"])):
        numbers.setdefault(found[0], values["url"])
    if kind in NUMBERED and values.get("number"):
        known = recognise(values["number"])
        numbers.setdefault(known[0] if known else NUMBERED[kind], values["number"])
    return numbers


def unused_of(counts: Counter[str]) -> list[tuple[str, str]]:
    """Return the names of what nobody reads, the most frequent first, as the page shows them."""
    return [(f"{name} ×{n}", "") for name, n in counts.most_common(60)]


def as_text(value: Any) -> str:
    return "" if value is None else str(value).strip()
