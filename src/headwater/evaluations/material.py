"""What is known of the entries of a round when their points are worked out: read as sets, each figure with where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from headwater.calls.loading import answers_in
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import State
from headwater.core.money import Fen
from headwater.evaluations.figures import FIGURES
from headwater.evaluations.grading import Standing
from headwater.evaluations.models import Entrant, Grade, Round, Verified, Veto
from headwater.evaluations.points import Facts, Points, points_of
from headwater.evaluations.sheets import CHECKLIST, COMPUTED, EXPERT, QUANTITY, Sheet
from headwater.forms.shapes import Field
from headwater.review.models import Assignment, Opinion

NO_MATERIAL = "no_material"
"""The veto of every sheet: nothing was handed in, or it was given up or refused."""
WITHOUT = frozenset({State.DRAFT, State.HOST_REVIEW, State.RECOMMENDING, *(State.WITHDRAWN, State.EXPIRED, State.NOT_ENDORSED)})
"""States of a self-report that did not reach the house; with `NOT_ACCEPTED` those that leave an entry without material."""


@dataclass(frozen=True)
class Material:
    """The facts of one entry with what they came from: `given` is what the entry itself reported, `verified` what officers found,
    `opinions` who gave which marks.
    """

    entrant: Entrant
    facts: Facts
    vetoes: tuple[str, ...] = ()
    given: Mapping[str, Decimal] = field(default_factory=dict)
    verified: Mapping[str, Verified] = field(default_factory=dict)
    opinions: Sequence[Opinion] = ()

    def points(self, sheet: Sheet) -> Points:
        return points_of(sheet, self.entrant.type, self.facts)


def without_material(application: Application | None) -> bool:
    """Return whether nothing was handed in for an entry, or it was given up, not endorsed, or refused at the check."""
    return application is None or application.state in {*WITHOUT, State.NOT_ACCEPTED}


def material_of(round_: Round, entrants: Collection[Entrant] | None = None) -> dict[int, Material]:
    """Return what is known of the entries of a round, or of some of them, by the key of the entrant: a fixed number of queries."""
    sheet = round_.of
    rows = list(round_.entrants.select_related("application", "host") if entrants is None else entrants)
    values, given = _values(round_, sheet, rows)
    keys = [e.pk for e in rows]
    found: dict[int, dict[str, Verified]] = {}
    for one in Verified.objects.filter(entrant__in=keys).select_related("by"):
        found.setdefault(one.entrant_id, {})[one.indicator] = one
        if one.value is not None:
            values[one.entrant_id][one.indicator] = one.value
    vetoes: dict[int, list[str]] = {}
    for pk, code in (
        Veto.objects.filter(entrant__in=keys, state=Veto.State.CONFIRMED).order_by("pk").values_list("entrant", "code")
    ):
        vetoes.setdefault(pk, []).append(code)
    opinions = opinions_of([e.application_id for e in rows if e.application_id])
    return {
        e.pk: _material(
            sheet,
            e,
            values[e.pk],
            given[e.pk],
            found.get(e.pk, {}),
            vetoes.get(e.pk, []),
            opinions.get(e.application_id or 0, []),
        )
        for e in rows
    }


def _material(
    sheet: Sheet,
    entrant: Entrant,
    values: Mapping[str, Decimal | None],
    given: Mapping[str, Decimal],
    verified: Mapping[str, Verified],
    vetoes: Sequence[str],
    opinions: Sequence[Opinion],
) -> Material:
    marks: dict[str, list[Decimal]] = {}
    for opinion in opinions:
        for i in sheet.indicators:
            if i.kind == EXPERT and i.code in opinion.scores:
                marks.setdefault(i.code, []).append(Decimal(str(opinion.scores[i.code])))
    met = {code: one.met for code, one in verified.items() if one.met is not None}
    missing = (NO_MATERIAL,) if without_material(entrant.application) else ()
    return Material(entrant, Facts(values, marks, met), (*missing, *vetoes), given, verified, opinions)


def opinions_of(applications: Sequence[int]) -> dict[int, list[Opinion]]:
    """Return the submitted opinions by application, in the order of their assignments (1 query)."""
    rows = Opinion.objects.filter(
        assignment__application__in=applications, submitted_at__isnull=False, assignment__state=Assignment.State.SUBMITTED
    )
    found: dict[int, list[Opinion]] = {}
    for row in rows.select_related("assignment__expert__person").order_by("assignment_id"):
        found.setdefault(row.assignment.application_id, []).append(row)
    return found


def _values(
    round_: Round, sheet: Sheet, entrants: Sequence[Entrant]
) -> tuple[dict[int, dict[str, Decimal | None]], dict[int, dict[str, Decimal]]]:
    """Return values by indicator of each entry, and those among them that the entry itself reported."""
    scheme, rows = scheme_of(round_.call), [e.application for e in entrants if e.application is not None]
    make = answers_in(round_.call, rows)
    asked = {i.code: f for i in sheet.indicators if i.kind == QUANTITY and (f := scheme.field(i.source)) is not None}
    computed = [i for i in sheet.indicators if i.kind in {QUANTITY, COMPUTED} and i.code not in asked and i.source in FIGURES]
    figures = {name: FIGURES[name].read(round_.subject_kind, [e.subject_id for e in entrants], round_.since, round_.until)
               for name in dict.fromkeys(i.source for i in computed)}  # fmt: skip
    values: dict[int, dict[str, Decimal | None]] = {}
    given: dict[int, dict[str, Decimal]] = {}
    for e in entrants:
        values[e.pk], given[e.pk] = {i.code: figures[i.source].get(e.subject_id) for i in computed}, {}
        if without_material(e.application) or e.application is None:
            continue
        answers = make(e.application, {}, 0)
        for code, f in asked.items():
            value = as_number(f, answers.get(f.code))
            if value is not None:
                values[e.pk][code] = given[e.pk][code] = value
    return values, given


def as_number(f: Field, value: Any) -> Decimal | None:
    """Return an answer as the sheet counts it: amounts in yuan."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    number = Decimal(int(value)) if isinstance(value, Fen) else Decimal(str(value))
    return number / 100 if f.type == "money" else number


def standing_of(round_: Round, material: Material, points: Points) -> Standing:
    return Standing(
        material.entrant.pk, points.total, tuple(points.of_head(head) for head in round_.of.ties), tuple(material.vetoes)
    )


def checks_missing(round_: Round, materials: Mapping[int, Material]) -> list[Entrant]:
    """Return the entries with material that have a checklist which nobody has ticked yet."""
    lists = {t: [i.code for i in round_.of.of_type(t) if i.kind == CHECKLIST] for t, _words in round_.of.types}
    return [
        m.entrant
        for m in materials.values()
        if NO_MATERIAL not in m.vetoes and any(code not in m.facts.met for code in lists[m.entrant.type])
    ]


def in_force(round_: Round) -> dict[int, Grade]:
    """Return the grade in force of each entrant that has one: drafted, published or final (1 query)."""
    states = [Grade.State.DRAFT, Grade.State.PUBLISHED, Grade.State.FINAL]
    return {g.entrant_id: g for g in Grade.objects.filter(entrant__round=round_, state__in=states)}
