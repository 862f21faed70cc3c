"""The sentence of a refusal, told from what happened: whether there was a panel, how it voted, and whether the money was spent."""

from __future__ import annotations

from headwater.calls.models import Application
from headwater.calls.words import words_of
from headwater.review.models import PanelItem, Ranking

NOT_ON_PANEL = "未列入会议评审"


def refusal_of(application: Application, *, left_fen: int | None = None) -> str:
    """Why an application is not proposed, in Chinese as letters keep it. `left_fen` is what the budget still holds beside everything that
    is given; only where it does not suffice for this one is the budget named.
    """
    item: PanelItem | None = getattr(application, "panel_item", None)
    words = words_of(application)
    if item is None:
        ranking: Ranking | None = getattr(application, "ranking", None)
        opinions = f"，共有 {ranking.opinions} 份有效评审意见" if ranking else ""
        return f"经通讯评审{opinions}，{NOT_ON_PANEL}。"
    if item.result == PanelItem.Result.NOT_RECOMMENDED:
        return f"经会议评审表决，赞成票未达到规定数：{words.zh('not_recommended')}。"
    if item.result == PanelItem.Result.RECOMMENDED and left_fen is not None and application.amount_fen > left_fen:
        return f"会议评审{words.zh('recommended')}；{words.zh('left_out')}"
    if item.result == PanelItem.Result.RECOMMENDED:
        return f"会议评审{words.zh('recommended')}，本次决定{words.zh('no')}。"
    return "列入会议评审，没有形成表决结果。"
