from collections.abc import Iterable
from typing import Any

from headwater.casework.requests.declared import REQUESTS
from headwater.casework.requests.models import Request
from headwater.core.examples import EXAMPLES, Example, example


@example("request", "requests/<int:pk>")
def requests() -> Iterable[Any]:
    return list(Request.objects.order_by("pk").values_list("pk", flat=True)) or [1]


EXAMPLES.add("kind of record", Example(lambda: [*REQUESTS, "none.none"], ("requests/about/<str:kind>",)))
EXAMPLES.add("record", Example(lambda: [1], ("requests/about/<str:kind>/<int:key>",)))
