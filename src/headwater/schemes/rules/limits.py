"""Limits (限项, handbook 2.2): a pack of rules over the applications and awards that a person has.

The counts are of persons. Hosts do not multiply an allowance (LM-08), and a measure of the year wins over an older one because
every number is a parameter dated by the call, a scheme's own row before the general one (LM-11).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.schemes.rules.base import Answer, Facts, Holding, PersonFacts, Settings, Values, failed, passed, rule
from headwater.schemes.shapes import UNLIMITED

LEADER, MEMBER = "leader", "member"
Value = dict[str, Any]


def kept_as(group: str, scheme: str, rules: Collection[str], values: Values) -> str:
    """Under which key the database lets a person have one live application a year, or UNLIMITED: never more than the rules ask.

    `rules` are those that the scheme names, `values` the parameters of the call. A limit that is off, does not hold for this type or
    lets several through is none; so is one without a parameter, for its rule is skipped.
    """
    if group == UNLIMITED:
        return UNLIMITED
    if "one_per_year" in rules and values("one_application_per_year"):
        return group
    same: Value | None = values("limit_same_type") if "limit_same_type" in rules else None
    if not same or scheme in same["exempt"] or same["max"] > 1:
        return UNLIMITED
    _family, colon, stage = group.partition(":")
    return f"type:{scheme}{colon}{stage}"


def is_running(h: Holding, year: int) -> bool:
    """Approved, not given up, terminated or closed, and not ended before the year began (counting window of handbook 2.2)."""
    return h.state == "running" and not h.closed and (h.ends_on is None or h.ends_on >= date(year, 1, 1))


def outlasts(h: Holding, year: int) -> bool:
    """Whether a holding runs beyond the year. Some types do not count a project that ends in the year of application."""
    return is_running(h, year) and (h.ends_on is None or h.ends_on > date(year, 12, 31))


def is_live(h: Holding, year: int) -> bool:
    return h.state == "applying" or is_running(h, year)


def is_free(h: Holding, value: Value) -> bool:
    """Whether no limit counts a holding: a type that the guide exempts, a short project, an application that fell out early (LM-06, LM-07)."""
    early = h.scheme in value["before_stage"] and not h.advanced
    return h.scheme in value["types"] or h.months <= value["max_months"] or early


def _this(f: Facts, role: str) -> Holding:
    """The application itself, as one more holding."""
    return Holding(f.scheme, role, "applying", group=f.group, year=f.year, months=f.months, plan=f.plan)


def _applications(f: Facts, counts: Callable[[Holding], bool]) -> list[Holding]:
    """What the leader has applied for in the year of the call, whatever came of it."""
    return [h for h in f.leader.holdings if h.role == LEADER and h.year == f.year and counts(h)]


def _numbers(holdings: Sequence[Holding]) -> list[str]:
    return [h.number or h.scheme for h in holdings]


@rule(
    "limit_same_type",
    "F11",
    "同一年度同类项目只申报一项",
    "One application of a type a year",
    ref="LM-01",
    reads=("limit_same_type",),
)
def limit_same_type(f: Facts, p: Settings, limit: Value) -> Answer:
    """LM-01: a leader applies for one type a limited number of times a year. The guide names the exempt types."""
    if f.scheme in limit["exempt"]:
        return passed("该类型不限申报项数", "This type is not limited", scheme=f.scheme, exempt=True)
    others = _applications(f, lambda h: h.scheme == f.scheme)
    inputs = {"scheme": f.scheme, "year": f.year, "others": _numbers(others), "max": limit["max"]}
    if len(others) < limit["max"]:
        return passed("本年度没有同类申报", "No other application of this type this year", **inputs)
    return failed(
        f"本年度已申报同类项目 {'、'.join(_numbers(others))}，限 {limit['max']} 项；换单位申报同样计入",
        f"Already applied for this type this year: {', '.join(_numbers(others))}; at most {limit['max']}, whatever the host",
        Bilingual("撤回其中一项", "Withdraw one of them"),
        **inputs,
    )


@dataclass(frozen=True)
class Count:
    """Counted roles of one person, this application included, against the most that is allowed."""

    person: PersonFacts
    leads: list[Holding]
    joins: list[Holding]
    most: dict[str, int]

    @property
    def over(self) -> bool:
        have = {"total": len(self.leads) + len(self.joins), "leader": len(self.leads), "member": len(self.joins)}
        return any(have[key] > most for key, most in self.most.items())

    def as_json(self) -> dict[str, Any]:
        return {"senior": self.person.is_senior, "leader": len(self.leads), "member": len(self.joins), "most": self.most}


def count_roles(person: PersonFacts, this: Holding, year: int, rules: tuple[Value, Value, Value]) -> Count:
    """The roles of a person that count: applying or running, less what the pack exempts (LM-02 to LM-04)."""
    senior, junior, free = rules
    mine = senior if person.is_senior else junior
    rows = [h for h in (*person.holdings, this) if is_live(h, year) and not is_free(h, free)]

    def old(h: Holding) -> bool:
        """A member's role that does not count: approved before the cut-off year, or taken before the promotion to senior."""
        if h.state != "running" or h.approved_on is None:
            return False
        promoted = person.senior_since if person.is_senior and not senior["promoted_members"] else None
        return h.approved_on.year < mine["members_from"] or (promoted is not None and h.approved_on < promoted)

    leads = [h for h in rows if h.role == LEADER]
    joins = [h for h in rows if h.role == MEMBER and not old(h)]
    return Count(person, leads, joins, {k: mine[k] for k in ("total", "leader", "member") if k in mine})


@rule(
    "limit_total",
    "F11",
    "申请和承担项目总数",
    "Projects applied for and running",
    ref="LM-02..LM-08",
    reads=("limit_senior", "limit_junior", "limit_not_counted"),
)
def limit_total(f: Facts, p: Settings, senior: Value, junior: Value, free: Value) -> Answer:
    """Every person of the application is counted, members too."""
    if is_free(_this(f, LEADER), free):
        return passed("该项目不计入申请和承担总数", "This project is not counted", scheme=f.scheme, months=f.months)
    people = [(f.leader, LEADER), *((m, MEMBER) for m in f.members)]
    counts = [count_roles(person, _this(f, role), f.year, (senior, junior, free)) for person, role in people]
    inputs = {c.person.name: c.as_json() for c in counts}
    over = [c for c in counts if c.over]
    if not over:
        return passed("各人申请和承担的项目数在限额以内", "Nobody is over the limit", **inputs)
    zh = [f"{c.person.name} 主持 {len(c.leads)} 项、参与 {len(c.joins)} 项，{_most(c.most).zh}" for c in over]
    en = [f"{c.person.name} leads {len(c.leads)} and takes part in {len(c.joins)}; {_most(c.most).en}" for c in over]
    mend = Bilingual("撤回其中一项，或更换参与者", "Withdraw one of them, or replace the member")
    return failed("；".join(zh), "; ".join(en), mend, **inputs)


def _most(most: dict[str, int]) -> Bilingual:
    words = {
        "total": Bilingual("合计", "in all"),
        "leader": Bilingual("主持", "as leader"),
        "member": Bilingual("参与", "as member"),
    }
    zh = "、".join(f"{words[k].zh}限 {n} 项" for k, n in most.items())
    return Bilingual(zh, ", ".join(f"at most {n} {words[k].en}" for k, n in most.items()))


@rule("limit_key", "F11", "重点类项目限一项", "One project of a key type", ref="LM-05", reads=("limit_key",))
def limit_key(f: Facts, p: Settings, limit: Value) -> Answer:
    """Applying and running as leader; a project whose term ends in the application year is not counted."""
    if f.scheme not in limit["types"]:
        return passed("不属于单独限项的类型", "Not one of these types", scheme=f.scheme)
    same = [h for h in f.leader.holdings if h.role == LEADER and h.scheme == f.scheme]
    others = [h for h in same if h.state == "applying" or outlasts(h, f.year)]
    inputs = {"scheme": f.scheme, "others": _numbers(others), "max": limit["max"]}
    if len(others) < limit["max"]:
        return passed("没有在申请或次年仍在研的同类项目", "No other project of this type that goes on", **inputs)
    return failed(
        f"已申请或承担同类项目 {'、'.join(_numbers(others))}，限 {limit['max']} 项",
        f"Applies for or leads {', '.join(_numbers(others))}; at most {limit['max']}",
        Bilingual("在研项目结题后再申报", "Apply after the running project is closed"),
        **inputs,
    )


@rule(
    "limit_rest_year",
    "F11",
    "上年度获同类资助者本年不得申报",
    "A year's rest after an award",
    ref="LM-09",
    reads=("limit_rest_year",),
)
def limit_rest_year(f: Facts, p: Settings, limit: Value) -> Answer:
    won = [h for h in f.leader.holdings if h.role == LEADER and h.scheme == f.scheme and h.approved_on]
    last = [h for h in won if h.approved_on and h.approved_on.year == f.year - 1] if f.scheme in limit["types"] else []
    inputs = {"scheme": f.scheme, "last_year": _numbers(last)}
    if not last:
        return passed("上年度没有获得同类资助", "No award of this type last year", **inputs)
    return failed(
        f"上年度已获同类资助 {'、'.join(_numbers(last))}",
        f"Won this type last year: {', '.join(_numbers(last))}",
        Bilingual("下一年度再申报", "Apply next year"),
        **inputs,
    )


@rule("limit_plans", "F11", "同层次人才计划限一项", "One talent plan of a level", ref="LM-10", reads=("limit_plans",))
def limit_plans(f: Facts, p: Settings, limit: Value) -> Answer:
    """LM-10 and T1: hold one, apply for one a year, over all plans of the level."""
    same = [h for h in f.leader.holdings if f.plan and h.plan == f.plan]
    holds, applied = [h for h in same if is_running(h, f.year)], [h for h in same if h.year == f.year]
    inputs = {"plan": f.plan, "holding": _numbers(holds), "applied": _numbers(applied), **limit}
    if len(holds) < limit["holds"] and len(applied) < limit["applies"]:
        return passed("没有同层次的其他人才计划", "No other plan of this level", **inputs)
    return failed(
        f"已入选或已申报同层次人才计划 {'、'.join(_numbers([*holds, *applied]))}",
        f"Holds or has applied for a plan of this level: {', '.join(_numbers([*holds, *applied]))}",
        Bilingual("撤回其中一项，或在现有支持期满后申报", "Withdraw one, or apply when the present support ends"),
        **inputs,
    )


@rule("one_per_year", "F11", "同一年度只能申报一项", "One application a year", ref="LM-12", reads=("one_application_per_year",))
def one_per_year(f: Facts, p: Settings, on: bool) -> Answer:
    """Over all schemes of the family. Another host, account or address changes nothing: the person counts."""
    others = _applications(f, lambda h: h.group == f.group) if on else []
    inputs = {"group": f.group, "year": f.year, "others": _numbers(others), "in_force": on}
    if not others:
        return passed("本年度没有其他申报", "No other application this year", **inputs)
    return failed(
        f"本年度已申报 {'、'.join(_numbers(others))}",
        f"Already applied this year: {', '.join(_numbers(others))}",
        Bilingual("撤回其中一项", "Withdraw one of them"),
        **inputs,
    )


@rule(
    "no_running_project",
    "F11",
    "在研项目负责人不得再申报",
    "No running project as leader",
    ref="LM-12",
    reads=("running_project_bar",),
)
def no_running_project(f: Facts, p: Settings, bar: Value) -> Answer:
    """Within the family; free are the types `exempt` and, in the last year of their term, those of `last_year_of`."""

    def bars(h: Holding) -> bool:
        leads = h.role == LEADER and h.group == f.group and h.scheme not in bar["exempt"]
        return leads and (outlasts(h, f.year) if h.scheme in bar["last_year_of"] else is_running(h, f.year))

    running = [h for h in f.leader.holdings if bars(h)]
    inputs = {"group": f.group, "running": _numbers(running), **bar}
    if not running:
        return passed("没有主持在研的同类项目", "No running project of this family", **inputs)
    return failed(
        f"主持在研项目 {'、'.join(_numbers(running))}",
        f"Leads running projects: {', '.join(_numbers(running))}",
        Bilingual("在研项目结题后再申报", "Apply after the running project is closed"),
        **inputs,
    )
