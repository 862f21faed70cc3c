"""What evidence costs: the time of a submission with and without the digests of rows, and the time of `verify`.

Both kinds of submission are made alternately, of the same applications, in transactions that are rolled back; without the triggers
that note rows a command writes no digests. Run in a home that holds the demo: HEADWATER_HOME=... ./run bench evidence [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import timedelta
from typing import Any

from bench.harness import processor
from headwater.cli.main import setup

setup(migrate=True)

from django.db import connection, transaction  # noqa: E402

from headwater.calls.applying.services.applications import submit_application  # noqa: E402
from headwater.calls.models import Application  # noqa: E402
from headwater.core import clock  # noqa: E402
from headwater.core.command import system  # noqa: E402
from headwater.core.coverage import COVERS  # noqa: E402
from headwater.core.models import Event, RowDigest  # noqa: E402
from headwater.core.prepare import as_owner  # noqa: E402
from headwater.core.sealing import seal_events  # noqa: E402
from headwater.core.verifying import look  # noqa: E402


def submissions(rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of processor, of this process and its server process together, for a submission; without and with digests.

    Each value is the mean of a block: other work on the machine does not count, and the clock of processes is coarse.
    """
    found: tuple[list[float], list[float]] = ([], [])
    with as_owner():
        for turn in range(2 * rounds):
            with transaction.atomic():
                if turn % 2 == 0:
                    without_triggers()
                submit_some()  # plans are made anew after the triggers were changed
                before = processor()
                times = sum(submit_some() for _n in range(20))
                found[turn % 2].append((processor() - before) * 1000 / times)
                transaction.set_rollback(True)
    return found


def without_triggers() -> None:
    with connection.cursor() as cursor:
        for cover in COVERS.values():
            for name in cover.triggers:
                cursor.execute(f"ALTER TABLE {cover.table} DISABLE TRIGGER {name}")


def submit_some() -> int:
    """Submit some applications, each put back to its draft before; the work of that is the same with and without digests.

    Nothing is undone by a savepoint: the driver forgets its prepared statements at every rollback, which no web process meets.
    """
    rows = list(Application.objects.filter(state__in=["in_review", "host_review"]).select_related("call").order_by("pk")[:10])
    for row in rows:
        Application.objects.filter(pk=row.pk).update(state="draft", submitted_at=None, endorsed_at=None, host_rank=None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('headwater.rows', '', true)")
        with clock.at(row.call.closes_at - timedelta(hours=1)):
            submit_application(application=row, actor=system("bench"), agree=True)
    return len(rows)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--json", action="store_true")
    given = words.parse_args()
    without, with_digests = submissions(given.rounds)
    times: dict[str, float] = {}
    for name, new in (("verify_seconds", False), ("verify_new_seconds", True)):
        started = time.perf_counter()
        look(only_new=new)
        times[name] = round(time.perf_counter() - started, 2)
        seal_events()
    found: dict[str, Any] = {
        "blocks": len(without),
        "cpu_ms_without": round(statistics.median(without), 2),
        "cpu_ms_with": round(statistics.median(with_digests), 2),
        "events": Event.objects.count(),
        "digests": RowDigest.objects.count(),
        **times,
    }
    print(json.dumps(found) if given.json else "\n".join(f"{k}: {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
