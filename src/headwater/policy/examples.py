from collections.abc import Iterable
from typing import Any

from headwater.core.examples import example
from headwater.policy.models import Article
from headwater.policy.queries import figures_here


@example("article", "policy/<int:number>")
def articles() -> Iterable[Any]:
    return Article.objects.order_by("number").values_list("number", flat=True)


@example("indicator", "indicators/<str:code>")
def indicators() -> Iterable[Any]:
    return figures_here()
