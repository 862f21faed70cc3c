from collections.abc import Iterable
from typing import Any

from headwater.core.examples import example
from headwater.registry.models import Person
from headwater.registry.tables import IMPORTS


@example("person", "people/<int:pk>")
def people() -> Iterable[Any]:
    return Person.objects.order_by("pk").values_list("pk", flat=True)


@example("table", "imports/<str:kind>")
def tables() -> Iterable[Any]:
    return IMPORTS
