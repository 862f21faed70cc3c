"""What a late report sets off wherever kinds name it: the host or the agency over it is told; something is barred (`gates`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.casework.reports.kinds import BLOCK, EFFECTS, LateEffect, LateRule
from headwater.casework.reports.obligations import Obligation
from headwater.casework.reports.services.following import tell_about
from headwater.core import clock
from headwater.core.command import Log
from headwater.core.i18n import Bilingual
from headwater.core.services import Words


def _late_title(o: Obligation, name: Any) -> Words:
    days = o.days_late(clock.today())
    return lambda: _("请督促报送：%(record)s，%(report)s已逾期 %(days)d 天") % {"record": name, "report": o.words, "days": days}


def remind_host(owed: Sequence[Obligation], _rule: LateRule, _log: Log) -> None:
    tell_about(owed, ["host_manager"], _late_title, "/reports/late/")


def remind_agency(owed: Sequence[Obligation], _rule: LateRule, _log: Log) -> None:
    tell_about(owed, ["recommender"], _late_title, "/reports/late/")


EFFECTS.add("remind_host", LateEffect(Bilingual("提醒依托单位", "Remind the host institution"), remind_host))
EFFECTS.add("remind_agency", LateEffect(Bilingual("提醒归口管理部门", "Remind the recommending agency"), remind_agency))
EFFECTS.add(BLOCK, LateEffect(Bilingual("限制办理", "Bar something")))
