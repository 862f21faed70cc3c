from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.duties import DUTIES, Duty
from headwater.registry.models import Sanction


@DUTIES.under("registry.integrity")
def of_integrity(account: Any) -> Iterator[Duty]:
    """Yield the sanctions in force, which an integrity officer follows."""
    if account.has_perm("registry.sanctions.read") and (n := Sanction.objects.barring(clock.today()).count()):
        yield Duty(_("跟进惩戒期内的人员"), "/integrity/sanctions/?force=now", None, n)
