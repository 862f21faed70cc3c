"""Numbers of records by a pattern such as "{year}-{serial:04}": from 1, from 1 again each year where the pattern names it, without gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter

from django.db import connection

from headwater.core.patterns import names_in

# The row stays locked until the transaction ends, and one that is rolled back gives its numbers back.
TAKE = """INSERT INTO core_numberseries AS s (pattern, year, last) VALUES (%(pattern)s, %(year)s, %(count)s)
    ON CONFLICT (pattern, year) DO UPDATE SET last = s.last + excluded.last RETURNING last"""
SKIP = """INSERT INTO core_numberseries AS s (pattern, year, last) VALUES (%(pattern)s, %(year)s, %(last)s)
    ON CONFLICT (pattern, year) DO UPDATE SET last = greatest(s.last, excluded.last)"""


def take_numbers(pattern: str, year: int, count: int = 1) -> list[str]:
    """Return the next `count` numbers of a pattern. Call inside a command."""
    series = year if "year" in names_in(pattern) else 0
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"pattern": pattern, "year": series, "count": count})
        last: int = cursor.fetchone()[0]
    return [pattern.format(year=year, serial=n) for n in range(last - count + 1, last + 1)]


def pass_over(pattern: str, numbers: Iterable[str]) -> None:
    """Go on behind numbers of a pattern that were given elsewhere; those of another form do not count. Call inside a command."""
    shape, highest = _shape(pattern), dict[int, int]()
    for number in numbers:
        if match := shape.fullmatch(number):
            year = int(match.groupdict().get("year") or 0)
            highest[year] = max(highest.get(year, 0), int(match["serial"]))
    with connection.cursor() as cursor:
        for year, last in sorted(highest.items()):
            cursor.execute(SKIP, {"pattern": pattern, "year": year, "last": last})


def _shape(pattern: str) -> re.Pattern[str]:
    """Return the form of the numbers that a pattern gives."""
    parts, seen = [], set[str]()
    for text, name, _spec, _conversion in Formatter().parse(pattern):
        parts.append(re.escape(text))
        if name:
            digits = r"\d{4}" if name == "year" else r"\d{1,9}"
            parts.append(f"(?:{digits})" if name in seen else f"(?P<{name}>{digits})")
            seen.add(name)
    return re.compile("".join(parts), re.ASCII)
