"""Public registers as tables: for download, for the command line, for anybody's own analysis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from headwater.awards.models import Award
from headwater.calls.models import Call, NoticeRow
from headwater.calls.phases import phases_of
from headwater.core.sheets import write_csv, write_xlsx
from headwater.policy.models import Article
from headwater.policy.queries import latest_values
from headwater.policy.registry import INDICATORS


@dataclass(frozen=True)
class Register:
    name: str
    heading: list[str]
    rows: list[list[Any]]


def calls() -> Register:
    rows = list(Call.objects.visible_to(None).select_related("scheme").order_by("-year", "code"))
    phases = phases_of(rows)
    return Register(
        "calls",
        ["code", "title_zh", "title_en", "scheme", "year", "opens_at", "closes_at", "budget_cny", "phase"],
        [
            [c.code, c.title_zh, c.title_en, c.scheme.code, c.year, c.opens_at, c.closes_at, c.budget_fen / 100, phases[c.pk].value]
            for c in rows
        ],
    )


def projects() -> Register:
    rows = Award.objects.visible_to(None).select_related("leader", "host__place", "call", "application__discipline", "application__second_discipline")
    return Register(
        "projects",
        [
            "number",
            "title_zh",
            "title_en",
            "leader",
            "host",
            "place",
            "call",
            "discipline",
            "second_discipline",
            "amount_cny",
            "starts_on",
            "ends_on",
            "state",
        ],
        [
            [
                a.number,
                a.title_zh,
                a.title_en,
                a.leader.name_zh,
                a.host.name_zh,
                a.host.place.code if a.host.place else "",
                a.call.code,
                a.application.discipline.code if a.application.discipline else "",
                a.application.second_discipline.code if a.application.second_discipline else "",
                a.amount_fen / 100,
                a.starts_on,
                a.ends_on,
                a.state,
            ]
            for a in rows
        ],
    )


def notices() -> Register:
    rows = NoticeRow.objects.select_related("notice__call").order_by("notice", "position")
    return Register(
        "notices",
        ["call", "starts_at", "ends_at", "position", "title", "leader", "host", "amount_cny"],
        [
            [r.notice.call.code, r.notice.starts_at, r.notice.ends_at, r.position, r.title, r.leader, r.host, r.amount_fen / 100]
            for r in rows
        ],
    )


def articles() -> Register:
    rows = Article.objects.prefetch_related("agencies", "measures")
    return Register(
        "articles",
        ["number", "title_zh", "title_en", "agencies", "measures"],
        [[a.number, a.title_zh, a.title_en, "、".join(g.name_zh for g in a.agencies.all()), len(a.measures.all())] for a in rows],
    )


def indicators() -> Register:
    values = latest_values()
    at = timezone.localtime(values.at).isoformat(timespec="minutes") if values.at else ""
    return Register(
        "indicators",
        ["code", "label_zh", "label_en", "value", "unit", "articles", "computed_at"],
        [
            [i.code, i.label_zh, i.label_en, values.get(i.code), i.unit_en, " ".join(map(str, i.articles)), at]
            for i in INDICATORS.values()
        ],
    )


REGISTERS: dict[str, Callable[[], Register]] = {
    "calls": calls,
    "projects": projects,
    "notices": notices,
    "articles": articles,
    "indicators": indicators,
}
LABELS = {
    "calls": ("申报批次", "Calls"),
    "projects": ("项目", "Projects"),
    "notices": ("公示名单", "Public notices"),
    "articles": ("政策条款", "Policy articles"),
    "indicators": ("指标", "Indicators"),
}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write(register: Register, form: str) -> bytes:
    """A register as csv, xlsx or json bytes; times are given with their zone in json."""
    if form == "json":
        rows = [dict(zip(register.heading, row, strict=True)) for row in register.rows]
        return json.dumps(
            {"register": register.name, "generated_at": timezone.now(), "rows": rows}, ensure_ascii=False, default=str
        ).encode()
    plain = [
        [timezone.localtime(c).replace(tzinfo=None) if hasattr(c, "tzinfo") and c.tzinfo else c for c in row]
        for row in register.rows
    ]
    return write_csv(register.heading, plain) if form == "csv" else write_xlsx(register.name, register.heading, plain)
