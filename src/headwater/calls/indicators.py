"""Indicators of calls: what was published, checked and decided. The inside of a running review is not public, so nothing of a
call is counted before its results are released.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from headwater.calls.models import Application, Call, Decision, FormalCheck, Notice, Objection, SchemeVersion
from headwater.calls.states import IN_THE_HOUSE, CallState, State
from headwater.core.i18n import named
from headwater.core.indicators import Figure, Only, Records, Text, breakdown, indicator, share, through
from headwater.core.money import wan_cell
from headwater.registry.places import places_within
from headwater.registry.queries import region_code
from headwater.schemes.outcomes import OUTCOMES
from headwater.schemes.words import words_for

APPLICATIONS = {"scheme": "call__scheme__code__in", "outcome": "call__scheme__definition__scheme__outcome__in"}
PUBLIC_STATES = (CallState.PUBLISHED, CallState.FINISHED)


def schemes() -> list[tuple[str, str]]:
    rows = SchemeVersion.objects.filter(region=region_code()).order_by("code", "-version").distinct("code")
    return [(s.code, named(s)) for s in rows]


def years() -> list[tuple[str, str]]:
    """Return the years of the calls that are public, the newest first."""
    rows = Call.objects.filter(state__in=PUBLIC_STATES).order_by("-year").values_list("year", flat=True).distinct()
    return [(str(year), str(year)) for year in rows]


breakdown("scheme", lambda: _("项目类型"), schemes)
breakdown("year", lambda: _("年度"), years)
breakdown("outcome", lambda: _("决定的种类"), lambda: [(o, words_for(o, {})["decision"]) for o in OUTCOMES])


def narrowed(rows: QuerySet[Any], only: Only, lookups: Mapping[str, str], host: str = "host") -> QuerySet[Any]:
    """Return the rows whose scheme, year, outcome or host's place is among those of `only`; `lookups` maps each code to its column."""
    for code, lookup in lookups.items():
        if code in only:
            rows = rows.filter(**{lookup: list(only[code])})
    return rows.filter(**{f"{host}__place__in": places_within(only["place"])}) if "place" in only else rows


def released_calls(on: date) -> QuerySet[Call]:
    """Return the calls of which a notice was closed, so that what they decided is public."""
    return Call.objects.filter(pk__in=Notice.objects.filter(closed_at__lt=through(on)).values("call"))


def released(on: date, only: Only | None = None) -> QuerySet[Application]:
    rows = Application.objects.filter(call__in=released_calls(on), state__in=IN_THE_HOUSE)
    return narrowed(rows, only or {}, APPLICATIONS)


def accepted(on: date, only: Only | None = None) -> QuerySet[Application]:
    rows = released(on, only).exclude(state__in=[State.NOT_ACCEPTED, State.RECEIVED])
    return rows.exclude(state=State.RECHECK, decision__isnull=True)


def public_calls(on: date) -> QuerySet[Call]:
    return Call.objects.filter(state__in=PUBLIC_STATES, published_at__lt=through(on)).order_by("-year", "code")


def by_call(on: date, column: Text, counts: Mapping[int, Any]) -> list[tuple[str, int, Any]]:
    """Return a row for each published call that `counts` has."""
    return [(c.title_zh, c.year, counts[c.pk]) for c in public_calls(on) if c.pk in counts]


def counted(rows: QuerySet[Any], call: str = "call") -> dict[int, int]:
    """Count the rows of each call."""
    return dict(rows.order_by().values_list(call).annotate(n=Count("pk", distinct=True)).values_list(call, "n"))


def call_records(on: date, column: Text, counts: Any, *, money: bool = False) -> Records:
    return Records((_("批次"), _("年度"), column), lambda: by_call(on, column, counts()), money=2 if money else None)


def mean_days(rows: QuerySet[Any], start: str, end: str) -> float | None:
    span = rows.annotate(span=ExpressionWrapper(F(end) - F(start), output_field=DurationField()))
    mean = span.aggregate(mean=Avg("span"))["mean"]
    return mean.total_seconds() / 86400 if mean else None


@indicator("calls.guides", unit="count")
def guides(on: date) -> Figure:
    budgets = call_records(on, _("预算（万元）"), lambda: {c.pk: wan_cell(c.budget_fen) for c in public_calls(on)}, money=True)
    return Figure(public_calls(on).count() or None, budgets)


@indicator("check.days", unit="days", breakdowns=("scheme",))
def check_days(on: date, only: Only) -> Figure:
    rows = FormalCheck.objects.filter(decided_at__lt=through(on), application__in=released(on, only))
    value = mean_days(rows, "application__call__closes_at", "decided_at")
    return Figure(value, call_records(on, _("已审查申请"), lambda: counted(rows, "application__call")))


@indicator("check.refused", unit="percent", breakdowns=("scheme", "place"))
def check_refused(on: date, only: Only) -> Figure:
    rows = released(on, only)
    refused = rows.filter(state=State.NOT_ACCEPTED)
    return Figure(share(refused.count(), rows.count()), call_records(on, _("不予受理"), lambda: counted(refused)))


@indicator("review.rate", unit="percent", breakdowns=("scheme", "place", "outcome"))
def funding_rate(on: date, only: Only) -> Figure:
    passed, all_ = released(on, only).filter(state=State.APPROVED), accepted(on, only)

    def shares() -> dict[int, str]:
        part, whole = counted(passed), counted(all_)
        return {call: f"{part.get(call, 0)} / {n}" for call, n in whole.items()}

    return Figure(share(passed.count(), all_.count()), call_records(on, _("立项／受理"), shares))


@indicator("applications.approved", unit="items", breakdowns=("outcome", "scheme", "place"))
def approved(on: date, only: Only) -> Figure:
    """Return what released calls have approved: grants, titles, designations and other outcomes."""
    rows = released(on, only).filter(state=State.APPROVED)
    heading = (_("编号"), _("名称"), _("负责人"), _("依托单位"))
    columns = ("number", "title_zh", "leader__name_zh", "host__name_zh")
    return Figure(rows.count() or None, Records(heading, lambda: list(rows.order_by("number").values_list(*columns))))


@indicator("objections.answered", unit="percent")
def objections_answered(on: date) -> Figure:
    rows = Objection.objects.filter(filed_at__lt=through(on))
    answered = rows.filter(state__in=[Objection.State.UPHELD, Objection.State.DISMISSED], answered_at__lt=through(on))
    records = call_records(on, _("异议"), lambda: counted(rows, "notice__call"))
    return Figure(share(answered.count(), rows.count()), records)


@indicator("decisions.within_budget", unit="percent", breakdowns=("scheme",))
def within_budget(on: date, only: Only) -> Figure:
    calls = narrowed(released_calls(on), only, {"scheme": "scheme__code__in"})
    spent = Decision.objects.filter(call__in=calls, outcome=Decision.Outcome.FUND)
    spent = spent.exclude(freed_at__lt=through(on))
    part, whole = spent.aggregate(t=Sum("amount_fen"))["t"], calls.aggregate(t=Sum("budget_fen"))["t"]
    budgets = call_records(on, _("预算（万元）"), lambda: {c.pk: wan_cell(c.budget_fen) for c in calls}, money=True)
    return Figure(share(part, whole), budgets)
