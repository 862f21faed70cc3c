"""The sentence of a refusal: it names the panel's vote, where there was a panel, and why a decision departs from it."""

from __future__ import annotations

from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.words import words_of
from headwater.review.models import PanelItem, Ranking

NOT_ON_PANEL = "未列入会议评审"


def refusal_of(application: Application, departure: str = "", shortfall: str = "") -> str:
    """Why an application is not proposed, in Chinese as letters keep it. `departure` is what the one who proposes says where the panel
    recommended it; `shortfall` what it did not reach by the scheme's decision rule.
    """
    item: PanelItem | None = getattr(application, "panel_item", None)
    words = words_of(application)
    if item is None:
        ranking: Ranking | None = getattr(application, "ranking", None)
        opinions = f"，共有 {ranking.opinions} 份有效评审意见" if ranking else ""
        if scheme_of(application.call).has_panel and not shortfall:
            return f"经通讯评审{opinions}，{NOT_ON_PANEL}。"
        return f"经通讯评审{opinions}，{shortfall or '本次决定' + words.zh('no')}。"
    if item.result == PanelItem.Result.NOT_RECOMMENDED:
        return f"经会议评审表决，同意票未达到规定数：{words.zh('not_recommended')}。"
    if item.result == PanelItem.Result.RECOMMENDED:
        rest = shortfall or departure.rstrip("。") or f"本次决定{words.zh('no')}"
        return f"会议评审{words.zh('recommended')}；{rest}。"
    if item.result == PanelItem.Result.NOT_REVIVED:
        return "多数通讯评审意见不予支持，会评组联名人数未达到规定数，未付表决。"
    return "列入会议评审，没有形成表决结果。"
