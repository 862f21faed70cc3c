"""What follows when a line of a notice holds because its period ended without an upheld objection, or when it is struck.

The app whose decision is published says it by the code that kinds of notice name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from headwater.core.command import Log
from headwater.core.register import Register

if TYPE_CHECKING:
    from headwater.casework.notices.models import NoticeRow

Follow = Callable[[Sequence["NoticeRow"], Log], None]


def nothing(_rows: Sequence[NoticeRow], _log: Log) -> None:
    """Do nothing: the notice itself is what was to be done."""


@dataclass(frozen=True)
class Effect:
    """`final` and `struck` are given the lines that came to their end together, within the command; what they refuse keeps a line
    from its end, and officers see why.
    """

    label: str | Promise
    final: Follow = nothing
    struck: Follow = nothing


NOTICES: Register[Effect] = Register("effect of a notice")
NOTICES.add("nothing", Effect(_("只公示，不触发其他办理")))
