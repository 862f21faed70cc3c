"""The registry as arrays for the conflict kernel, read by a dozen queries whatever the size of the call, and the evidence in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from headwater.algorithms.conflicts import OPEN, Found, Kind, Proposals, Registry, Rules
from headwater.calls.avoided import avoided_by
from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.parameters import Parameters

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
RELATIONS = {"supervisor": Kind.SUPERVISOR, "kin": Kind.KIN, "coproject": Kind.TIED_PROJECT, "declared": Kind.TIED}
NAMES: dict[Kind, str] = {
    Kind.SAME_ENTITY: "same_entity",
    Kind.PAST_ENTITY: "past_entity",
    Kind.TAKES_PART: "takes_part",
    Kind.SAME_CALL: "same_call",
    Kind.COAUTHOR: "coauthor",
    **{kind: name for name, kind in RELATIONS.items()},
    Kind.NAMED: "named",
    Kind.BANNED: "banned",
}
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


@dataclass(frozen=True)
class Ties:
    """What `find_conflicts` of the kernel takes, the ids behind its indices, and the rows behind its evidence."""

    proposals: Proposals
    registry: Registry
    rules: Rules
    applications: Ints
    experts: Ints
    tables: dict[str, Table]
    entities: Texts


def read_ties(call: Call, states: Sequence[str], only: Application | None) -> Ties:
    """Windows are dated parameters in force on the call's deadline; bans are those of today."""
    values, rules = _values(call, states, only)
    with connection.cursor() as cursor:
        tables = {name: _rows(cursor, query, values) for name, query in QUERIES.items()}
    tables["named"] += _avoided(tables)
    person, entity = _persons(tables), _Index(_column(tables["entity"], 0))
    application, expert = _Index(_column(tables["application"], 0)), _Index(_column(tables["expert"], 0))
    return Ties(
        _proposals(tables, application, person, entity),
        _registry(tables, person, entity),
        rules,
        application.ids,
        expert.ids,
        tables,
        np.array([row[2] for row in tables["entity"]], dtype=object),
    )


def _values(call: Call, states: Sequence[str], only: Application | None) -> tuple[dict[str, Any], Rules]:
    code, day = call.scheme.code, clock.last_day(call.closes_at)
    number = Parameters(call.scheme.region, day).number
    affiliation = 365 * number("affiliation_window_years", code)
    coproject = 365 * number("coproject_window_years", code)
    coauthor = number("coauthor_window_years", code)
    rules = Rules(
        today=day.toordinal(),
        year=day.year,
        affiliation_days=affiliation,
        coauthor_years=coauthor,
        consortium=number("consortium_author_limit", code),
        host=bool(number("host_counts_as_home", code)),
        relation_days={Kind.TIED_PROJECT: coproject},
    )
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


def _avoided(tables: dict[str, Table]) -> Table:
    """Experts whom a name that an applicant asks to avoid can mean."""
    experts = {person for _expert, person in tables["expert"]}
    found = avoided_by(tables["avoided"])
    return tuple(
        (pk, person.survivor_id, one.text)
        for pk, names in found.items()
        for one in names
        for person in one.people
        if person.survivor_id in experts
    )


def _column(table: Table, at: int) -> Ints:
    """One column of whole numbers; -1 for none."""
    return np.array([-1 if row[at] is None else row[at] for row in table], dtype=np.int64)


def _days(table: Table, at: int) -> Ints:
    return np.array([OPEN if row[at] is None else row[at].toordinal() for row in table], dtype=np.int64)


class _Index:
    """Places of ids in an ascending list without doubles; -1 for an id that is not there."""

    def __init__(self, ids: Ints) -> None:
        self.ids: Ints = np.unique(ids[ids >= 0])

    def __call__(self, ids: Ints) -> Ints:
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, at, -1)


def _persons(tables: dict[str, Table]) -> _Index:
    columns = (("application", 2), ("member", 1), ("named", 1), ("expert", 1), ("affiliation", 0), ("author", 0), ("relation", 0))
    parts = [_column(tables[name], at) for name, at in (*columns, ("relation", 1), ("ban", 0))]
    return _Index(np.concatenate(parts))


def _proposals(tables: dict[str, Table], application: _Index, person: _Index, entity: _Index) -> Proposals:
    rows = tables["application"]
    groups = np.array([row[3] for row in rows], dtype=object)
    return Proposals(
        host=entity(_column(rows, 1)),
        leader=person(_column(rows, 2)),
        group=np.unique(groups.astype(str), return_inverse=True)[1],
        member_proposal=application(_column(tables["member"], 0)),
        member_person=person(_column(tables["member"], 1)),
        named_proposal=application(_column(tables["named"], 0)),
        named_person=person(_column(tables["named"], 1)),
    )


def _registry(tables: dict[str, Table], person: _Index, entity: _Index) -> Registry:
    home = np.full(len(person.ids), -1, dtype=np.int64)
    known = tables["home"]
    home[person(_column(known, 0))] = entity(_column(known, 1))
    moves, authors, relations, bans = (tables[name] for name in ("affiliation", "author", "relation", "ban"))
    paper = _Index(_column(authors, 1))
    at = paper(_column(authors, 1))
    year = np.zeros(len(paper.ids), dtype=np.int64)
    year[at] = _column(authors, 2)
    return Registry(
        home=home,
        expert=person(_column(tables["expert"], 1)),
        legal=entity(_column(tables["entity"], 1)),
        affiliation_person=person(_column(moves, 0)),
        affiliation_entity=entity(_column(moves, 1)),
        affiliation_since=_days(moves, 2),
        affiliation_until=_days(moves, 3),
        author_person=person(_column(authors, 0)),
        author_paper=at,
        paper_year=year,
        relation_first=person(_column(relations, 0)),
        relation_second=person(_column(relations, 1)),
        relation_kind=np.array([RELATIONS[row[2]] for row in relations], dtype=np.int64),
        relation_until=_days(relations, 3),
        ban_person=person(_column(bans, 0)),
        ban_since=np.zeros(len(bans), dtype=np.int64),
        ban_until=np.full(len(bans), OPEN, dtype=np.int64),
    )


def evidence(ties: Ties, found: Found) -> Texts:
    """(conflicts,) the rows behind each conflict in words: an institution, a period, a paper, a note."""
    text = np.full(len(found), "", dtype=object)
    for kind in found.counts():
        at = np.flatnonzero(found.kind == kind)
        text[at] = _told(ties, kind, found.proposal[at], found.left[at].astype(np.int64), found.right[at].astype(np.int64))
    return text


def _told(ties: Ties, kind: Kind, proposal: Any, left: Ints, right: Ints) -> Any:
    r, tables = ties.registry, ties.tables
    if kind is Kind.SAME_ENTITY:
        people = np.concatenate([ties.proposals.leader, ties.proposals.member_person])
        home = np.where(left < 0, ties.proposals.host[proposal], r.home[people[left]])
        return ties.entities[r.legal[home]]
    if kind is Kind.PAST_ENTITY:
        rows = np.where(right >= 0, right, left)
        names: Any = ties.entities[r.legal[r.affiliation_entity]]
        return _each(rows, lambda row: _period(names[row], *tables["affiliation"][row][2:4]))
    if kind is Kind.SAME_CALL:
        return _each(right, lambda row: tables["application"][row][4])
    if kind is Kind.COAUTHOR:
        return _papers(np.array([tables["author"][row][1] for row in left]))
    if kind in RELATIONS.values():
        return _each(right, lambda row: tables["relation"][row][4])
    return _each(left, lambda row: tables["named"][row][2]) if kind is Kind.NAMED else ""


def _each(rows: Ints, word: Any) -> Texts:
    """`word` once for each different row."""
    distinct, at = np.unique(rows, return_inverse=True)
    words = np.empty(len(distinct), dtype=object)
    words[:] = [word(row) for row in distinct]
    return words[at]


def _period(name: str, since: date, until: date | None) -> str:
    return f"{name} ({since}–{until or ''})"


def _papers(ids: Ints) -> Texts:
    from headwater.registry.models import Publication

    rows = Publication.objects.filter(pk__in=np.unique(ids).tolist()).values_list("pk", "title", "year")
    names = {pk: f"{title} ({year})" for pk, title, year in rows}
    return _each(ids, lambda pk: names[pk])
