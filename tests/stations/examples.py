from collections.abc import Iterable
from typing import Any

from headwater.core.examples import example
from tests.stations.models import Station


@example("station", "stations/<int:pk>")
def stations() -> Iterable[Any]:
    return Station.objects.order_by("pk").values_list("pk", flat=True)
