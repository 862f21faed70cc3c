"""Minutes on paper: one template for panels of calls and every other body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from headwater.core.documents import render_pdf

TEMPLATE = "casework/bodies/typst/minutes.typ"


@dataclass(frozen=True)
class MinutesPaper:
    """What stands in minutes, in Chinese. `facts` are (term, value), `members` (name, institution, post, attendance); `columns` of the
    items are (label, width in parts or 0 for what it takes, is a number); `texts` are (heading or "", paragraphs); `signers` sign.
    """

    issuer: str
    heading: str
    facts: Sequence[tuple[str, str]]
    members: Sequence[tuple[str, str, str, str]]
    items_title: str
    columns: Sequence[tuple[str, float, bool]]
    items: Sequence[Sequence[str]]
    texts: Sequence[tuple[str, Sequence[str]]] = field(default=())
    signers: Sequence[str] = ()

    @property
    def pdf(self) -> bytes:
        data: dict[str, Any] = asdict(self)
        return render_pdf(TEMPLATE, data)
