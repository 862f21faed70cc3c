"""A new call from an earlier one: what is carried over, and what the second officer should see as changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.answers.showing import wan
from headwater.calls.models import Call, SchemeVersion
from headwater.calls.services.calls import draft_from_scheme, usual_dates
from headwater.calls.states import Stage
from headwater.calls.terms import call_terms
from headwater.core import clock
from headwater.core.parameters import Parameters

DATES = ("opens_at", "closes_at", "endorse_by", "recommend_by")
DATE_LABELS: dict[str, Callable[[], str]] = {
    "opens_at": lambda: _("受理开始"),
    "closes_at": lambda: _("受理截止"),
    "endorse_by": lambda: _("单位审核截止"),
    "recommend_by": lambda: _("归口推荐截止"),
}
CARRIED = ("guide_zh", "guide_en", "contact", "budget_fen", "topics", "overrides", "agency")


def last_call(scheme: SchemeVersion) -> Call | None:
    """The latest call of a scheme that was published, else the latest drafted one."""
    rows = Call.objects.filter(scheme__region=scheme.region, scheme__code=scheme.code).select_related("scheme", "agency")
    return rows.exclude(published_at=None).order_by("-year", "-pk").first() or rows.order_by("-year", "-pk").first()


def clone_call(*, scheme: SchemeVersion, year: int, last: Call | None) -> Call:
    """An unsaved call of the scheme's latest version, with everything of `last` and its dates moved to `year`."""
    carried: dict[str, Any] = {name: getattr(last, name) for name in CARRIED} if last else {"budget_fen": 10**9}
    call = draft_from_scheme(scheme=scheme, year=year, **carried, **_dates(scheme, year, last))
    call.stage = Stage.OUTLINE if last and last.stage == Stage.OUTLINE else Stage.WHOLE
    call.cloned_from = last
    return call


def full_call(outline: Call) -> Call:
    """An unsaved call of the full stage for the applicants invited from an outline call, under the same scheme version."""
    carried = {name: getattr(outline, name) for name in CARRIED}
    call = draft_from_scheme(scheme=outline.scheme, year=outline.year, **carried, **_dates(outline.scheme, 0, None))
    call.code, call.stage, call.outline = f"{outline.code}-full", Stage.FULL, outline
    call.title_zh, call.title_en = (
        f"{outline.title_zh}（正式申报）",
        f"{outline.title_en} (full applications)" if outline.title_en else "",
    )
    return call


def _dates(scheme: SchemeVersion, year: int, last: Call | None) -> dict[str, datetime]:
    """The dates of `last` in the new year, or the usual intervals when these would come too soon."""
    lead = Parameters(scheme.region, clock.today()).number("guide_lead_days", scheme.code)
    if last:
        moved = {name: _moved(getattr(last, name), year - last.year) for name in DATES}
        if moved["opens_at"] > clock.now() + timedelta(days=lead):
            return moved
    return usual_dates(scheme, clock.add_days(clock.today(), lead + 6))


def _moved(moment: datetime, years: int) -> datetime:
    local = timezone.localtime(moment)
    day = local.date().replace(day=28) if (local.month, local.day) == (2, 29) else local.date()
    return clock.local(day.replace(year=day.year + years), local.hour, local.minute)


def differences(call: Call) -> list[tuple[str, str, str]]:
    """(what, before, now) of a call against the one it was made from; the officer who approves reads this first."""
    last = call.cloned_from
    if last is None:
        return []
    pairs = [(DATE_LABELS[n](), _moment(getattr(last, n)), _moment(getattr(call, n))) for n in DATES]
    pairs.append((_("预算（万元）"), f"{last.budget_fen / 1_000_000:,.2f}", f"{call.budget_fen / 1_000_000:,.2f}"))
    pairs.append((_("联系方式"), last.contact, call.contact))
    pairs.append((_("项目类型版本"), str(last.scheme.version), str(call.scheme.version)))
    before, now = ({(t.key, t.part): t for t in call_terms(c)} for c in (last, call))
    for key, term in now.items():
        old = before.get(key)
        pairs.append(
            (term_label(term.key, term.part), said(old.value, old.is_money) if old else "", said(term.value, term.is_money))
        )
    old_topics, new_topics = ({t["code"]: t["zh"] for t in c.topics} for c in (last, call))
    for code in sorted(old_topics | new_topics):
        pairs.append((_("指南方向 %s") % code, old_topics.get(code, ""), new_topics.get(code, "")))
    if last.guide_zh != call.guide_zh:
        pairs.append((_("申报指南"), _("%d 字") % len(last.guide_zh), _("已修改，%d 字") % len(call.guide_zh)))
    return [p for p in pairs if p[1] != p[2]]


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def said(value: float, money: bool) -> str:
    return wan(int(value)) if money else f"{value:g}"


def term_label(key: str, part: str) -> str:
    """A parameter in words; one that has no word of its own keeps its key."""
    words = {
        "amount_fen": _("申请金额（万元）"),
        "term_months": _("执行期限（月）"),
        "age_limit_youth": _("年龄要求（周岁）"),
        "age_limit_dys": _("年龄要求（周岁）"),
        "department_share_fen": _("科技厅出资上限（万元）"),
        "lab_staff_min": _("固定人员下限（人）"),
        "lab_equipment_fen": _("仪器设备原值下限（万元）"),
        "instrument_review_fen": _("评议起点单价（万元）"),
        "share_subsidy_rate": _("补助比例"),
        "share_subsidy_fen": _("补助上限（万元）"),
        "prize_wait_days": _("代表作发表满（天）"),
    }
    parts = {
        "default": _("默认"),
        "min": _("最低"),
        "max": _("最高"),
        "men": _("男性"),
        "women": _("女性"),
        "cap": "",
        "month": _("截至月份"),
        "day": _("截至日"),
    }
    word, more = words.get(key, key), parts.get(part, part)
    return f"{word} · {more}" if more else word
