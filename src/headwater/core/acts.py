"""An act that touches other people or many rows, as it is shown before it is done.

Whoever does it reads its exact rows, what changes, who is told and how it is taken back; what is confirmed is what was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.seen import Sight

SHOWN = 300
"""So many rows stand on the page of an act; of the rest only the number is told, though all of them are confirmed."""
LEAST_REASON = 2


class ReasonForm(forms.Form):
    """The reason of an act, asked before it is done."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        min_length=LEAST_REASON,
        max_length=500,
        error_messages={"required": gettext_lazy("请写明理由")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class Act:
    """What is read before an act. The first cell of each of the `rows` names it; each of the `warnings` is ticked by who does
    it nevertheless; nothing is done while something is `blocked`. `hidden` fields bring the choice back with the confirmation.
    """

    title: str
    verb: str
    back: str
    changes: Sequence[str]
    undo: str
    told: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    warnings: Sequence[str] = ()
    blocked: Sequence[str] = ()
    hidden: Mapping[str, Any] = field(default_factory=dict)
    form: forms.Form | None = None

    @property
    def shown(self) -> list[list[tuple[str, Any]]]:
        """Return the rows of the page, each cell with the name of its column."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows[:SHOWN]]

    @property
    def left(self) -> int:
        return max(0, len(self.rows) - SHOWN)

    @property
    def fields(self) -> list[tuple[str, Any]]:
        """Return the hidden fields one by one: a list has as many as it has values."""
        pairs = [(name, v if isinstance(v, (list, tuple)) else [v]) for name, v in self.hidden.items()]
        return [(name, value) for name, values in pairs for value in values]

    @property
    def sight(self) -> Sight:
        """Return everything that the page shows, line by line."""
        rest = [[str(cell) for cell in row] for row in self.rows[SHOWN:]]
        lines: dict[str, Any] = {"rest": rest} if rest else {}
        for row in self.rows[:SHOWN]:
            name = " ".join(str(cell) for cell in row[:2])
            lines[name if name not in lines else f"{name} #{len(lines)}"] = [str(cell) for cell in row]
        lines |= {"changes": list(self.changes), "told": list(self.told), "undo": self.undo, "warnings": list(self.warnings)}
        words = {"changes": _("将会发生"), "told": _("通知"), "undo": _("如何撤回"), "warnings": _("提示"), "rest": _("其余各项")}
        return Sight(lines, words)
