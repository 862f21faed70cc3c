"""Facts for the rules, for many applications at once: the number of queries does not depend on how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from headwater.calls.models import Application, Attachment, Call, Commitment, Participant
from headwater.calls.rules import Facts, FieldFacts, PersonFacts, Result, evaluate
from headwater.calls.schemes import Scheme, scheme_of
from headwater.calls.states import UNSUBMITTED
from headwater.core.parameters import Parameters
from headwater.registry.models import Person, Sanction

RunningProjects = Callable[[Sequence[int], int], dict[int, list[str]]]
_running: list[RunningProjects] = []


def running_projects(function: RunningProjects) -> RunningProjects:
    """Registered by awards: running projects of people (by id) counted in a year, as numbers."""
    _running.append(function)
    return function


def gather(applications: Sequence[Application], call: Call) -> dict[int, Facts]:
    """Facts by application id, for applications of one call (7 queries)."""
    ids = [a.pk for a in applications]
    members: dict[int, list[Participant]] = defaultdict(list)
    for m in Participant.objects.filter(application__in=ids).select_related("person"):
        members[m.application_id].append(m)
    people = {a.leader_id for a in applications} | {m.person_id for ms in members.values() for m in ms}
    banned = _banned(people, call)
    attached: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pk, kind in Attachment.objects.filter(application__in=ids).values_list("application", "kind"):
        attached[pk][kind] += 1
    signed: dict[int, set[str]] = defaultdict(set)
    for pk, party in Commitment.objects.filter(application__in=ids).values_list("application", "party"):
        signed[pk].add(party)
    leaders = list({a.leader_id for a in applications})
    running = _running_of(leaders, call.year)
    other = _other_live(leaders, applications)
    scheme = scheme_of(call)
    return {
        a.pk: Facts(
            year=call.year,
            deadline=timezone.localtime(call.closes_at),
            leader=_person(a.leader, banned),
            members=[_person(m.person, banned, m.confirmed_at is not None) for m in members[a.pk]],
            host_registered=a.host.is_host,
            attachments=dict(attached[a.pk]),
            flags=frozenset(a.flags),
            fields=_fields(scheme, a.answers),
            title_length=len(a.title_zh.strip()),
            discipline_level=a.discipline.level if a.discipline else None,
            amount_fen=a.amount_fen,
            months=a.months,
            submitted_at=a.submitted_at,
            signed=frozenset(signed[a.pk]),
            running_projects=running.get(a.leader_id, []),
            other_live=[n for pk, n in other.get(a.leader_id, []) if pk != a.pk],
            members_max=scheme.members_max,
        )
        for a in applications
    }


def _person(person: Person, banned: set[int], confirmed: bool = True) -> PersonFacts:
    return PersonFacts(
        name=person.name_zh,
        sex=person.sex,
        birth_date=person.birth_date,
        degree=person.highest_degree,
        is_senior=person.is_senior,
        is_student=person.is_student,
        is_fund_staff=person.is_fund_staff,
        banned=person.pk in banned,
        confirmed=confirmed,
    )


def _fields(scheme: Scheme, answers: dict[str, Any]) -> list[FieldFacts]:
    return [
        FieldFacts(f.label_zh, f.label_en, len(str(answers.get(f.code, "")).strip()), f.required, f.min_chars, f.max_chars)
        for s in scheme.sections
        for f in s.fields
    ]


def _banned(people: Iterable[int], call: Call) -> set[int]:
    """People blocked on the day of the call's deadline: start <= day < end (handbook 2.3)."""
    day = call.closes_at.date()
    rows = Sanction.objects.filter(person__in=people, since__lte=day).filter(Q(until__isnull=True) | Q(until__gt=day))
    return set(rows.values_list("person_id", flat=True))


def _running_of(leaders: Sequence[int], year: int) -> dict[int, list[str]]:
    out: dict[int, list[str]] = defaultdict(list)
    for function in _running:
        for person, numbers in function(leaders, year).items():
            out[person] += numbers
    return out


def _other_live(leaders: Sequence[int], applications: Sequence[Application]) -> dict[int, list[tuple[int, str]]]:
    if not applications:
        return {}
    first = applications[0]
    rows = Application.objects.filter(leader__in=leaders, limit_year=first.limit_year, limit_group=first.limit_group)
    out: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pk, leader, number in rows.exclude(state__in=UNSUBMITTED).values_list("pk", "leader", "number"):
        out[leader].append((pk, number))
    return out


def check_applications(applications: Sequence[Application], call: Call) -> dict[int, list[Result]]:
    """Every rule of the call's scheme for every application, with the parameters in force on the call's deadline."""
    scheme = scheme_of(call)
    parameters = Parameters(call.scheme.region, call.closes_at.date())

    def value(key: str) -> Any:
        return parameters.get(key, scheme.code)

    return {pk: evaluate(scheme.rules, facts, value) for pk, facts in gather(applications, call).items()}
