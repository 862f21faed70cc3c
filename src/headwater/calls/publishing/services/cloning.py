"""Makes a new call from an earlier one; and says its figures in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from headwater.calls.dates import DATES
from headwater.calls.models import Call, SchemeVersion
from headwater.calls.publishing.services.calls import draft_from_scheme, usual_dates
from headwater.calls.states import Stage
from headwater.core import clock
from headwater.core.i18n import NOTHING, Bilingual
from headwater.core.money import wan
from headwater.core.parameters import Parameters

CARRIED = ("guide_zh", "guide_en", "contact", "budget_fen", "topics", "overrides", "agency")


def last_call(scheme: SchemeVersion) -> Call | None:
    """Return the latest call of a scheme that was published, else the latest drafted one."""
    rows = Call.objects.filter(scheme__region=scheme.region, scheme__code=scheme.code).select_related("scheme", "agency")
    return rows.exclude(published_at=None).order_by("-year", "-pk").first() or rows.order_by("-year", "-pk").first()


def clone_call(*, scheme: SchemeVersion, year: int, last: Call | None) -> Call:
    """Return an unsaved call of the scheme's latest version, with everything of `last` and its dates moved to `year`."""
    carried: dict[str, Any] = {name: getattr(last, name) for name in CARRIED} if last else {"budget_fen": 10**9}
    call = draft_from_scheme(scheme=scheme, year=year, **carried, **_dates(scheme, year, last))
    call.stage = Stage.OUTLINE if last and last.stage == Stage.OUTLINE else Stage.WHOLE
    call.cloned_from = last
    return call


def full_call(outline: Call) -> Call:
    """Return an unsaved call of the full stage for the applicants invited from an outline call, under the same scheme version."""
    carried = {name: getattr(outline, name) for name in CARRIED}
    call = draft_from_scheme(scheme=outline.scheme, year=outline.year, **carried, **_dates(outline.scheme, 0, None))
    call.code, call.stage, call.outline = f"{outline.code}-full", Stage.FULL, outline
    call.title_zh, call.title_en = (
        f"{outline.title_zh}（正式申报）",
        f"{outline.title_en} (full applications)" if outline.title_en else "",
    )
    return call


def _dates(scheme: SchemeVersion, year: int, last: Call | None) -> dict[str, datetime]:
    """Return the dates of `last` in the new year, or the usual intervals when these would be too early."""
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


L = gettext_lazy

FIGURES = {
    "amount_fen": L("申请金额（万元）"),
    "term_months": L("执行期限（月）"),
    "referee_letters": L("推荐意见（份）"),
    "body_limit": L("正文篇幅"),
    "part_time_months": L("兼职人员每年在岗（月）"),
    "partner_units_max": L("合作研究单位上限（个）"),
    "limit_same_type": L("限项：同类项目"),
    "limit_senior": L("限项：高级职称人员"),
    "limit_junior": L("限项：非高级职称人员"),
    "limit_not_counted": L("限项：不计入的项目"),
    "limit_key": L("限项：重点类项目"),
    "limit_plans": L("限项：人才计划"),
    "host_quota": L("单位推荐限额"),
    "similar_text_share": L("文本相似度上限（比例）"),
}
PARTS = {
    "default": L("默认"),
    "min": L("最低"),
    "max": L("最高"),
    "men": L("男性"),
    "women": L("女性"),
    "cap": "",
    "month": L("出生日期起算月"),
    "day": L("出生日期起算日"),
    "total": L("合计"),
    "members_from": L("参与者计入起始年"),
    "leader": L("主持"),
    "member": L("参与"),
    "holds": L("在研"),
    "applies": L("申报"),
    "max_months": L("最长（月）"),
    "pages": L("页数"),
    "chars_per_page": L("每页字数"),
    "multiplier": L("倍数"),
    "window_years": L("统计年数"),
    "floor_when_max_below": L("最高年份低于此数时保底"),
    "floor": L("保底（项）"),
}


def figure_text(value: float, money: bool) -> str:
    return wan(int(value)) if money else f"{value:g}"


def term_label(key: str, part: str, own: Bilingual = NOTHING) -> str:
    """Return a parameter in words: the region's `own`, else the core's. One that has neither keeps its key."""
    word = str(own) or str(FIGURES.get(key, key))
    more = str(PARTS.get(part, part))
    return f"{word} · {more}" if more else word
