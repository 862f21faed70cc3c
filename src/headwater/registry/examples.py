from collections.abc import Iterable
from typing import Any

from headwater.core.examples import example
from headwater.registry.models import Person, Work
from headwater.registry.tables import IMPORTS


@example("person", "people/<int:pk>")
def people() -> Iterable[Any]:
    return Person.objects.order_by("pk").values_list("pk", flat=True)


@example("table", "imports/<str:kind>")
def tables() -> Iterable[Any]:
    return IMPORTS


@example("work", "works/<int:pk>")
def works() -> Iterable[Any]:
    return Work.objects.order_by("pk").values_list("pk", flat=True)


@example("place of an author", "works/<int:pk>/authors/<int:position>")
def places() -> Iterable[Any]:
    return [1]
