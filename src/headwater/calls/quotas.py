"""Computes how many applications a host may endorse (handbook 2.4), and says the sum in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def exempt(scheme: str, value: Mapping[str, Any]) -> bool:
    """Tell whether a scheme is outside the quota."""
    return scheme in value.get("exempt", ())


def host_quota(history: Mapping[int, int], year: int, value: Mapping[str, Any], kind: str = "") -> tuple[int, dict[str, Any]]:
    """Return the quota of a host: a fixed number where its `kind` has one, else `multiplier` x its best year of the last
    `window_years`, or the floor (handbook 2.4).

    `history` maps a year to approvals. Returns (quota, the sum as shown to the host).
    """
    if kind in (fixed := value.get("by_kind") or {}):
        return int(fixed[kind]), {"kind": kind}
    years = [year - n for n in range(1, int(value["window_years"]) + 1)]
    best = max((history.get(y, 0) for y in years), default=0)
    floor = best < int(value["floor_when_max_below"])
    quota = int(value["floor"]) if floor else int(value["multiplier"]) * best
    return quota, {
        "years": {str(y): history.get(y, 0) for y in years},
        "best": best,
        "floor": floor,
        "multiplier": value["multiplier"],
    }


def quota_words(quota: int | None, basis: Mapping[str, Any]) -> str:
    """Return why the quota has its value, for the host that must keep to it. No quota: the scheme is outside the rule."""
    if quota is None:
        return _("该项目类型不受单位限额限制")
    if basis.get("reason"):
        return _("基金办公室调整为 %(quota)d 项（按规则为 %(computed)d 项）：%(reason)s") % {"quota": quota, **basis}
    if basis.get("kind"):
        return _("按单位类型定为 %d 项") % quota
    years = _("、").join(_("%(year)s 年 %(n)d 项") % {"year": y, "n": n} for y, n in sorted(basis.get("years", {}).items()))
    if not years:
        return _("限额由基金办公室设定")
    sentence = _("近年立项：%s") % years
    if basis.get("floor"):
        return sentence + _("；最高 %(best)d 项，低于起算线，按保底 %(quota)d 项") % {"best": basis["best"], "quota": quota}
    return sentence + _("；%(multiplier)d × 最高年份 %(best)d 项 = %(quota)d 项") % {
        "multiplier": basis.get("multiplier", 2),
        "best": basis["best"],
        "quota": quota,
    }
