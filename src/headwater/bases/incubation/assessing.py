"""The yearly assessment: a verb asks for year and grade, its effect writes them down, and they count as grades of the base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from headwater.bases.incubation.models import Assessment
from headwater.core.command import Log
from headwater.core.errors import Reason
from headwater.core.i18n import Bilingual
from headwater.registers.declared import Weighing
from headwater.registers.grades import GRADES, Graded
from headwater.registers.kinds import kind_of
from headwater.registers.shapes import Kind

YEAR, GRADE, NOTE = "assessed_year", "grade", "note"
"""The questions that a verb with this effect asks."""


def not_assessed(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """No assessment of the year that is asked for stands yet (1 query)."""
    year = weighing.values.get(YEAR)
    if year is None:
        return {}
    if int(year) > weighing.on.year:
        text = _("%d 年还没有开始") % int(year)
        return {e.pk: Reason(text, field=YEAR, code="year") for e in entries}
    done = set(Assessment.objects.filter(base__in=[e.pk for e in entries], year=int(year)).values_list("base", flat=True))
    return {e.pk: Reason(_("%d 年度已经考核过") % int(year), field=YEAR, code="assessed") for e in entries if e.pk in done}


def record_assessment(entries: Sequence[Any], weighing: Weighing, log: Log) -> None:
    """Write the assessment of a year down, one for each entry."""
    values = weighing.values
    rows = Assessment.objects.bulk_create(
        Assessment(
            base_id=entry.pk,
            year=int(values[YEAR]),
            grade=str(values[GRADE]),
            note=str(values.get(NOTE) or "")[:500],
            on=weighing.on,
        )
        for entry in entries
    )
    verb = getattr(weighing, "verb", None)
    for row, entry in zip(rows, entries, strict=True):
        about = f"{row.year} 年度考核：{grade_words(weighing.kind).get(row.grade, Bilingual(row.grade)).zh}"
        words = {"assessment": row.pk, "year": row.year, "grade": row.grade, "about": about}
        log(entry, after={**words, "verb": verb.code} if verb else words)


def grade_words(kind: Kind) -> dict[str, Bilingual]:
    """Return what the grades of a kind are called: the choices of the verb that asks for them."""
    for verb in kind.verbs:
        question = verb.asks.field(GRADE)
        if question is not None and "record_assessment" in verb.effects:
            return dict(question.choices)
    return {}


@GRADES.under("assessments")
def grades(entries: Sequence[Any]) -> Mapping[int, Sequence[Graded]]:
    """Return the yearly assessments of some bases as grades."""
    if not entries or entries[0]._meta.label_lower != "bases.base":
        return {}
    kinds = {e.pk: kind_of(e) for e in entries}
    found: dict[int, list[Graded]] = {}
    for row in Assessment.objects.filter(base__in=list(kinds)).order_by("base", "year"):
        words = grade_words(kinds[row.base_id])
        label = words.get(row.grade, Bilingual(row.grade, row.grade))
        found.setdefault(row.base_id, []).append(Graded(row.grade, label, row.on, str(row.year)))
    return found
