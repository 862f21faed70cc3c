"""The form of a panel, for a new one and for one that is changed: agenda, members, time and place."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.core.errors import Refused
from headwater.core.numbers import BadNumber, read_whole
from headwater.core.web import MomentField, keys_in
from headwater.registry.models import ReviewGroup
from headwater.review.fields import Candidate, able, panel_candidates
from headwater.review.models import Expert, Panel
from headwater.review.services.panels import change_panel, make_panel
from headwater.review.terms import panel_terms

LAST = 1_000_000
"""The place of what was ticked without a place."""


class PanelForm:
    """What was sent for a panel; else what it is, or what is proposed for a new one: all that waits, in rank order, and as many as
    needed of the experts with the fewest conflicts. After a first vote (`fixed`) only name, time and place can change.
    """

    def __init__(
        self, request: HttpRequest, call: Call, groups: list[ReviewGroup], rows: list[Application], panel: Panel | None = None
    ) -> None:
        self.request, self.call, self.groups, self.rows, self.panel = request, call, groups, rows, panel
        self.terms = panel_terms(call)
        self.fixed = panel is not None and panel.opened_at is not None
        self.errors: dict[str, str] = {}
        self.sequence = panel.sequence if panel else 0
        post = request.POST if request.method == "POST" else None
        self.searching = bool(post and "find" in post)
        if post and panel:
            typed = post.get("sequence", "")
            self.sequence = int(typed) if typed.isdecimal() and len(typed) < 10 else -1
        self.search = post.get("q", "")[:80] if post else ""
        seats = {m.expert_id: m.is_chair for m in panel.members.all()} if panel else {}
        keep = keys_in(post, "expert") if post else []
        on_agenda = [a.pk for a in rows if self._item(a)] if panel else [a.pk for a in rows]
        self.candidates = panel_candidates(call, groups, on_agenda, search=self.search, keep=keep, seated=seats)
        self.seats = set(seats)
        if post is None or self.fixed:
            self.applications = set(on_agenda)
            self.experts = set(seats) if panel else {c.expert.pk for c in self.candidates[: self.least]}
            self.chair = next((pk for pk, is_chair in seats.items() if is_chair), 0)
            self.chair = self.chair or next((c.expert.pk for c in self.candidates), 0)
        else:
            self.applications, self.experts = set(keys_in(post, "pk")), set(keep)
            self.chair = next(iter(keys_in(post, "chair")), 0)
        self.meets_at, self.place, self.name = (post.get(k, "") for k in ("meets_at", "place", "name")) if post else self._words()
        self._number_rows(post)

    @property
    def least(self) -> int:
        return self.terms.size

    def _words(self) -> tuple[str, str, str]:
        if self.panel:
            at = self.panel.meets_at
            return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}" if at else "", self.panel.place, self.panel.name
        fields = "、".join(g.name_zh for g in self.groups) or "综合"
        return "", "", f"{self.call.title_zh}{fields}会评组"[:120]

    @staticmethod
    def _item(application: Application) -> Any:
        return getattr(application, "panel_item", None)

    def _number_rows(self, post: Any) -> None:
        """Give each row the place and the minutes that were typed, or that it has, or that are planned."""
        for n, a in enumerate(self.rows, start=1):
            item = self._item(a) if self.panel else None
            a.typed_place = post.get(f"place_{a.pk}", "") if post else n
            a.typed_minutes = (
                post.get(f"minutes_{a.pk}", "") if post else (item.minutes if item and item.minutes else self.terms.minutes)
            )

    @property
    def enough(self) -> bool:
        return len(self.candidates) >= self.least

    @property
    def sections(self) -> list[tuple[str, list[Candidate]]]:
        """Candidates under the word for where they come from, in order."""
        groups: dict[str, list[Candidate]] = {}
        for candidate in self.candidates:
            groups.setdefault(candidate.origin_word, []).append(candidate)
        return list(groups.items())

    def make(self) -> bool:
        """Make or change the panel; False leaves what is wrong in `errors`, by field."""
        pool = Expert.objects.filter(Q(pk__in=able(self.call).values("pk")) | Q(pk__in=self.seats))
        members = list(pool.filter(pk__in=self.experts).order_by("pk"))
        items, minutes = self._agenda()
        chair = next((e for e in members if e.pk == self.chair), None)
        meets = self._moment()
        if not items:
            self.errors["pk"] = _("请选择拟提交会议评审的申请")
        elif set(self.applications) - {a.pk for a in items} or set(self.experts) - {e.pk for e in members}:
            self.errors["pk"] = _("所选的申请或专家有变化，请重新核对")
        if chair is None:
            self.errors["chair"] = _("请选择组员，并在其中指定组长")
        if self.errors:
            return False
        about = {
            "name": self.name,
            "applications": items,
            "minutes": minutes,
            "experts": members,
            "chair": chair,
            "meets_at": meets,
            "place": self.place,
            "actor": self.request.actor,
        }
        try:
            if self.panel:
                change_panel(panel=self.panel, sequence=self.sequence, **about)
            else:
                make_panel(call=self.call, group=self.groups[0] if len(self.groups) == 1 else None, **about)
        except Refused as refused:
            self.errors |= {r.field or "pk": r.text for r in refused.reasons}
            return False
        return True

    def _agenda(self) -> tuple[list[Application], dict[int, int]]:
        """Return the chosen applications in the order that was typed, and the minutes of each."""
        chosen = [a for a in self.rows if a.pk in self.applications]
        if self.fixed:
            return chosen, {a.pk: a.panel_item.minutes or self.terms.minutes for a in chosen}
        places = {a.pk: self._whole(a.typed_place, LAST) for a in chosen}
        minutes = {a.pk: self._whole(a.typed_minutes, self.terms.minutes) for a in chosen}
        return sorted(chosen, key=lambda a: places[a.pk]), minutes

    def _whole(self, text: Any, usual: int) -> int:
        try:
            return read_whole(str(text)) if str(text).strip() else usual
        except BadNumber as bad:
            self.errors["pk"] = str(bad)
            return usual

    def _moment(self) -> Any:
        if not self.meets_at:
            return None
        try:
            return MomentField().clean(self.meets_at)
        except ValidationError:
            self.errors["meets_at"] = _("请按“年-月-日 时:分”填写会议时间")
            return None
