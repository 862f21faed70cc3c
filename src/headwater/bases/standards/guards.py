"""The guard that asks a base to meet every bar of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.standards.bars import held_against
from headwater.core.errors import Reason
from headwater.registers.declared import Weighing


def meets_bars(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """Every bar of the kind is met; one of which nothing is known is not."""
    found = {}
    for entry in entries:
        low = [h for h in held_against(entry, weighing.on) if not h.met]
        if low:
            lines = [
                _("%(bar)s应达到 %(least)s，现为 %(value)s")
                % {"bar": h.bar.label, "least": h.least_words, "value": h.value_words}
                for h in low
            ]
            found[entry.pk] = Reason(_("未达到标准：%s") % "；".join(lines), code="bars")
    return found
