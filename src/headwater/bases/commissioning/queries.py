"""Commissions of bases with what the register says of the base now: the rules of their scheme across answers are judged anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import QuerySet

from headwater.awards.models import Award
from headwater.bases.models import Base
from headwater.calls.entries import named_entries
from headwater.calls.loading import answers_in
from headwater.calls.models import Call
from headwater.calls.programme import Money, programme_of
from headwater.calls.schemes import scheme_of
from headwater.core.i18n import Bilingual
from headwater.core.money import rounded_down, wan
from headwater.forms.answers.judging import judge_check
from headwater.forms.expressions import names, parse
from headwater.forms.results import Verdict
from headwater.registers.grades import Graded, grades_of

LIVE = (Award.State.AGREEMENT, Award.State.RUNNING)
"""Commissions that go on, or begin with their agreement."""


@dataclass(frozen=True)
class Commission:
    """A commission with its base (None: it is not in the register any more), the last grade of the base, and why the base fits no longer."""

    award: Award
    base: Base | None
    grade: Graded | None
    against: Sequence[Bilingual]

    @property
    def is_live(self) -> bool:
        return self.award.state in LIVE

    @property
    def is_flagged(self) -> bool:
        """Whether it goes on although its base does not meet the conditions any more."""
        return self.is_live and bool(self.against)


def calls_that_read(awards: QuerySet[Award]) -> list[Call]:
    """Return the calls of some awards whose scheme reads the register (1 query)."""
    calls = Call.objects.filter(pk__in=awards.order_by().values("call")).select_related("scheme")
    return [call for call in calls if scheme_of(call).entry_question]


def commissions() -> list[Commission]:
    """Return the commissions that go on and whose scheme reads the register, the newest first (a fixed number of queries for each call)."""
    live = Award.objects.filter(state__in=LIVE)
    related = ("application__discipline", "application__host__place", "call__scheme", "host", "leader")
    by_call: dict[int, list[Award]] = {}
    for award in live.filter(call__in=calls_that_read(live)).select_related(*related):
        by_call.setdefault(award.call_id, []).append(award)
    found = [c for awards in by_call.values() for c in _of_call(awards)]
    return sorted(found, key=lambda c: (c.award.approved_at, c.award.pk), reverse=True)


def _of_call(awards: Sequence[Award]) -> list[Commission]:
    call, applications = awards[0].call, [a.application for a in awards]
    scheme = scheme_of(call)
    entries, answers = named_entries(applications, scheme.entry_question), answers_in(call, applications)
    checks = [c for c in scheme.checks if c.blocks and "register" in names(parse(c.expr))]
    grades = grades_of(list({e.pk: e for e in entries.values()}.values()))
    found = []
    for award in awards:
        entry = entries.get(award.application_id)
        own = answers(award.application, {}, 0)
        results = [r for c in checks if (r := judge_check(own, c)) is not None and r.outcome != Verdict.PASSED]
        against = [Bilingual(r.mend_zh or r.zh, r.mend_en or r.en) for r in results]
        last = grades.get(entry.pk, []) if entry is not None else []
        found.append(Commission(award, entry, last[-1] if last else None, against))
    return found


def flagged() -> list[Commission]:
    """Return the commissions that go on although their base does not meet the conditions any more."""
    return [c for c in commissions() if c.is_flagged]


@dataclass(frozen=True)
class YearOfMoney:
    """What the schemes that commission bases take of the money of a year."""

    year: int
    scheme: str
    money: Money
    percent: int | None

    @property
    def most_fen(self) -> int | None:
        return None if self.percent is None else rounded_down(self.money.budget_fen * Fraction(self.percent, 100))

    @property
    def words(self) -> tuple[str, str, str]:
        most = self.most_fen
        return wan(self.money.committed_fen), "—" if most is None else wan(most), wan(self.money.budget_fen)


def years_of_money(rows: Sequence[Commission], percent_of: Callable[[Call], int | None]) -> list[YearOfMoney]:
    """Return the money of each year and scheme in which there are commissions; `percent_of` gives the cap of a scheme in a year's call."""
    calls = {(c.award.call.year, c.award.call.scheme.code): c.award.call for c in rows}
    return [
        YearOfMoney(year, str(scheme_of(call).name_zh), programme_of(call), percent_of(call))
        for (year, _code), call in sorted(calls.items(), reverse=True)
    ]
