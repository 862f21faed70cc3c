"""What waits for officers because a rule of a kind is met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.bases.standards.dues import due_verbs
from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.registers.shapes import OFFICER


@DUTIES.under("bases.dues")
def of_officers(account: Any) -> Iterator[Duty]:
    """Yield that there are bases with which something is due, once for all of them."""
    if account.holds_everywhere(OFFICER) and (dues := due_verbs(clock.today())):
        yield Duty(_("已具备办理条件的基地"), reverse("base_dues"), None, len(dues))
