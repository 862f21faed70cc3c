"""The minutes of a panel: who was there, who stood back from what, how each item was voted on. One source for page and paper."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from headwater.calls.words import panel_word
from headwater.casework.bodies.papers import MinutesPaper
from headwater.registry.queries import region_of
from headwater.review.models import Panel, PanelItem, PanelMember
from headwater.review.services.voting import recusals


@dataclass(frozen=True)
class Line:
    """An item as the minutes tell it."""

    position: int
    item: PanelItem
    recused: list[str]
    result: str


@dataclass(frozen=True)
class Minutes:
    """`hidden` items are left out for a reader who stood back from them."""

    panel: Panel
    members: list[PanelMember]
    lines: list[Line]
    hidden: int

    @property
    def present(self) -> int:
        return sum(m.present for m in self.members)


def minutes_of(panel: Panel, hidden: Collection[int] = (), unknown: Collection[int] = ()) -> Minutes:
    """Return the minutes of a closed panel without the applications in `hidden`; the number of those left out does not count `unknown`
    ones, of which the reader may not know that they are here.
    """
    recused = recusals(panel)
    rows = panel.items.select_related("application__call__scheme", "application__leader", "application__host").order_by(
        "position"
    )
    items = [i for i in rows if i.application_id not in hidden]
    members = panel.members.select_related("expert__person__organisation").order_by("-is_chair", "pk")
    lines = [
        Line(n, i, sorted(m.expert.person.name_zh for m in recused.get(i.application_id, [])), panel_word(i))
        for n, i in enumerate(items, start=1)
    ]
    left_out = sum(i.application_id in hidden and i.application_id not in unknown for i in rows)
    return Minutes(panel, list(members), lines, left_out)


def minutes_pdf(minutes: Minutes) -> bytes:
    """Return the minutes on paper, in Chinese, with room for signatures."""
    with translation.override(settings.LANGUAGE_CODE):
        return minutes_paper(minutes).pdf


COLUMNS = (
    *(("序号", 0, False), ("申请编号", 0, False), ("项目名称", 2, False), ("申请人和单位", 1.4, False), ("回避", 1, False)),
    *(("同意", 0, True), ("不同意", 0, True), ("弃权", 0, True), ("结果", 1, False)),
)


def minutes_paper(minutes: Minutes) -> MinutesPaper:
    """Return what stands in the minutes of a panel."""
    panel = minutes.panel
    hidden = [f"另有 {minutes.hidden} 项须由阅读者回避，未列入本件。"] if minutes.hidden else []
    missing = [f"缺票仍结束投票的原因：{panel.missing_reason}"] if panel.missing_reason else []
    how = "表决采用无记名方式；须回避的组员不参加该项讨论和表决，不计入该项到会人数。"
    return MinutesPaper(
        issuer=region_of(panel.call.scheme.region).department_zh,
        heading="会议评审记录",
        facts=[
            ("批次", panel.call.title_zh),
            ("会评组", panel.name),
            ("会议时间", _moment(panel.meets_at)),
            ("地点或链接", panel.place),
            ("投票开始", _moment(panel.opened_at)),
            ("投票结束", _moment(panel.closed_at)),
            ("组员", f"共 {len(minutes.members)} 人，到会 {minutes.present} 人"),
            ("法定人数", panel.quorum_word),
        ],
        members=[_member(m) for m in minutes.members],
        items_title="评审项目与表决结果",
        columns=COLUMNS,
        items=[_cells(line) for line in minutes.lines],
        texts=[("", [*hidden, *missing, how])],
        signers=[f"{_post(m)} {m.expert.person.name_zh}" for m in minutes.members if m.present],
    )


def _post(member: PanelMember) -> str:
    return "组长" if member.is_chair else "组员"


def _member(member: PanelMember) -> tuple[str, str, str, str]:
    person = member.expert.person
    where = person.organisation.name_zh if person.organisation else ""
    return person.name_zh, where, _post(member), "出席" if member.present else "缺席"


def _cells(line: Line) -> list[str]:
    i, a = line.item, line.item.application
    votes = ["", "", ""] if i.result == PanelItem.Result.NOT_REVIVED else [str(i.yes), str(i.no), str(i.abstain)]
    note = [f"缺票 {i.missing}"] if i.missing else []
    note += [f"第 {i.vote} 次投票"] if i.vote > 1 else []
    return [
        str(line.position), a.number, a.title_zh, f"{a.leader.name_zh}\n{a.host.name_zh}",
        "、".join(line.recused), *votes, "；".join([line.result, *note]),
    ]  # fmt: skip


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y年%-m月%-d日 %H:%M}" if at else ""
