from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from headwater.core.duties import DUTIES, Duty
from headwater.core.i18n import named
from headwater.policy.late import what_is_late


@DUTIES.under("policy.leaders")
def of_leaders(account: Any) -> Iterator[Duty]:
    """Yield the work with a running time that a leader follows: formal checks and reviews, by call."""
    if not account.has_role("leadership", "agency_liaison"):
        return
    titles = {"formal_check": _("督办形式审查：%s"), "review": _("督办通讯评审：%s")}
    for row in what_is_late(account):
        yield Duty(titles[row["what"]] % named(row["call"], "title"), "/lead/", row["due"], row["count"])
