"""Limits that look back: refusals in a row, and what people have running over all plans of a level."""

from __future__ import annotations

from typing import Any

from headwater.core.i18n import Bilingual
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, passed, rule
from headwater.schemes.rules.limits import LEADER, is_running

Value = dict[str, Any]


@rule("limit_refused", "F11", "连续未获支持后暂停申报", "A rest after refusals in a row", ref="LM-13", reads=("limit_refused",))
def limit_refused(f: Facts, p: Settings, limit: Value) -> Answer:
    """Whoever was refused in so many years in a row with this type rests the following years; one award in between begins anew."""
    mine = [h for h in f.leader.holdings if h.role == LEADER and h.scheme == f.scheme and h.year and h.year < f.year]
    refused = {h.year for h in mine if h.state == "refused"} - {h.year for h in mine if h.state in {"approved", "running"}}
    inputs = {"scheme": f.scheme, "refused": sorted(refused), **limit}
    for rest in range(1, limit["rest_years"] + 1):
        years = range(f.year - rest - limit["in_a_row"] + 1, f.year - rest + 1)
        if set(years) <= refused:
            last = f.year - rest
            return failed(
                f"截至 {last} 年已连续 {limit['in_a_row']} 年申报未获支持，暂停 {limit['rest_years']} 年",
                f"Refused {limit['in_a_row']} years in a row up to {last}: rests {limit['rest_years']} year(s)",
                Bilingual("暂停期满后再申报", "Apply when the rest is over"),
                **inputs,
            )
    return passed("没有连续未获支持", "No refusals in a row", **inputs)


@rule("limit_running", "F11", "同层次在研项目数", "Running projects of the level", ref="LM-14", reads=("limit_running",))
def limit_running(f: Facts, p: Settings, limit: Value) -> Answer:
    """Over all schemes of the same plan: so many led, or so many led or joined among the first people of a project."""
    running = [h for h in f.leader.holdings if f.plan and h.plan == f.plan and is_running(h, f.year)]
    leads = [h for h in running if h.role == LEADER]
    near = [h for h in running if h.role == LEADER or h.place <= limit["first"]]
    inputs = {"plan": f.plan, "leads": len(leads), "in_all": len(near), "most": limit}
    if len(leads) < limit["leads"] and len(near) < limit["in_all"]:
        return passed("同层次在研项目在限额以内", "Not too many running projects of this level", **inputs)
    return failed(
        f"主持在研 {len(leads)} 项，主持和前 {limit['first']} 名参与共 {len(near)} 项",
        f"Leads {len(leads)} running projects; leads or is among the first {limit['first']} of {len(near)}",
        Bilingual("在研项目结题后再申报", "Apply after a running project is closed"),
        **inputs,
    )
