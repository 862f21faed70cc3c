from typing import Any

from headwater.awards.models import Award
from headwater.core.money import yuan_cell
from headwater.core.open_data import OPEN_DATA, Dataset

READ = ("leader__name_zh", "host__name_zh", "host__place__code", "call__code", "application__discipline__code")


def projects() -> list[list[Any]]:
    what = ("number", "title_zh", "title_en", *READ, "application__second_discipline__code")
    rows = Award.objects.visible_to(None).values_list(*what, "amount_fen", "starts_on", "ends_on", "state")
    n = len(what)
    return [[*(cell or "" for cell in row[:n]), yuan_cell(row[n]), *row[n + 1 :]] for row in rows]


WHAT = ("number", "title_zh", "title_en", "leader", "host", "place", "call", "discipline", "second_discipline")
OPEN_DATA.add(
    "projects",
    Dataset(
        "项目（含已放弃的）",
        "Projects (with those given up)",
        (*WHAT, "amount_cny", "starts_on", "ends_on", "state"),
        projects,
        Award.objects.count,
    ),
)
