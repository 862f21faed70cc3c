"""The form of a sitting: time, place and agenda, for a new one and for one that is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import Body, Sitting, SittingItem
from headwater.casework.bodies.services.calling import MOST_ITEMS, Agenda
from headwater.core.errors import Refused
from headwater.core.numbers import BadNumber, read_whole
from headwater.core.web import MomentField

SPARE = 2


@dataclass
class Line:
    """An item as it was typed."""

    n: int
    title: str = ""
    text: str = ""
    ballot: str = ""
    minutes: str = "15"
    item: int | None = None
    error: str = ""

    @property
    def names(self) -> dict[str, str]:
        return {key: f"{key}_{self.n}" for key in ("title", "text", "ballot", "minutes", "item")}


class AgendaForm:
    """What was sent for a sitting; else what it is, or what is proposed for a new one. `purpose` and record of items that stay are kept."""

    def __init__(self, request: HttpRequest, body: Body, sitting: Sitting | None = None) -> None:
        self.body, self.sitting = body, sitting
        post = request.POST if request.method == "POST" else None
        self.sent, self.only_more = post is not None, bool(post and "more" in post)
        self.kept = {i.pk: i for i in sitting.items.order_by("position")} if sitting else {}
        self.errors: dict[str, str] = {}
        if post:
            self.meets_at, self.place = post.get("meets_at", ""), post.get("place", "")
            self.lines = self._read(post)
        else:
            self.meets_at = f"{timezone.localtime(sitting.meets_at):%Y-%m-%dT%H:%M}" if sitting else ""
            self.place = sitting.place if sitting else ""
            self.lines = self._first()

    def _first(self) -> list[Line]:
        lines = [Line(n, i.title, i.text, i.ballot, str(i.minutes), i.pk) for n, i in enumerate(self.kept.values())]
        return [*lines, *(Line(len(lines) + n, ballot=self.body.rule.ballot) for n in range(SPARE))]

    def _read(self, post: Any) -> list[Line]:
        numbers = sorted({int(k[6:]) for k in post if k.startswith("title_") and k[6:].isdecimal() and len(k) < 11})[:MOST_ITEMS]
        lines = []
        for n in numbers:
            item = post.get(f"item_{n}", "")
            pk = int(item) if item.isdecimal() and len(item) < 18 else None
            typed = {key: post.get(f"{key}_{n}", "") for key in ("title", "text", "ballot", "minutes")}
            lines.append(Line(n, **typed, item=pk if pk in self.kept else None))
        filled = [x for x in lines if x.title.strip() or x.text.strip() or x.item]
        first = max(numbers, default=-1) + 1
        spare = SPARE + (3 if "more" in post else 0)
        return [*filled, *(Line(first + n, ballot=self.body.rule.ballot) for n in range(spare))]

    @property
    def is_whole(self) -> bool:
        """Return whether all of it was sent, not only a wish for more lines."""
        return self.sent and not self.only_more

    @property
    def filled(self) -> list[Line]:
        """Return the lines that count; one whose title was emptied leaves the agenda."""
        return [x for x in self.lines if x.title.strip() or (x.text.strip() and not x.item)]

    @property
    def ballots(self) -> list[tuple[str, str]]:
        return [(code, str(word)) for code, word in SittingItem.Ballot.choices]

    def do(self, work: Callable[[dict[str, Any]], Any]) -> Any:
        """Run a command with what was typed; None leaves what is wrong in `errors`."""
        moment = self._moment()
        agenda = [self._agenda(line) for line in self.filled]
        if self.errors:
            return None
        try:
            return work({"meets_at": moment, "place": self.place, "agenda": agenda})
        except Refused as refused:
            for reason in refused.reasons:
                key = reason.field or "agenda"
                self.errors[key] = f"{self.errors[key]}；{reason.text}" if key in self.errors else reason.text
            return None

    def _agenda(self, line: Line) -> Agenda:
        item = self.kept.get(line.item or 0)
        try:
            minutes = read_whole(line.minutes) if line.minutes.strip() else 15
        except BadNumber as bad:
            line.error = self.errors["agenda"] = str(bad)
            minutes = 15
        return Agenda(line.title, line.text, line.ballot, minutes, purpose=item.purpose if item else "", item=line.item)

    def _moment(self) -> Any:
        if not self.meets_at:
            return None
        try:
            return MomentField().clean(self.meets_at)
        except ValidationError:
            self.errors["meets_at"] = _("请按“年-月-日 时:分”填写会议时间")
            return None
