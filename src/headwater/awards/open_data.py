from typing import Any

from headwater.awards.models import Award
from headwater.core.money import yuan_cell
from headwater.core.open_data import OPEN_DATA, Dataset

READ = ("leader", "host__place", "call", "application__discipline", "application__second_discipline")


def projects() -> list[list[Any]]:
    return [
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
            yuan_cell(a.amount_fen),
            a.starts_on,
            a.ends_on,
            a.state,
        ]
        for a in Award.objects.visible_to(None).select_related(*READ)
    ]


WHAT = ("number", "title_zh", "title_en", "leader", "host", "place", "call", "discipline", "second_discipline")
OPEN_DATA.add(
    "projects",
    Dataset(
        "项目（含已放弃的）", "Projects (with those given up)", (*WHAT, "amount_cny", "starts_on", "ends_on", "state"), projects
    ),
)
