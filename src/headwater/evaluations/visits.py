"""Visits to the entries of a round: sittings of bodies of the kind that visits, about an entry, since the round was opened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from headwater.casework.bodies.models import SittingItem
from headwater.evaluations.models import Entrant, Round


def visits_of(round_: Round, entrants: Collection[Entrant] | None = None) -> list[tuple[Entrant, SittingItem]]:
    """Return the visits of a round with the entries that they are about, the newest first; the protocol is that of the sitting (2 queries)."""
    if not round_.visit_kind:
        return []
    rows = round_.entrants.all() if entrants is None else entrants
    by_entry = {e.subject_id: e for e in rows}
    items = SittingItem.objects.filter(
        sitting__body__kind__code=round_.visit_kind,
        subject_kind=round_.subject_kind,
        subject_id__in=by_entry,
        sitting__meets_at__gte=round_.opened_at - timedelta(days=1),
    )
    if round_.closed_at:
        items = items.filter(sitting__meets_at__lte=round_.closed_at)
    found = items.select_related("sitting__body").order_by("-sitting__meets_at", "pk")
    return [(by_entry[i.subject_id], i) for i in found if i.subject_id in by_entry]
