"""Facts that a region package brings: entries that are real, each with its source and licence (`entries/*.toml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from headwater.core.reading import Problem, Reader
from headwater.registers.shapes import Kind

MOST_CHARS = {"code": 60, "number": 40, "name_zh": 200, "name_en": 300, "name_mn": 300, "source": 300, "licence": 60}
REFERENCES = ("host", "place", "discipline", "field")


@dataclass(frozen=True)
class Fact:
    """A real entry. `code` is its name in the package, by which it is known when the package is loaded again; `fields` are columns that its
    table has beside those of every entry.
    """

    code: str
    kind: str
    state: str
    number: str
    name_zh: str
    name_en: str
    name_mn: str
    host: str
    place: str
    discipline: str
    field: str
    latitude: float | None
    longitude: float | None
    since: date | None
    until: date | None
    source: str
    licence: str
    fields: Mapping[str, Any]
    answers: Mapping[str, Any]
    where: str = ""


def read_facts(
    table: Mapping[str, Any], kinds: Mapping[str, Kind | None], codes: Mapping[str, set[str]], problems: list[Problem]
) -> list[Fact]:
    """Read the facts of a file. `kinds` has None for a kind with mistakes; `codes` are those of hosts, places, disciplines and fields."""
    top = Reader(dict(table), problems)
    usual = top.table_at("source", required=True)
    source, licence = usual.text("name", required=True), usual.text("licence", required=True)
    usual.done()
    facts = [_fact(r, kinds, codes, source, licence) for r in top.tables("entry", required=True)]
    top.done()
    seen: set[str] = set()
    for fact in facts:
        if fact.code in seen:
            problems.append((f"{fact.where}.code", f"{fact.code!r} is used twice"))
        seen.add(fact.code)
    return facts


def _fact(r: Reader, kinds: Mapping[str, Kind | None], codes: Mapping[str, set[str]], source: str, licence: str) -> Fact:
    kind = kinds.get(code := r.text("kind", required=True))
    if code and code not in kinds:
        r.problems.append((r.path("kind"), f"no kind {code!r}; known: {', '.join(sorted(kinds)) or 'none'}"))
    state = r.text("state", kind.first if kind else "")
    if kind and state not in kind.state:
        r.problems.append((r.path("state"), f"no state {state!r}; known: {', '.join(kind.state)}"))
    fact = Fact(
        code=r.text("code", required=True),
        kind=code,
        state=state,
        number=r.text("number"),
        name_zh=r.text("name_zh", required=True),
        name_en=r.text("name_en", required=True),
        name_mn=r.text("name_mn"),
        **{key: r.text(key) for key in REFERENCES},
        latitude=r.get("latitude", (int, float)),
        longitude=r.get("longitude", (int, float)),
        since=_date(r, "since"),
        until=_date(r, "until"),
        source=r.text("source", source),
        licence=r.text("licence", licence),
        fields=r.get("fields", dict, {}),
        answers=r.get("answers", dict, {}),
        where=r.where,
    )
    for key in REFERENCES:
        if (text := getattr(fact, key)) and text not in codes[key]:
            r.problems.append((r.path(key), f"no {key} with code {text!r}"))
    for key, most in MOST_CHARS.items():
        if len(getattr(fact, key)) > most:
            r.problems.append((r.path(key), f"expected at most {most} characters"))
    _inside(r, kind, fact)
    r.done()
    return fact


def _inside(r: Reader, kind: Kind | None, fact: Fact) -> None:
    if (fact.latitude is None) != (fact.longitude is None):
        r.problems.append((r.path("latitude"), "expected latitude and longitude, or neither"))
    for name in fact.answers:
        if kind and kind.form.field(name) is None:
            r.problems.append((r.path(f"answers.{name}"), "the form of the kind has no such question"))


def _date(r: Reader, key: str) -> date | None:
    value: date | None = r.get(key, date)
    if isinstance(value, datetime):
        r.problems.append((r.path(key), "expected a date without a time"))
        return None
    return value
