"""Numbers of official papers: by mark and year, from 1, without gaps."""

from __future__ import annotations

from django.db import connection

from headwater.core import clock

# The row stays locked until the transaction ends, and one that is rolled back gives its numbers back.
TAKE = """INSERT INTO calls_letterseries AS s (mark, year, first, last) VALUES (%(mark)s, %(year)s, 1, %(count)s)
    ON CONFLICT (mark, year) DO UPDATE SET last = s.last + excluded.last RETURNING last"""


def take_numbers(mark: str, count: int) -> list[str]:
    """Return the next `count` numbers (发文字号) of a mark in the present year. Call inside a command."""
    year = clock.today().year
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"mark": mark, "year": year, "count": count})
        last: int = cursor.fetchone()[0]
    return [f"{mark}〔{year}〕{n}号" for n in range(last - count + 1, last + 1)]
