from collections.abc import Iterable
from typing import Any

from headwater.casework.reports.models import Report
from headwater.core.examples import example


@example("report", "reports/<int:pk>")
def reports() -> Iterable[Any]:
    return list(Report.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("report section", "reports/<int:pk>/edit/<str:section>")
def sections() -> Iterable[Any]:
    return ["submit"]


@example("report version", "versions/<int:version>")
def versions() -> Iterable[Any]:
    return [0]
