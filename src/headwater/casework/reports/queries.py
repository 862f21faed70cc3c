"""Reads of reports for other apps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from headwater.casework.reports.models import Report
from headwater.casework.reports.stores import STORE
from headwater.forms.models import AnswerSheet


@dataclass(frozen=True)
class Accepted:
    """What an accepted report of a record says of its period."""

    record: int
    kind: str
    since: date
    until: date
    answers: Mapping[str, Any]


def accepted_reports(subject: str, keys: Collection[int], kinds: Collection[str] = ()) -> list[Accepted]:
    """Return the accepted reports of some records in the order of their periods, of some kinds where they are named (2 queries)."""
    rows = Report.objects.filter(subject_kind=subject, subject_id__in=keys, state=Report.State.ACCEPTED)
    rows = rows.filter(kind__in=kinds) if kinds else rows
    reports = list(rows.order_by("since", "pk"))
    sheets = AnswerSheet.objects.filter(subject_kind=STORE.kind, subject_id__in=[r.pk for r in reports])
    answers = dict(sheets.values_list("subject_id", "answers"))
    return [Accepted(r.subject_id, r.kind, r.since, r.until, answers.get(r.pk) or {}) for r in reports]
