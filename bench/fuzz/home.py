"""What the fuzzer plays on: the demo's tiny year with an open call of every scheme, drafts, and applications in every state.

Each block of cases begins with a fresh copy of that database, so that a case is repeated by playing its block up to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

TEMPLATE = "headwater"
DRAFTERS = 2
"""People with a draft under every scheme."""


def prepare(home: str, seed: int) -> list[dict[str, Any]]:
    """Make the home: migrate, play the tiny year, add what it lacks. Runs in a process of its own."""
    set_up(home)
    from headwater.core.invariants import check
    from headwater.demo.run import ensure_demo

    ensure_demo(scale="tiny", seed=seed, texts=None, reset=False, say=lambda _line: None)
    furnish()
    broken = [b.invariant.name for b in check()]
    if broken:
        raise RuntimeError(f"the home breaks {broken} before a single case")
    return [{"ready": True}]


def set_up(home: str) -> None:
    os.environ["HEADWATER_HOME"] = home
    os.environ["HEADWATER_DEMO"] = "1"
    os.environ.pop("HEADWATER_DEBUG", None)
    from headwater.cli.main import setup

    setup(migrate=True)
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    settings.DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.LOGGING_CONFIG = None


def furnish() -> None:
    """Open calls of all schemes with drafts, calls that are being drafted, applications in every state, an open notice."""
    from headwater.calls.models import SchemeVersion
    from headwater.registry.models import Person

    versions = SchemeVersion.objects.order_by("code", "-version").distinct("code")
    calls = {version.code: _call(version) for version in versions}
    people = list(
        Person.objects.filter(account__isnull=False, organisation__is_host=True, expert=None).order_by("pk")[: DRAFTERS + 40]
    )
    drafters, others = people[:DRAFTERS], people[DRAFTERS:]
    _drafts(list(calls.values()), drafters)
    _states(calls["im-gen"], others)
    _office(calls)
    _put_down()


def _put_down() -> None:
    """What was made here without a command counts from now on as it is."""
    from headwater.core.causes import RIGHTS, SYSTEM, declare
    from headwater.core.command import command, system
    from headwater.core.coverage import COVERS, differing_rows

    with RIGHTS.reopened():
        declare({"fuzz.furnish": SYSTEM})
        with command(system("fuzz"), "core.region.manage", name="fuzz.furnish") as log:
            log(None, after={"furnished": True})
            for cover in COVERS.values():
                log.covers(cover.table, [key for key, _words in differing_rows(cover)])


def _call(version: Any, **more: Any) -> Any:
    from headwater.calls.models import Call
    from headwater.core import clock

    today = clock.today()
    stage = more.pop("stage", "")
    given = {
        "state": "published",
        "opens_at": clock.local(today - timedelta(days=10), 8),
        "closes_at": clock.local(today + timedelta(days=20), 16),
        "endorse_by": clock.local(today + timedelta(days=28), 16),
        "recommend_by": clock.local(today + timedelta(days=35), 17),
        "year": today.year + 2,
        "budget_fen": 500_000_000,
    } | more
    code = f"fuzz-{version.code}-{given['state']}{stage}"
    return Call.objects.create(
        code=code, scheme=version, title_zh=f"试验批次{version.name_zh}", guide_zh="指南", stage=stage, **given
    )


def _drafts(calls: list[Any], people: list[Any]) -> None:
    from headwater.calls.applying.services.applications import add_members, create_draft
    from headwater.core.command import Actor

    for n, person in enumerate(people):
        actor = Actor(person.account, "fuzz")
        for call in calls:
            row = create_draft(call=call, leader=person, actor=actor)
            if call.scheme.code in {"im-gen", "im-key"}:
                add_members(application=row, members=[(people[1 - n], 6)], actor=actor)


def _states(call: Any, people: list[Any]) -> None:
    """Applications put straight into each state that needs nothing beside the row."""
    from headwater.calls.models import Application
    from headwater.calls.signatures import documents_for
    from headwater.calls.stores import SIGNATURES, ApplicationSigning
    from headwater.core import clock
    from headwater.core.command import system
    from headwater.forms.signing import sign
    from headwater.registry.models import Discipline

    states = [
        "host_review",
        "host_review",
        "recommending",
        "recommending",
        "received",
        "not_accepted",
        "recheck",
        "accepted",
        "withdrawn",
    ]
    now, code = clock.now(), Discipline.objects.filter(level=2).order_by("code")[0]
    rows = []
    for n, person in enumerate(people[: 2 * len(states)]):
        state = states[n % len(states)]
        rows.append(
            Application(
                call=call, leader=person, host=person.organisation, state=state, number=f"Z{n:07d}", title_zh=f"盐碱地生态过程{n}",
                abstract_zh="摘要", keywords_zh="土壤", discipline=code, limit_year=call.year, limit_group=f"none:{n}",
                amount_fen=10_000_000, starts_on=date(call.year, 7, 1), answers={"approach": "研究" * 50}, submitted_at=now,
                endorsed_at=now, received_at=now,
            )
        )  # fmt: skip
    made = Application.objects.bulk_create(rows)
    asked = documents_for(made, "applicant")
    signings = [ApplicationSigning(r.pk, d, "applicant", r.leader.name_zh, person=r.leader_id) for r in made for d in asked[r.pk]]
    signings += [
        ApplicationSigning(r.pk, d, "host", "测试", organisation=r.host_id)
        for r in made
        for d in documents_for([r], "host")[r.pk]
    ]
    sign(SIGNATURES, signings, actor=system("bench"), at=now)


def _office(calls: dict[str, Any]) -> None:
    """A call that is being drafted, one that waits for the second officer, an outline call."""
    from headwater.core.models import Account

    officer = Account.objects.get(username="officer")
    for code, state, more in (("im-gen", "draft", {}), ("im-talent", "approval", {}), ("im-need", "draft", {})):
        _call(calls[code].scheme, state=state, drafted_by=officer, **more)


def info() -> dict[str, Any]:
    from django.conf import settings

    default = settings.OWNER_DATABASE
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {k: default[v] for k, v in names.items() if default[v]}


def use(name: str) -> None:
    from django.conf import settings
    from django.db import connections

    from headwater.core.parameters import forget_parameters

    connections["default"].close()
    settings.DATABASES["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
    forget_parameters()


@contextmanager
def copy_of(template: str, name: str) -> Iterator[None]:
    """Use a fresh copy of a database that nobody is connected to; it is dropped at the end."""
    import psycopg
    from django.conf import settings

    before = settings.DATABASES["default"]["NAME"]
    use("postgres")
    with psycopg.connect(dbname="postgres", autocommit=True, **info()) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        use(name)
        try:
            yield
        finally:
            use(before)
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
