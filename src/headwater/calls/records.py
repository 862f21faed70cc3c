"""Reads what the registry, the calls and the awards know of applications and people: a fixed number of statements for any
number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from headwater.calls.models import Call
from headwater.calls.states import ENDORSED, UNSUBMITTED, State
from headwater.core import clock
from headwater.core.register import Register
from headwater.registry.models import records_of
from headwater.schemes.rules import Ban, Holding, LikenessFacts, RefereeFacts

Held = list[tuple[int, Holding]]
HoldingsOf = Callable[[Sequence[int]], Held]
HOLDINGS: Register[HoldingsOf] = Register("source of holdings")
"""(Person, holding) of people by id, in a number of statements that does not depend on how many."""


@dataclass
class Records:
    """By application: attachments by kind, names of those refused or being checked, signatures, referees. By person: bans, posts (kind, institution), holdings..."""

    attached: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    refused: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    checking: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    signed: dict[int, dict[tuple[str, str, int], set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """Digests of the words that were signed, by (document, party, person)."""
    referees: dict[int, list[RefereeFacts]] = field(default_factory=lambda: defaultdict(list))
    referees_waiting: dict[int, int] = field(default_factory=dict)
    bans: dict[int, list[Ban]] = field(default_factory=lambda: defaultdict(list))
    posts: dict[int, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    senior: dict[int, date] = field(default_factory=dict)
    papers: dict[int, int] = field(default_factory=dict)
    mentors: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    government: set[int] = field(default_factory=set)
    hosted: set[int] = field(default_factory=set)
    quotas: dict[int, int] = field(default_factory=dict)
    endorsed: dict[int, int] = field(default_factory=dict)
    holdings: dict[int, list[Holding]] = field(default_factory=lambda: defaultdict(list))
    likenesses: dict[int, tuple[LikenessFacts, ...]] = field(default_factory=dict)
    """No entry for an application that was not compared since it was submitted."""


OF_PEOPLE = frozenset(["ban", "post", "senior", "paper", "mentor", "government", "hosted"])
# what, id, text, number, first day, last day
FACTS = """SELECT 'attached', a.application_id, a.kind, count(*), NULL::date, NULL::date FROM calls_attachment a
        JOIN core_storedfile f ON f.id = a.file_id WHERE a.application_id = ANY(%(ids)s) AND f.state <> 'refused' GROUP BY 2, 3
    UNION ALL SELECT f.state, a.application_id, f.name, 0, NULL, NULL FROM calls_attachment a
        JOIN core_storedfile f ON f.id = a.file_id WHERE a.application_id = ANY(%(ids)s) AND f.state IN ('refused', 'checking')
    UNION ALL SELECT 'signed', application_id, concat_ws(' ', document, party, text_id), person_id, NULL, NULL FROM calls_documentsignature
        WHERE application_id = ANY(%(ids)s) AND party IN ('applicant', 'member')
    UNION ALL SELECT 'referee', application_id, said_name, is_senior::int + 2 * same_field::int, NULL, NULL FROM calls_referee
        WHERE application_id = ANY(%(ids)s) AND written_at IS NOT NULL
    UNION ALL SELECT 'referees_waiting', application_id, '', count(*), NULL, NULL FROM calls_referee
        WHERE application_id = ANY(%(ids)s) AND written_at IS NULL AND declined_at IS NULL GROUP BY 2
    UNION ALL SELECT 'ban', person_id, scope, 0, since, until FROM registry_sanction WHERE person_id = ANY(%(people)s)
    UNION ALL SELECT 'post', person_id, kind, organisation_id, since, until FROM registry_employment
        WHERE person_id = ANY(%(people)s) AND since <= %(day)s AND (until IS NULL OR until >= %(day)s)
    UNION ALL SELECT 'senior', person_id, '', 0, min(since), NULL FROM registry_titleheld
        WHERE person_id = ANY(%(people)s) AND senior AND since IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'paper', coalesce(p.merged_into_id, p.id), '', count(DISTINCT a.publication_id), NULL, NULL
        FROM registry_authorship a JOIN registry_person p ON p.id = a.person_id WHERE p.id = ANY(%(people)s) GROUP BY 2
    UNION ALL SELECT 'mentor', r.mine, p.name_zh, 0, NULL, NULL FROM (
            SELECT first_id AS mine, second_id AS other FROM registry_relation WHERE kind = 'supervisor' AND first_id = ANY(%(people)s)
            UNION ALL SELECT second_id, first_id FROM registry_relation WHERE kind = 'supervisor' AND second_id = ANY(%(people)s)
        ) r JOIN registry_person p ON p.id = r.other
    UNION ALL SELECT 'government', p.id, '', 0, NULL, NULL FROM registry_person p JOIN registry_organisation o ON o.id = p.organisation_id
        WHERE p.id = ANY(%(people)s) AND o.kind = 'government'
    UNION ALL SELECT 'hosted', p.id, '', 0, NULL, NULL FROM registry_person p JOIN registry_organisation o ON o.id = p.organisation_id
        WHERE p.id = ANY(%(people)s) AND o.is_host
    UNION ALL SELECT 'hosted', e.person_id, '', 0, NULL, NULL FROM registry_employment e JOIN registry_organisation o ON o.id = e.organisation_id
        WHERE e.person_id = ANY(%(people)s) AND o.is_host AND e.since <= %(day)s AND (e.until IS NULL OR e.until >= %(day)s)
    UNION ALL SELECT 'quota', organisation_id, '', quota, NULL, NULL FROM calls_hostquota
        WHERE call_id = %(call)s AND organisation_id = ANY(%(hosts)s)
    UNION ALL SELECT 'endorsed', host_id, '', count(*), NULL, NULL FROM calls_application
        WHERE call_id = %(call)s AND host_id = ANY(%(hosts)s) AND state = ANY(%(endorsed)s) GROUP BY 2"""

# Limits count an application from the moment it leaves its author, but not the outline that the call's own applicants were invited
# from. Its group is the scheme's: what the application itself carries is the key of the database's own limit, which may be off.
APPLIED = """SELECT x.person, x.role, a.id, a.number, v.code, coalesce(head.of ->> 'plan', ''),
        coalesce(nullif(head.of ->> 'limit_group', 'none'), '') || CASE c.stage WHEN 'outline' THEN ':outline' ELSE '' END,
        a.limit_year, a.state, a.months, a.state <> 'not_proposed' OR EXISTS (SELECT 1 FROM core_event e
            WHERE e.subject_type = 'calls.application' AND e.subject_id = a.id AND e.after ->> 'state' = 'panel')
    FROM (SELECT leader_id AS person, 'leader' AS role, id FROM calls_application WHERE leader_id = ANY(%(people)s)
        UNION ALL SELECT person_id, 'member', application_id FROM calls_participant WHERE person_id = ANY(%(people)s)) x
    JOIN calls_application a ON a.id = x.id JOIN calls_call c ON c.id = a.call_id JOIN calls_schemeversion v ON v.id = c.scheme_id
    CROSS JOIN LATERAL (SELECT v.definition -> 'scheme' AS of OFFSET 0) head  -- a definition is long: unpacked once a row
    WHERE a.state <> ALL(%(unsubmitted)s) AND (a.state <> 'invited' OR c.id IS DISTINCT FROM %(outline)s::bigint)
    ORDER BY a.id"""
ALIKE = """SELECT p.application_id, o.number, l.share, o.leader_of_record_id = a.leader_of_record_id FROM calls_textprint p
    JOIN calls_application a ON a.id = p.application_id AND a.submitted_at = p.submitted_at
    LEFT JOIN calls_likeness l ON l.application_id = a.id LEFT JOIN calls_application o ON o.id = l.other_id
    WHERE p.application_id = ANY(%(ids)s) AND p.compared_at IS NOT NULL ORDER BY l.share DESC"""
CAME_TO = {State.APPROVED: "approved", State.REJECTED: "refused", State.NOT_ACCEPTED: "refused", State.INVITED: "invited"}
"""An invited outline has come to its end: what is live is the full application. All others apply."""


def read_records(ids: Sequence[int], people: Sequence[int], hosts: Sequence[int], call: Call) -> Records:
    """Read the records in four statements, and those of `HOLDINGS`. Posts are those held on the day of the deadline.

    What is known by person is known by the record that stands for them, whichever of their records holds it.
    """
    records, one = Records(), records_of(people)
    values: dict[str, Any] = {
        "ids": list(ids),
        "people": list(one),
        "hosts": list(hosts),
        "day": clock.last_day(call.closes_at),
        "call": call.pk,
        "outline": call.outline_id,
        "endorsed": [str(s) for s in ENDORSED],
        "unsubmitted": [str(s) for s in UNSUBMITTED],
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        for row in cursor.fetchall():
            what, pk, *rest = row
            _keep(records, what, one[pk] if what in OF_PEOPLE else pk, *rest)
        cursor.execute(APPLIED, values)
        for person, role, pk, number, scheme, plan, group, year, state, months, advanced in cursor.fetchall():
            came_to = CAME_TO.get(state, "applying")
            records.holdings[one[person]].append(
                Holding(scheme, role, came_to, number, group, year, months=months, plan=plan, advanced=advanced, application=pk)
            )
        cursor.execute(ALIKE, values)
        for pk, number, share, own in cursor.fetchall():
            likenesses = () if number is None else (LikenessFacts(number, share, own),)
            records.likenesses[pk] = records.likenesses.get(pk, ()) + likenesses
    for function in HOLDINGS.values():
        for person, holding in function(list(one)):
            records.holdings[one[person]].append(holding)
    return records


def _keep(records: Records, what: str, pk: int, text: str, number: int, since: date, until: date | None) -> None:
    if what == "attached":
        records.attached[pk][text] = number
    elif what in {"refused", "checking"}:
        {"refused": records.refused, "checking": records.checking}[what][pk].append(text)
    elif what == "signed":
        document, party, digest = text.split(" ")
        records.signed[pk][document, party, number].add(digest)
    elif what == "referee":
        records.referees[pk].append(RefereeFacts(text, bool(number & 1), bool(number & 2)))
    elif what == "ban":
        records.bans[pk].append(Ban(since, until, text))
    elif what == "post":
        records.posts[pk].append((text, number))
    elif what == "senior":
        records.senior[pk] = min(since, records.senior.get(pk, since))
    elif what == "mentor":
        records.mentors[pk].append(text)
    elif what == "government":
        records.government.add(pk)
    elif what == "hosted":
        records.hosted.add(pk)
    else:
        counts = {"paper": records.papers, "quota": records.quotas, "endorsed": records.endorsed}
        (counts | {"referees_waiting": records.referees_waiting})[what][pk] = number
