"""The bodies on whose vote a verb depends: what they found about entries since these came into their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from headwater.casework.bodies.models import BodyKind, Sitting, SittingItem
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.registry.queries import region_code


def newest_votes(entries: Sequence[Any], body: str) -> dict[int, SittingItem]:
    """Return the newest item on which a body of a kind has voted about each of some entries (1 query)."""
    if not entries:
        return {}
    voted = SittingItem.objects.filter(
        subject_kind=entries[0]._meta.label_lower,
        subject_id__in=[e.pk for e in entries],
        sitting__body__kind__code=body,
        sitting__state=Sitting.State.HELD,
    ).exclude(result__in=["", SittingItem.Result.NOTED])
    rows = voted.annotate(met=F("sitting__meets_at")).order_by("subject_id", "-met", "-pk").distinct("subject_id")
    return {row.subject_id or 0: row for row in rows}


def not_carried(entries: Sequence[Any], body: str) -> Mapping[int, Reason]:
    """Return why the body of a kind stands against a verb: it has not voted since the entry came into its state, or it did not carry it (2
    queries).
    """
    votes, name, reasons = newest_votes(entries, body), body_name(body), {}
    for entry in entries:
        vote = votes.get(entry.pk)
        if vote is None or clock.local_day(vote.met) < entry.state_since:  # type: ignore[attr-defined]
            text = _("%s尚未就此开会表决：请先组建并召开会议，把本条目列为议题") % name
        elif vote.result != SittingItem.Result.CARRIED:
            words = {"body": name, "day": clock.local_day(vote.met), "result": vote.get_result_display()}  # type: ignore[attr-defined]
            text = _("%(body)s %(day)s 的表决结果是“%(result)s”") % words
        else:
            continue
        reasons[entry.pk] = Reason(text, code="body")
    return reasons


def body_name(code: str) -> Bilingual:
    """Return what a kind of body is called (1 query)."""
    row = BodyKind.objects.current(region_code()).filter(code=code).first()
    return row.rule.name if row is not None else Bilingual(code, code)
