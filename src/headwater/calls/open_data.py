from typing import Any

from headwater.calls.models import Call, NoticeRow
from headwater.calls.phases import phases_of
from headwater.core.money import yuan_cell
from headwater.core.open_data import OPEN_DATA, Dataset


def calls() -> list[list[Any]]:
    rows = list(Call.objects.visible_to(None).select_related("scheme").order_by("-year", "code"))
    phases = phases_of(rows)
    return [
        [
            c.code,
            c.title_zh,
            c.title_en,
            c.scheme.code,
            c.year,
            c.opens_at,
            c.closes_at,
            yuan_cell(c.budget_fen),
            phases[c.pk].value,
        ]
        for c in rows
    ]


def notices() -> list[list[Any]]:
    rows = NoticeRow.objects.select_related("notice__call").order_by("notice", "position")
    return [
        [r.notice.call.code, r.notice.starts_at, r.notice.ends_at, r.position, r.title, r.leader, r.host, yuan_cell(r.amount_fen)]
        for r in rows
    ]


CALL = ("code", "title_zh", "title_en", "scheme", "year", "opens_at", "closes_at", "budget_cny", "phase")
NOTICE = ("call", "starts_at", "ends_at", "position", "title", "leader", "host", "amount_cny")
OPEN_DATA.add("calls", Dataset("申报批次", "Calls", CALL, calls))
OPEN_DATA.add("notices", Dataset("公示名单", "Public notices", NOTICE, notices))
