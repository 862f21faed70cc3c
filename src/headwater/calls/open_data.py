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
    columns = ("notice__call__code", "notice__starts_at", "notice__ends_at", "position", "title", "leader", "host", "amount_fen")
    rows = NoticeRow.objects.order_by("notice", "position").values_list(*columns)
    return [[*what, yuan_cell(fen)] for *what, fen in rows]


CALL = ("code", "title_zh", "title_en", "scheme", "year", "opens_at", "closes_at", "budget_cny", "phase")
NOTICE = ("call", "starts_at", "ends_at", "position", "title", "leader", "host", "amount_cny")
OPEN_DATA.add("calls", Dataset("申报批次", "Calls", CALL, calls, Call.objects.visible_to(None).count))
OPEN_DATA.add("notices", Dataset("公示名单", "Public notices", NOTICE, notices, NoticeRow.objects.count))
