from collections.abc import Iterable
from typing import Any

from headwater.awards.models import Award
from headwater.core.examples import example


@example("award", "projects/<str:number>")
def awards() -> Iterable[Any]:
    return Award.objects.order_by("pk").values_list("number", flat=True)
