"""First answers of self-reports: from the record of each entry, from its reports of the years judged, from what the house knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from headwater.casework.reports.kinds import sources_of
from headwater.casework.reports.models import Report
from headwater.casework.reports.stores import STORE
from headwater.core.numbers import to_places
from headwater.evaluations.sources import ENTRY, LAST, MEAN, REPORTS, split
from headwater.forms.answers.cleaning import clean
from headwater.forms.answers.references import Registry
from headwater.forms.linking import EARLIER
from headwater.forms.models import AnswerSheet
from headwater.forms.shapes import Field
from headwater.registers.lineage import chains
from headwater.schemes import Scheme
from headwater.schemes.linking import SOURCES as OF_PERSON

EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Known:
    """What is known of some entries: their record, their reports of the years judged (the oldest first), figures by source and part."""

    records: Mapping[int, Mapping[str, Any]]
    reports: Mapping[int, Sequence[Mapping[str, Any]]]
    figures: Mapping[str, Mapping[int, Mapping[str, Any]]]

    def value(self, pk: int, f: Field) -> Any:
        """Return the first answer of an entry to a question; None where nothing is known."""
        source, way, part = split(f.prefill)
        if source == ENTRY:
            return self.records.get(pk, {}).get(part)
        if source == REPORTS:
            return _of_reports([r[part] for r in self.reports.get(pk, ()) if r.get(part) not in EMPTY], way, f)
        return self.figures.get(source, {}).get(pk, {}).get(part)


def _of_reports(values: Sequence[Any], way: str, f: Field) -> Any:
    if not values or way == LAST:
        return values[-1] if values else None
    numbers = [Decimal(str(v)) for v in values if isinstance(v, (int, float, str)) and not isinstance(v, bool) and _is_number(v)]
    if not numbers:
        return None
    total = sum(numbers, Decimal(0))
    value = total / len(numbers) if way == MEAN else total
    places = f.decimals if f.type == "number" else 0
    rounded = to_places(value, places)
    return int(rounded) if not places else str(rounded.normalize())


def _is_number(value: Any) -> bool:
    try:
        return Decimal(str(value)).is_finite()
    except ArithmeticError:
        return False


def known_of(label: str, entries: Sequence[Any], scheme: Scheme, since: date, until: date) -> Known:
    """Return what is known of entries for their self-reports (a fixed number of queries for each source that the scheme names)."""
    keys = [e.pk for e in entries]
    named = {split(f.prefill)[0] for f in scheme.fields if f.prefill}
    sources = {name: of for name, of in sources_of(label).items() if name in named}
    return Known(
        {e.pk: e.answers for e in entries},
        reports_of(label, keys, since, until) if REPORTS in named else {},
        {name: of.read(keys, since, until) for name, of in sources.items()},
    )


def reports_of(label: str, keys: Sequence[int], since: date, until: date) -> dict[int, list[dict[str, Any]]]:
    """Return the answers of the reports of entries that were accepted and end in the years judged, the oldest first; those of a record
    from which an entry came among them (3 queries).
    """
    came_from = chains(label, keys)
    now = {before: pk for pk, chain in came_from.items() for before in chain}
    rows = Report.objects.filter(subject_kind=label, subject_id__in=now, state=Report.State.ACCEPTED)
    reports = list(rows.filter(until__gt=since, until__lte=until).order_by("until", "pk").values_list("pk", "subject_id"))
    sheets = AnswerSheet.objects.filter(subject_kind=STORE.kind, subject_id__in=[pk for pk, _of in reports])
    answers = dict(sheets.values_list("subject_id", "answers"))
    found: dict[int, list[dict[str, Any]]] = {}
    for pk, subject in reports:
        found.setdefault(now[subject], []).append(answers.get(pk, {}))
    return found


def first_answers(known: Known, pk: int, questions: Iterable[Field], registry: Registry) -> dict[str, Any]:
    """Return the first answers of an entry; one that no longer fits its question is left out."""
    answers = {}
    for f in questions:
        if not f.prefill or f.value or f.prefill.partition(".")[0] in {EARLIER, *OF_PERSON}:
            continue
        value = known.value(pk, f)
        cleaned = clean(f, value, registry) if value not in EMPTY else None
        if cleaned and not cleaned.errors and cleaned.value not in EMPTY:
            answers[f.code] = cleaned.value
    return answers
