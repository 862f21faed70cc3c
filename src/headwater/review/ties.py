"""The registry as tables for the conflict kernel, read by a dozen queries whatever the size of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from headwater.calls.avoided import avoided_by
from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.parameters import Parameters

SEARCHED = (
    *("same_entity", "past_entity", "takes_part", "same_call", "coauthor"),
    *("supervisor", "kin", "coproject", "declared", "named", "banned"),
)
"""Kinds that the registry can show, by the name under which they are kept. What experts declare is kept already."""

# The applications (with `only`: one, beside those of its review group, whose leaders may be experts), their people, the experts.
# A person counts as the record that stands for them; what their other records hold is found by `record`. Who is an expert by two
# records is searched for once, and found for both (`twin`).
SCOPE = """
    WITH pointer AS (SELECT id, merged_into_id AS one FROM registry_person WHERE merged_into_id IS NOT NULL),
    app AS (SELECT id, host_id, leader_of_record_id AS leader_id, review_group, number, unsuitable FROM calls_application
            WHERE call_id = %(call)s AND state = ANY(%(states)s) AND (%(only)s::bigint IS NULL OR id = %(only)s
                OR review_group = (SELECT review_group FROM calls_application WHERE id = %(only)s))),
    asked AS (SELECT * FROM app WHERE %(only)s::bigint IS NULL OR id = %(only)s),
    member AS (SELECT p.application_id, coalesce(x.one, p.person_id) AS person_id FROM calls_participant p
        JOIN asked ON asked.id = p.application_id LEFT JOIN pointer x ON x.id = p.person_id),
    active AS (SELECT e.id, coalesce(x.one, e.person_id) AS person_id, x.one IS NOT NULL AS merged FROM review_expert e
        LEFT JOIN pointer x ON x.id = e.person_id WHERE e.is_active),
    expert AS (SELECT DISTINCT ON (person_id) id, person_id FROM active ORDER BY person_id, merged, id),
    side AS (SELECT leader_id AS person_id FROM app UNION SELECT person_id FROM member UNION SELECT person_id FROM expert),
    pair AS (SELECT coalesce(f.one, r.first_id) AS one, coalesce(s.one, r.second_id) AS other FROM registry_relation r
        LEFT JOIN pointer f ON f.id = r.first_id LEFT JOIN pointer s ON s.id = r.second_id WHERE r.kind = 'kin'),
    kin AS (SELECT one, other FROM pair UNION SELECT other, one FROM pair),
    record AS (SELECT person_id AS id, person_id FROM side UNION ALL
        SELECT pointer.id, pointer.one FROM pointer JOIN side ON side.person_id = pointer.one)
"""
QUERIES = {
    "application": "SELECT id, host_id, leader_id, review_group, number FROM app ORDER BY id",
    "member": "SELECT DISTINCT application_id, person_id FROM member ORDER BY 1, 2",
    "avoided": "SELECT asked.id, n.name FROM asked, jsonb_array_elements_text(asked.unsuitable) AS n(name) ORDER BY 1, 2",
    "named": """SELECT asked.id, expert.person_id, '推荐专家 ' || r.name FROM asked JOIN calls_referee r ON r.application_id = asked.id
        LEFT JOIN pointer x ON x.id = r.person_id JOIN expert ON expert.person_id = coalesce(x.one, r.person_id)
        UNION SELECT asked.id, expert.person_id, '近亲属是推荐专家 ' || r.name FROM asked JOIN calls_referee r ON r.application_id = asked.id
        LEFT JOIN pointer x ON x.id = r.person_id JOIN kin ON kin.one = coalesce(x.one, r.person_id)
        JOIN expert ON expert.person_id = kin.other
        UNION SELECT asked.id, expert.person_id, '代表单位签署 ' || s.name FROM asked
        JOIN calls_documentsignature s ON s.application_id = asked.id JOIN registry_person p ON p.account_id = s.account_id
        JOIN expert ON expert.person_id = coalesce(p.merged_into_id, p.id)
        WHERE s.party IN ('host', 'partner') ORDER BY 1, 2, 3""",
    "expert": "SELECT id, person_id FROM expert ORDER BY id",
    "twin": "SELECT expert.id, active.id FROM expert JOIN active USING (person_id) WHERE active.id <> expert.id ORDER BY 1, 2",
    "home": "SELECT id, organisation_id FROM registry_person JOIN side ON side.person_id = id WHERE organisation_id IS NOT NULL",
    # A unit without a credit code counts as its parent.
    "entity": """SELECT id, CASE WHEN parent_id IS NOT NULL AND uscc = '' THEN parent_id ELSE id END, name_zh
        FROM registry_organisation ORDER BY 1""",
    # Where another record of somebody belongs, that person belongs, too.
    "affiliation": """SELECT record.person_id, organisation_id, since, until FROM registry_employment e JOIN record ON record.id = e.person_id
        WHERE until IS NULL OR until >= %(affiliation)s
        UNION ALL SELECT pointer.one, p.organisation_id, %(affiliation)s, NULL FROM pointer JOIN side ON side.person_id = pointer.one
        JOIN registry_person p ON p.id = pointer.id WHERE p.organisation_id IS NOT NULL ORDER BY 3 DESC, 1, 2""",
    # All authors of papers that an expert wrote: large consortia do not count, and they are told by their number of authors.
    "author": """SELECT DISTINCT coalesce(x.one, a.person_id), a.publication_id, p.year FROM registry_authorship a
        JOIN registry_publication p ON p.id = a.publication_id LEFT JOIN pointer x ON x.id = a.person_id
        WHERE p.year >= %(coauthor)s AND p.id IN (SELECT publication_id FROM registry_authorship w
            JOIN record ON record.id = w.person_id JOIN expert ON expert.person_id = record.person_id)
        ORDER BY 3 DESC, 2, 1""",
    "relation": """SELECT one, other, kind, until, note FROM (SELECT r.id, coalesce(f.one, r.first_id) AS one,
            coalesce(s.one, r.second_id) AS other, kind, until, note FROM registry_relation r
            LEFT JOIN pointer f ON f.id = r.first_id LEFT JOIN pointer s ON s.id = r.second_id) tie
        WHERE one <> other AND (one IN (SELECT person_id FROM expert) OR other IN (SELECT person_id FROM expert)) ORDER BY id""",
    "ban": """SELECT DISTINCT record.person_id FROM registry_sanction b JOIN record ON record.id = b.person_id
        JOIN expert ON expert.person_id = record.person_id
        WHERE since <= %(today)s AND (until IS NULL OR until > %(today)s) ORDER BY 1""",
}
Table = tuple[tuple[Any, ...], ...]
Tables = dict[str, Table]


@dataclass(frozen=True)
class Ties:
    """Rows by the name of their query, and the numbers of the rules (days and years of the windows)."""

    tables: Tables
    rules: dict[str, Any]


def read_ties(call: Call, states: Sequence[str], only: Application | None) -> Ties:
    """Windows are dated parameters in force on the call's deadline; bans are those of today."""
    values, rules = _values(call, states, only)
    with connection.cursor() as cursor:
        tables = {name: _rows(cursor, query, values) for name, query in QUERIES.items()}
    tables["named"] += _avoided_experts(tables)
    return Ties(tables, rules)


def _values(call: Call, states: Sequence[str], only: Application | None) -> tuple[dict[str, Any], dict[str, Any]]:
    code, day = call.scheme.code, clock.last_day(call.closes_at)
    number = Parameters(call.scheme.region, day).number
    affiliation = 365 * number("affiliation_window_years", code)
    coproject = 365 * number("coproject_window_years", code)
    coauthor = number("coauthor_window_years", code)
    rules = {
        "today": day.toordinal(),
        "year": day.year,
        "affiliation_days": affiliation,
        "coauthor_years": coauthor,
        "consortium": number("consortium_author_limit", code),
        "host": bool(number("host_counts_as_home", code)),
        "coproject_days": coproject,
    }
    return {
        "call": call.pk,
        "states": list(states),
        "only": only.pk if only else None,
        "today": clock.today(),
        "affiliation": day - timedelta(days=affiliation),
        "coauthor": day.year - coauthor,
    }, rules


def _rows(cursor: Any, query: str, values: dict[str, Any]) -> Table:
    cursor.execute(f"{SCOPE} {query}", values)
    return tuple(cursor.fetchall())


def _avoided_experts(tables: dict[str, Table]) -> Table:
    """Experts whom a name that an applicant asks to avoid can mean."""
    experts = {person for _expert, person in tables["expert"]}
    avoidances = avoided_by(tables["avoided"])
    return tuple(
        (pk, person.survivor_id, one.text)
        for pk, names in avoidances.items()
        for one in names
        for person in one.people
        if person.survivor_id in experts
    )
