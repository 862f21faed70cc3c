from collections.abc import Iterable
from typing import Any

from headwater.casework.letters.models import CaseLetter
from headwater.core.examples import example


@example("case letter", "casework/letters/<int:pk>")
def letters() -> Iterable[Any]:
    return list(CaseLetter.objects.order_by("pk").values_list("pk", flat=True)) or [1]
