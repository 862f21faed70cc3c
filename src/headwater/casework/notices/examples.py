from collections.abc import Iterable
from typing import Any

from headwater.casework.notices.models import Notice, NoticeKind, NoticeLetter, NoticeRow
from headwater.core.examples import example


@example("kind of notice", "notices/new/<slug:kind>")
def kinds() -> Iterable[Any]:
    return NoticeKind.objects.order_by("code").values_list("code", flat=True)


@example("notice outside of calls", "notices/cases/<int:pk>")
def notices() -> Iterable[Any]:
    return list(Notice.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("line of a notice outside of calls", "cases/<int:pk>/objection/<int:row>", "notices/mine/<int:row>")
def lines() -> Iterable[Any]:
    return list(NoticeRow.objects.order_by("pk").values_list("pk", flat=True)) or [1]


@example("letter on a notice", "notices/letters/<int:pk>")
def letters() -> Iterable[Any]:
    return list(NoticeLetter.objects.order_by("pk").values_list("pk", flat=True)) or [1]
