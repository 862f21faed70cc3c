from collections.abc import Iterable
from typing import Any

from headwater.casework.bodies.models import Body, BodyKind, Sitting, SittingItem
from headwater.core.examples import example


@example("kind of body", "bodies/new/<slug:kind>")
def kinds() -> Iterable[Any]:
    return BodyKind.objects.order_by("code").values_list("code", flat=True)


@example("body", "bodies/<int:pk>")
def bodies() -> Iterable[Any]:
    return list(Body.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("sitting", "sittings/<int:pk>")
def sittings() -> Iterable[Any]:
    return list(Sitting.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("item of a sitting", "sittings/<int:pk>/items/<int:item>")
def items() -> Iterable[Any]:
    return list(SittingItem.objects.order_by("pk").values_list("pk", flat=True)) or [1]
