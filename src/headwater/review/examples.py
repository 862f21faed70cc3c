from collections.abc import Iterable
from typing import Any

from headwater.core.examples import example
from headwater.review.models import Assignment, Panel, PanelItem


@example("assignment", "review/<int:pk>")
def assignments() -> Iterable[Any]:
    return Assignment.objects.filter(state=Assignment.State.ACCEPTED).order_by("pk").values_list("pk", flat=True)


@example("expert", "experts/<int:pk>", "<int:expert>")
def experts() -> Iterable[Any]:
    rows = Assignment.objects.filter(state=Assignment.State.ACCEPTED).order_by("pk")
    return rows.values_list("expert", flat=True)


@example("panel", "panels/<int:pk>")
def panels() -> Iterable[Any]:
    return Panel.objects.order_by("pk").values_list("pk", flat=True)


@example("item of a panel", "items/<int:item>")
def items() -> Iterable[Any]:
    return PanelItem.objects.order_by("panel", "pk").values_list("pk", flat=True)
