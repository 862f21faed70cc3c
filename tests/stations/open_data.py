from typing import Any

from headwater.core.open_data import OPEN_DATA, Dataset
from tests.stations.models import Station


def stations() -> list[list[Any]]:
    return [[s.code, s.name_zh, s.name_en, s.opened_on] for s in Station.objects.visible_to(None).order_by("code")]


HEADING = ("code", "name_zh", "name_en", "opened_on")
OPEN_DATA.add("stations", Dataset("台站", "Stations", HEADING, stations, lambda: Station.objects.visible_to(None).count()))
