"""Calls of schemes that are judged otherwise than those that ship."""

from __future__ import annotations

import copy
from typing import Any

from headwater.calls.models import Application, Call, SchemeVersion
from headwater.core import clock
from headwater.review.models import Ranking
from headwater.schemes import parse_scheme
from headwater.schemes.rules import parameters_of
from tests.make import new_person, past_call, placed


def version(base: str = "im-youth", *, head: dict[str, Any] | None = None, **tables: Any) -> SchemeVersion:
    """A newer version of a shipped scheme in which some tables are replaced; one that the check would refuse is no version."""
    old = SchemeVersion.objects.filter(code=base).order_by("-version")[0]
    definition = copy.deepcopy(old.definition) | tables
    definition["scheme"] = definition["scheme"] | (head or {})
    assert parse_scheme(definition, parameters_of)[1] == []
    return SchemeVersion.objects.create(
        region=old.region,
        code=base,
        version=old.version + 1,
        name_zh=old.name_zh,
        name_en=old.name_en,
        definition=definition,
        digest="0" * 64,
        loaded_at=clock.now(),
    )


def call_of(base: str = "im-youth", *, head: dict[str, Any] | None = None, budget_fen: int = 900_000_000, **tables: Any) -> Call:
    return past_call(scheme=base, budget_fen=budget_fen) if not (tables or head) else _call(base, head, budget_fen, tables)


def _call(base: str, head: dict[str, Any] | None, budget_fen: int, tables: dict[str, Any]) -> Call:
    version(base, head=head, **tables)
    return past_call(scheme=base, budget_fen=budget_fen)


def reviewed(call: Call, marks: list[float], **more: Any) -> list[Application]:
    """Applications that were reviewed and not heard by a panel, with these marks."""
    rows = []
    for n, mark in enumerate(marks):
        row = placed(call, "reviewed", more.pop("leader", None) or new_person(f"申请人{n}"), **more)
        place = 1 + sum(1 for other in marks if other > mark)
        Ranking.objects.create(
            application=row, opinions=3, mean=mark, calibrated=mark, grade_mean=2, spread=0, rank=place, computed_at=clock.now()
        )
        rows.append(row)
    return rows
