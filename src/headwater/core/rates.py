"""How often somebody may ask: an exact count by minute, shared by all processes, in one statement."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

SECONDS = 60


@dataclass(frozen=True)
class Rate:
    limit: int
    used: int
    resets_in: int

    @property
    def over(self) -> bool:
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


def count_use(key: str, limit: int) -> Rate:
    """Count one use of `key` in the running minute and say how many are left of `limit`."""
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO core_rate AS r (key, slot, used) VALUES (%s, %s, 1)
            ON CONFLICT (key, slot) DO UPDATE SET used = r.used + 1 RETURNING used""",
            [key[:100], now // SECONDS],
        )
        used: int = cursor.fetchone()[0]
    return Rate(limit, used, SECONDS - now % SECONDS)


def forget_old() -> int:
    """Drop the counts of minutes that are over."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_rate WHERE slot < %s", [int(time.time()) // SECONDS - 1])
        return int(cursor.rowcount)
