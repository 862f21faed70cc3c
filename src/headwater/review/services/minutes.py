"""The minutes of a panel: who was there, who stood back from what, how each item was voted on. One source for page and paper."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from headwater.calls.words import panel_word
from headwater.core.documents import render_pdf
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
        return render_pdf("review/typst/minutes.typ", _data(minutes))


def _data(minutes: Minutes) -> dict[str, Any]:
    panel = minutes.panel
    return {
        "panel": panel.name,
        "call": panel.call.title_zh,
        "issuer": region_of(panel.call.scheme.region).department_zh,
        "meets_at": _moment(panel.meets_at),
        "place": panel.place,
        "opened_at": _moment(panel.opened_at),
        "closed_at": _moment(panel.closed_at),
        "quorum": panel.quorum_word,
        "size": len(minutes.members),
        "present": minutes.present,
        "missing_reason": panel.missing_reason,
        "hidden": minutes.hidden,
        "members": [
            [
                m.expert.person.name_zh,
                m.expert.person.organisation.name_zh if m.expert.person.organisation else "",
                m.is_chair,
                m.present,
            ]
            for m in minutes.members
        ],
        "items": [_cells(line) for line in minutes.lines],
    }


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
