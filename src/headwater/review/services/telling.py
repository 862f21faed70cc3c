"""Messages to experts whose assignments are withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _

from headwater.core.models import Account
from headwater.core.services import tell
from headwater.review.models import OPEN, Assignment


def tell_withdrawn(rows: Sequence[Assignment], reason: str = "") -> None:
    """Tell the experts of assignments they knew of that these are not needed any more, with the reason. Call inside a command."""
    experts: dict[int, list[Assignment]] = {}
    for row in rows:
        if row.state in {*OPEN, Assignment.State.SUBMITTED}:
            experts.setdefault(row.expert_id, []).append(row)
    accounts = Account.objects.filter(person__expert__in=experts).select_related("person__expert")
    tell([(a, partial(_title, len(experts[a.person.expert.pk])), reason, "/review/") for a in accounts])


def _title(count: int) -> str:
    return _("%d 项评审任务已收回，不再需要您评审") % count
