"""The form in which a body is convened or changed: rows of people, and what is wrong shown while somebody chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from headwater.casework.bodies.kinds import STANDING_WORDS, BodyKind
from headwater.casework.bodies.models import Body, BodyMember
from headwater.casework.bodies.people import people_meant
from headwater.casework.bodies.rules.composition import CHAIR, MEMBER, POSTS, STANDINGS, Fault
from headwater.casework.bodies.services.composing import Chosen, Forming
from headwater.core import clock
from headwater.core.errors import Reason, Refused
from headwater.core.names import with_institution
from headwater.registry.models import Person

MOST_ROWS, SPARE = 60, 2


@dataclass
class Row:
    """A row of the form as it was typed, with the person it means and what is wrong with it."""

    n: int
    typed: str = ""
    post: str = MEMBER
    standing: str = ""
    qualities: tuple[str, ...] = ()
    until: str = ""
    since: date | None = None
    seat: int | None = None
    error: str = ""
    until_error: str = ""
    person: Person | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def names(self) -> dict[str, str]:
        """Return the names of the controls of the row."""
        return {key: f"{key}_{self.n}" for key in ("person", "post", "standing", "quality", "until", "seat")}

    @property
    def chosen(self) -> Chosen | None:
        if self.person is None:
            return None
        until = date.fromisoformat(self.until) if self.until and not self.until_error else None
        return Chosen(self.person, self.post, self.standing, self.qualities, self.since, until, self.seat)


class ComposeForm:
    """What was sent for the members of a body; else what they are now, or as many empty rows as the kind needs."""

    def __init__(
        self, request: HttpRequest, kind: BodyKind, record: Any, body: Body | None = None, seats: list[BodyMember] | None = None
    ) -> None:
        self.kind, self.record, self.body = kind, record, body
        post = request.POST if request.method == "POST" else None
        self.sent = post is not None
        self.name_zh = post.get("name_zh", "") if post else ""
        self.name_en = post.get("name_en", "") if post else ""
        self.reason = post.get("reason", "") if post else ""
        self.insisted = post.get("insisted", "") if post else ""
        self.new_term = bool(post and post.get("new_term"))
        self.since_typed = post.get("since", "") if post else clock.today().isoformat()
        self.errors: dict[str, str] = {}
        self.rows = self._read(post) if post else self._first(seats or [])
        self.only_checks = bool(post and ("check" in post or "more" in post))
        self.faults: list[Fault] = []

    def _first(self, seats: list[BodyMember]) -> list[Row]:
        rows = [
            Row(
                n,
                _typed(m.person),
                m.post,
                m.standing,
                tuple(m.qualities),
                m.until.isoformat() if m.until else "",
                m.since,
                m.pk,
                person=m.person,
            )
            for n, m in enumerate(seats)
        ]
        blank = SPARE if rows else self.kind.composition.least
        rows += [Row(len(rows) + n, post=MEMBER if rows or n else CHAIR) for n in range(blank)]
        return rows

    def _read(self, post: Any) -> list[Row]:
        numbers = sorted({int(k[7:]) for k in post if k.startswith("person_") and k[7:].isdecimal() and len(k) < 12})[:MOST_ROWS]
        rows = [self._row(n, post) for n in numbers]
        meant = people_meant(row.typed for row in rows)
        for row in rows:
            row.person, row.error = meant.get(row.typed.strip(), (None, ""))
        seats = {m.pk: m for m in self.body.members.all()} if self.body else {}
        for row in rows:
            seat = seats.get(row.seat or 0)
            row.since = seat.since if seat and row.person and seat.person_id == row.person.pk else None
            row.seat = seat.pk if seat and row.since else None
        filled = [r for r in rows if r.typed.strip()]
        blank = [r for r in rows if not r.typed.strip()]
        more = SPARE + 3 if "more" in post else SPARE
        first = max(numbers, default=-1) + 1
        return [*filled, *blank[:more], *(Row(first + n) for n in range(max(0, more - len(blank))))]

    def _row(self, n: int, post: Any) -> Row:
        seat, until = post.get(f"seat_{n}", ""), post.get(f"until_{n}", "").strip()
        row = Row(
            n,
            post.get(f"person_{n}", "")[:200],
            post.get(f"post_{n}", MEMBER),
            post.get(f"standing_{n}", ""),
            tuple(q for q in post.getlist(f"quality_{n}") if q in self.kind.quality_words),
            until,
            seat=int(seat) if seat.isdecimal() and len(seat) < 18 else None,
        )
        if row.post not in POSTS:
            row.post = MEMBER
        if row.standing not in STANDINGS:
            row.standing = ""
        if until and _day(until) is None:
            row.until_error = _("请填写日期，例如 2030-06-30")
        return row

    @property
    def since(self) -> date:
        day = _day(self.since_typed)
        if day is None:
            self.errors["since"] = _("请填写日期，例如 2026-01-01")
        return day or clock.today()

    def check(self) -> list[Fault]:
        """Work out everything that is wrong with what was typed so far."""
        chosen = [c for row in self.rows if (c := row.chosen)]
        self.faults = Forming(self.kind, self.record, chosen, self.since, self.body, self.new_term).faults() if chosen else []
        for row in self.rows:
            row.faults = [f.text for f in self.faults if row.person and row.person.pk in f.people]
        return self.faults

    def do(self, work: Callable[[list[Chosen]], Any]) -> Any:
        """Run a command with the chosen people; None leaves what is wrong in `errors`, beside the rows, and in `faults`."""
        self.check()
        if any(row.error or row.until_error for row in self.rows) or self.errors or _day(self.since_typed) is None:
            self.errors.setdefault("members", _("有的行没有填对，见各行"))
            return None
        try:
            return work([c for row in self.rows if (c := row.chosen)])
        except Refused as refused:
            self._tell(refused.reasons)
            return None

    def _tell(self, reasons: list[Reason]) -> None:
        shown = {f.text for f in self.faults}
        for reason in reasons:
            if reason.text not in shown:
                self.errors[reason.field or "members"] = reason.text
        if any(r.field == "insisted" for r in reasons):
            self.errors.setdefault("insisted", _("有与通常规定不同之处，如确需如此，请写明理由"))
        if any(r.text in shown and r.field != "insisted" for r in reasons):
            self.errors.setdefault("members", _("组成不符合规定，见下列各项"))

    @property
    def grave(self) -> list[Fault]:
        return [f for f in self.faults if not f.warns]

    @property
    def unusual(self) -> list[Fault]:
        return [f for f in self.faults if f.warns]

    @property
    def count(self) -> int:
        return sum(row.person is not None and row.post != "secretary" for row in self.rows)

    @property
    def posts(self) -> list[tuple[str, str]]:
        return [(post, str(self.kind.post_words[post])) for post in POSTS]

    @property
    def standings(self) -> list[tuple[str, str]]:
        return [("", _("按任职单位判断")), *((s, str(STANDING_WORDS[s])) for s in STANDINGS)]


def _typed(person: Person) -> str:
    """Return what stands in the row of somebody: an address that names them alone, else name and institution."""
    return person.email or with_institution(person.name_zh, person.organisation.name_zh if person.organisation else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
