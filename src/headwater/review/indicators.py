"""Indicators of review: opinions, conflicts and ballots of calls whose results are released."""

from __future__ import annotations

from datetime import date

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from headwater.calls.indicators import call_records, counted, released
from headwater.core.indicators import Figure, Only, indicator, through
from headwater.review.models import Assignment, BallotCast, Conflict, Opinion


@indicator("review.opinions", unit="opinions", breakdowns=("scheme",))
def opinions(on: date, only: Only) -> Figure:
    """Valid opinions for each application that was sent out."""
    rows = Opinion.objects.filter(submitted_at__lt=through(on), assignment__application__in=released(on, only))
    applications = released(on, only).filter(assignments__isnull=False).distinct().count()
    records = call_records(on, _("有效意见"), lambda: counted(rows, "assignment__application__call"))
    return Figure(rows.count() / applications if applications else None, records)


@indicator("review.conflicts_kept_out", unit="pairs", breakdowns=("scheme",))
def conflicts_kept_out(on: date, only: Only) -> Figure:
    rows = Conflict.objects.filter(found_at__lt=through(on), application__in=released(on, only))
    return Figure(rows.count() or None, call_records(on, _("回避关系对数"), lambda: counted(rows, "application__call")))


@indicator("review.conflict_breaches", unit="items")
def conflict_breaches(on: date) -> Figure:
    """Reviews by somebody with a conflict of interest, of all calls; the records count the reviews that were looked at."""
    reviews = Assignment.objects.filter(state=Assignment.State.SUBMITTED, opinion__submitted_at__lt=through(on))
    breaches = reviews.filter(application__conflicts__expert=F("expert")).count()
    records = call_records(on, _("评审数"), lambda: counted(reviews.filter(application__in=released(on)), "application__call"))
    return Figure(float(breaches) if reviews.exists() else None, records)


@indicator("panel.ballots", unit="ballots", breakdowns=("scheme",))
def ballots(on: date, only: Only) -> Figure:
    rows = BallotCast.objects.filter(item__application__in=released(on, only))
    return Figure(rows.count() or None, call_records(on, _("投票数"), lambda: counted(rows, "item__application__call")))
