"""What a host or a place may recommend: by guide topic, by place, and how many of a host's are led by young people."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.schemes.rules.base import Answer, Facts, Settings, failed, passed, rule, unknown

Value = dict[str, Any]
PEERS = frozenset({"within_topic_quota", "within_place_quota", "host_young_share"})
"""Rules for which the other recommended applications of the call are read."""


def _within(f: Facts, count: int, most: int, zh: str, en: str) -> Answer:
    inputs = {"recommended": count, "quota": most, "is_endorsed": f.is_endorsed}
    if f.is_endorsed and count > most:
        mend = Bilingual("请推荐单位撤回超出限额的申报", "Ask those who recommend to take back what is over the quota")
        return failed(f"{zh}已推荐 {count} 项，限额 {most} 项", f"{en}: {count} of {most} recommended", mend, **inputs)
    if not f.is_endorsed and count >= most:
        look = Bilingual("由推荐单位决定推荐哪些申请", "Those who recommend decide which applications they send")
        return unknown(f"{zh}限额 {most} 项已报满", f"{en}: the quota of {most} is used up", look, **inputs)
    return passed(f"{zh}限额 {most} 项，已推荐 {count} 项", f"{en}: {count} of {most} recommended", **inputs)


@rule("within_topic_quota", "F15", "指南方向推荐限额", "Quota by guide topic", ref="handbook 2.4", reads=("topic_quota",))
def within_topic_quota(f: Facts, p: Settings, quota: Value) -> Answer:
    """A host recommends at most so many of one topic of the guide; `own` holds the topics with another number."""
    if not f.topic or f.peers is None:
        return passed("没有指南方向", "No guide topic", topic=f.topic)
    return _within(
        f, f.peers.topic, quota.get("own", {}).get(f.topic, quota["each"]), f"单位在方向 {f.topic} ", f"Topic {f.topic}"
    )


@rule("within_place_quota", "F15", "地区推荐限额", "Quota by place", ref="handbook 2.4", reads=("place_quota",))
def within_place_quota(f: Facts, p: Settings, quota: Value) -> Answer:
    """The hosts of one place recommend at most so many together; `own` holds the places with another number."""
    if not f.place or f.peers is None:
        return passed("依托单位没有登记所在地", "The host has no place on record", place=f.place)
    return _within(f, f.peers.place, quota.get("own", {}).get(f.place, quota["each"]), "本地区", f"Place {f.place}")


@rule(
    "host_young_share",
    "F15",
    "单位推荐中青年负责人的比例",
    "Share of young leaders",
    ref="handbook 2.4",
    reads=("host_young_share",),
)
def host_young_share(f: Facts, p: Settings, share: Value) -> Answer:
    """Of what a host recommends at least a share is led by people up to an age, in full years on the last day of the call."""
    births = f.peers.births if f.peers else ()
    day = f.deadline_day
    young = sum(1 for b in births if b and day.year - b.year - ((day.month, day.day) < (b.month, b.day)) <= share["age"])
    inputs = {"recommended": len(births), "young": young, **share}
    if not births or Fraction(young, len(births)) >= Fraction(share["numerator"], share["denominator"]):
        return passed("青年负责人的比例达到要求", "Enough are led by young people", **inputs)
    least = f"{share['numerator']}/{share['denominator']}"
    return failed(
        f"单位推荐的 {len(births)} 项中 {share['age']} 周岁以下负责人 {young} 项，应不少于 {least}",
        f"Of {len(births)} that the host recommends {young} are led by people up to {share['age']}; at least {least} must be",
        Bilingual("请单位调整推荐名单", "Ask the host to change what it recommends"),
        **inputs,
    )
