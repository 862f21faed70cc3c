"""The facts that expressions read of the applicants and hosts of applications, for many applications at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from headwater.calls.models import Application
from headwater.calls.states import State
from headwater.core import clock
from headwater.forms.expressions import Value
from headwater.registry.models import EarlierProject, Organisation, Person, records_of

RecordValues = Mapping[str, Value]


def record_values_of(rows: Sequence[Application]) -> dict[int, RecordValues]:
    """Return the facts on record by application id: degree, title, birth, age, sex and earlier awards of the applicant, by the
    record that stands for them; kind and place of the host. The age is the one on the last day of the call (5 queries,
    whatever the number of rows).
    """
    one = records_of({a.leader_id for a in rows})
    people = Person.objects.in_bulk(set(one.values()))
    hosts = {o.pk: o for o in Organisation.objects.filter(pk__in={a.host_id for a in rows}).select_related("place")}
    earlier = _earlier(one)
    values: dict[int, RecordValues] = {}
    for a in rows:
        person, host = people[one[a.leader_id]], hosts[a.host_id]
        own = Decimal(earlier[person.pk] - (1 if a.state == State.APPROVED else 0))
        values[a.pk] = {
            "applicant.degree": person.highest_degree or None,
            "applicant.title": person.title or None,
            "applicant.birth": person.birth_date,
            "applicant.age": _age(person, a),
            "applicant.sex": person.sex or None,
            "applicant.earlier_awards": own,
            "host.kind": host.kind,
            "host.place": host.place.code if host.place else None,
        }
    return values


def _age(person: Person, application: Application) -> Decimal | None:
    """Return the full years on the last day of the call."""
    if person.birth_date is None:
        return None
    day, born = clock.last_day(application.call.closes_at), person.birth_date
    return Decimal(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def _earlier(one: Mapping[int, int]) -> Counter[int]:
    """Count the projects that people lead or have led, here or before, by the record that stands for each person."""
    records = list(one)
    counts: Counter[int] = Counter()
    approved = Application.objects.filter(leader__in=records, state=State.APPROVED).values_list("leader", flat=True)
    before = EarlierProject.objects.filter(person__in=records, role=EarlierProject.Role.LEADER).values_list("person", flat=True)
    for record in [*approved, *before]:
        counts[one[record]] += 1
    return counts
