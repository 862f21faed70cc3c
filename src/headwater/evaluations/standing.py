"""The grades that entries have from evaluations, for whatever asks for their last grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.core import clock
from headwater.evaluations.models import Grade
from headwater.evaluations.showing import grade_name
from headwater.registers.grades import GRADES, Graded


@GRADES.under("evaluations")
def grades(entries: Sequence[Any]) -> Mapping[int, Sequence[Graded]]:
    """Return the final grades of entries of one table, by key (1 query)."""
    if not entries:
        return {}
    rows = Grade.objects.public().filter(
        entrant__subject_kind=entries[0]._meta.label_lower, entrant__subject_id__in=[e.pk for e in entries]
    )
    standing: dict[int, list[Graded]] = {}
    for row in rows.select_related("entrant__round").order_by("settled_at", "pk"):
        label = grade_name(row.entrant.round.of, row.grade)
        day = clock.local_day(row.settled_at) if row.settled_at else row.entrant.round.until
        standing.setdefault(row.entrant.subject_id, []).append(Graded(row.grade, label, day, str(row.entrant.round.until.year)))
    return standing
