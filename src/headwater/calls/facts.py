"""Facts for the rules, for many applications at once: the number of queries does not depend on how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from headwater.calls.models import Application, Call, Participant
from headwater.calls.rules import Facts, FieldFacts, LikenessFacts, PersonFacts, Result, evaluate
from headwater.calls.schemes import Scheme, scheme_of
from headwater.calls.states import UNSUBMITTED
from headwater.core.parameters import Parameters
from headwater.registry.models import Person

RunningProjects = Callable[[Sequence[int], int], dict[int, list[str]]]
_running: list[RunningProjects] = []


def running_projects(function: RunningProjects) -> RunningProjects:
    """Registered by awards: running projects of people (by id) counted in a year, as numbers."""
    _running.append(function)
    return function


def gather(applications: Sequence[Application], call: Call) -> dict[int, Facts]:
    """Facts by application id, for applications of one call (4 queries, and those of `running_projects`)."""
    ids = [a.pk for a in applications]
    members: dict[int, list[Participant]] = defaultdict(list)
    for m in Participant.objects.filter(application__in=ids).select_related("person"):
        members[m.application_id].append(m)
    people = {a.leader_id for a in applications} | {m.person_id for ms in members.values() for m in ms}
    leaders = list({a.leader_id for a in applications})
    attached, signed, banned, other = _counts(ids, sorted(people), leaders, call)
    running, alike = _running_of(leaders, call.year), likenesses(ids)
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
            likenesses=alike.get(a.pk),
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


COUNTS = """SELECT 'attached', application_id, kind, 0 FROM calls_attachment WHERE application_id = ANY(%(ids)s)
    UNION ALL SELECT 'signed', application_id, party, 0 FROM calls_commitment WHERE application_id = ANY(%(ids)s)
    UNION ALL SELECT 'banned', person_id, '', 0 FROM registry_sanction
        WHERE person_id = ANY(%(people)s) AND since <= %(day)s AND (until IS NULL OR until > %(day)s)
    UNION ALL SELECT 'other', leader_id, number, id FROM calls_application
        WHERE leader_id = ANY(%(leaders)s) AND limit_year = %(year)s AND limit_group = %(group)s AND state <> ALL(%(unsubmitted)s)"""
Attached = dict[int, dict[str, int]]
Other = dict[int, list[tuple[int, str]]]


def _counts(
    ids: list[int], people: list[int], leaders: list[int], call: Call
) -> tuple[Attached, dict[int, set[str]], set[int], Other]:
    """Attachments by kind and commitments of applications; people blocked on the day of the deadline, start <= day < end
    (handbook 2.3); applications of the leaders that count in the same limit. One statement."""
    attached: Attached = defaultdict(lambda: defaultdict(int))
    signed: dict[int, set[str]] = defaultdict(set)
    banned: set[int] = set()
    other: Other = defaultdict(list)
    values: dict[str, Any] = {
        "ids": ids,
        "people": people,
        "leaders": leaders,
        "day": call.closes_at.date(),
        "year": call.year,
        "group": scheme_of(call).limit_group,
        "unsubmitted": [str(s) for s in UNSUBMITTED],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        for what, pk, text, application in cursor.fetchall():
            if what == "attached":
                attached[pk][text] += 1
            elif what == "signed":
                signed[pk].add(text)
            elif what == "banned":
                banned.add(pk)
            else:
                other[pk].append((application, text))
    return attached, signed, banned, other


ALIKE = """SELECT p.application_id, o.number, l.share, l.id IS NOT NULL AND o.leader_id = a.leader_id FROM calls_textprint p
    JOIN calls_application a ON a.id = p.application_id AND a.submitted_at = p.submitted_at
    LEFT JOIN calls_likeness l ON l.application_id = a.id LEFT JOIN calls_application o ON o.id = l.other_id
    WHERE p.application_id = ANY(%s) AND p.compared_at IS NOT NULL ORDER BY l.share DESC"""


def likenesses(ids: list[int]) -> dict[int, tuple[LikenessFacts, ...]]:
    """What the search for similar texts found, by application; no entry for one that was not compared since it was submitted."""
    found: dict[int, tuple[LikenessFacts, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [ids])
        for pk, number, share, own in cursor.fetchall():
            found[pk] = found.get(pk, ()) + (() if number is None else (LikenessFacts(number, share, own),))
    return found


def _running_of(leaders: Sequence[int], year: int) -> dict[int, list[str]]:
    out: dict[int, list[str]] = defaultdict(list)
    for function in _running:
        for person, numbers in function(leaders, year).items():
            out[person] += numbers
    return out


def check_applications(applications: Sequence[Application], call: Call) -> dict[int, list[Result]]:
    """Every rule of the call's scheme for every application, with the parameters in force on the call's deadline."""
    scheme = scheme_of(call)
    parameters = Parameters(call.scheme.region, call.closes_at.date())

    def value(key: str) -> Any:
        return parameters.get(key, scheme.code)

    return {pk: evaluate(scheme.rules, facts, value) for pk, facts in gather(applications, call).items()}
