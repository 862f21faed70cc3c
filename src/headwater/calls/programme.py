"""The money of a year: the budgets of all its calls, and what is decided in those of one scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Sum

from headwater.calls.models import Application, Call, Decision
from headwater.calls.states import CallState
from headwater.schemes.rules.base import ProgrammeFacts


@dataclass(frozen=True)
class Money:
    """The budgets of a year, and what is decided by application in the calls of one scheme."""

    budget_fen: int
    decided: Mapping[int, int]

    @property
    def committed_fen(self) -> int:
        return sum(self.decided.values())

    def beside(self, application: Application) -> ProgrammeFacts:
        """Return the facts for an application: what is decided of the others."""
        return ProgrammeFacts(self.budget_fen, self.committed_fen - self.decided.get(application.pk, 0))


def programme_of(call: Call) -> Money:
    """Return the money of the year of a call: of published calls; what was given up is free again (2 queries)."""
    calls = Call.objects.filter(year=call.year).filter(state__in=[CallState.PUBLISHED, CallState.FINISHED])
    budget = calls.aggregate(n=Sum("budget_fen"))["n"] or 0
    decisions = Decision.objects.filter(
        call__year=call.year, call__scheme__code=call.scheme.code, outcome=Decision.Outcome.FUND, freed_at__isnull=True
    )
    return Money(budget, dict(decisions.values_list("application", "amount_fen")))
