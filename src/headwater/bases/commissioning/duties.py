"""The task of officers when a base that carries out a commission does not meet the conditions any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.bases.commissioning.queries import flagged
from headwater.core.duties import DUTIES, Duty
from headwater.registers.shapes import OFFICER


@DUTIES.under("bases.commissions")
def of_officers(account: Any) -> Iterator[Duty]:
    """Yield that there are commissions to be ended or settled, once for all of them."""
    if account.holds_everywhere(OFFICER) and (rows := flagged()):
        yield Duty(_("受托基地不再符合条件的委托项目"), reverse("base_commissions"), None, len(rows))
