"""Conflicts of interest from the registry, for a whole call as one set: nine statements, whatever its size."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.parameters import Parameters
from headwater.review.models import ACTIVE, Assignment, Conflict, Expert

# People of an application: leader and members. Experts and their legal entity: a unit without a credit code counts as its parent.
SCOPE = """
    WITH app AS (SELECT id, host_id, leader_id, unsuitable FROM calls_application WHERE call_id = %(call)s AND state = ANY(%(states)s)
            AND (%(only)s::bigint IS NULL OR id = %(only)s)),
    people AS (SELECT id AS application_id, leader_id AS person_id FROM app
        UNION SELECT p.application_id, p.person_id FROM calls_participant p JOIN app ON app.id = p.application_id),
    entity AS (SELECT id, CASE WHEN parent_id IS NOT NULL AND uscc = '' THEN parent_id ELSE id END AS legal FROM registry_organisation),
    panel AS (SELECT e.id AS expert_id, e.person_id, x.legal FROM review_expert e JOIN registry_person p ON p.id = e.person_id
        LEFT JOIN entity x ON x.id = p.organisation_id WHERE e.is_active)
"""
INSERT = """INSERT INTO review_conflict (application_id, expert_id, kind, evidence, found_at)
    SELECT DISTINCT ON (a, e) a, e, '{kind}', left(why, 300), %(now)s FROM (SELECT * FROM found ORDER BY a, e, why) f
    ON CONFLICT (application_id, expert_id, kind) DO NOTHING"""

SOURCES: dict[str, str] = {
    "same_entity": """SELECT q.application_id AS a, panel.expert_id AS e, o.name_zh AS why FROM (
            SELECT app.id AS application_id, x.legal FROM app JOIN entity x ON x.id = app.host_id
            UNION SELECT people.application_id, x.legal FROM people JOIN registry_person p ON p.id = people.person_id
                JOIN entity x ON x.id = p.organisation_id) q
        JOIN panel ON panel.legal = q.legal JOIN registry_organisation o ON o.id = q.legal""",
    "past_entity": """SELECT q.application_id AS a, panel.expert_id AS e, o.name_zh || ' (' || m.since || '–' || coalesce(m.until::text, '') || ')' AS why
        FROM (SELECT DISTINCT people.application_id, x.legal FROM people JOIN registry_person p ON p.id = people.person_id
                JOIN entity x ON x.id = p.organisation_id) q
        JOIN entity y ON y.legal = q.legal JOIN registry_employment m ON m.organisation_id = y.id
            AND (m.until IS NULL OR m.until >= %(affiliation)s)
        JOIN panel ON panel.person_id = m.person_id AND panel.legal IS DISTINCT FROM q.legal JOIN registry_organisation o ON o.id = q.legal
        UNION ALL SELECT people.application_id, panel.expert_id, o.name_zh || ' (' || m.since || '–' || coalesce(m.until::text, '') || ')'
        FROM people JOIN registry_employment m ON m.person_id = people.person_id AND (m.until IS NULL OR m.until >= %(affiliation)s)
        JOIN entity y ON y.id = m.organisation_id JOIN panel ON panel.legal = y.legal JOIN registry_organisation o ON o.id = y.legal
        JOIN registry_person p ON p.id = people.person_id JOIN entity z ON z.id = p.organisation_id WHERE z.legal IS DISTINCT FROM y.legal""",
    "takes_part": """SELECT people.application_id AS a, panel.expert_id AS e, '' AS why FROM people JOIN panel USING (person_id)""",
    "same_call": """SELECT app.id AS a, panel.expert_id AS e, other.number AS why FROM app
        JOIN calls_application other ON other.call_id = %(call)s AND other.state = ANY(%(states)s)
            AND other.review_group = (SELECT review_group FROM calls_application WHERE id = app.id)
        JOIN panel ON panel.person_id = other.leader_id""",
    "coauthor": """SELECT people.application_id AS a, panel.expert_id AS e, p.title || ' (' || p.year || ')' AS why
        FROM people JOIN registry_authorship mine ON mine.person_id = people.person_id
        JOIN registry_publication p ON p.id = mine.publication_id AND p.year >= %(coauthor)s
        JOIN registry_authorship theirs ON theirs.publication_id = p.id AND theirs.person_id <> mine.person_id
        JOIN panel ON panel.person_id = theirs.person_id
        WHERE (SELECT count(*) FROM registry_authorship n WHERE n.publication_id = p.id) <= %(consortium)s""",
    "relation": """SELECT people.application_id AS a, panel.expert_id AS e, r.note AS why, r.kind AS kind
        FROM (SELECT first_id AS x, second_id AS y, kind, since, until, note FROM registry_relation
            UNION ALL SELECT second_id, first_id, kind, since, until, note FROM registry_relation) r
        JOIN people ON people.person_id = r.x JOIN panel ON panel.person_id = r.y
        WHERE r.kind <> 'coproject' OR r.until IS NULL OR r.until >= %(coproject)s""",
    "named": """SELECT app.id AS a, panel.expert_id AS e, n.name AS why FROM app, jsonb_array_elements_text(app.unsuitable) AS n(name)
        JOIN registry_person p ON p.name_zh = n.name JOIN panel ON panel.person_id = p.id""",
    "banned": """SELECT app.id AS a, panel.expert_id AS e, '' AS why FROM app, panel JOIN registry_sanction s ON s.person_id = panel.person_id
        AND s.since <= %(today)s AND (s.until IS NULL OR s.until > %(today)s)""",
}


def find_conflicts(
    *, call: Call, actor: Actor, states: list[str] | None = None, only: Application | None = None
) -> dict[str, int]:
    """Find the conflicts of a call's applications with every active expert; keeps what was declared or found before.

    Windows (co-author, shared project, shared institution) are dated parameters. Returns new conflicts by kind.
    """
    values = _values(call, states, only)
    found: dict[str, int] = {}
    with command(actor, "review.manage", call, name="review.find_conflicts") as log, connection.cursor() as cursor:
        for kind, source in SOURCES.items():
            insert = INSERT.format(kind=kind)
            if kind == "relation":
                insert = (
                    insert.replace("'relation'", "kind")
                    .replace("DISTINCT ON (a, e)", "DISTINCT ON (a, e, kind)")
                    .replace("ORDER BY a, e, why", "ORDER BY a, e, kind, why")
                )
            cursor.execute(f"{SCOPE}, found AS ({source}) {insert}", values)
            found[kind] = cursor.rowcount
        log(call, after={"conflicts": found})
    return found


def _values(call: Call, states: list[str] | None, only: Application | None) -> dict[str, Any]:
    parameters = Parameters(call.scheme.region, call.closes_at.date())
    code, day = call.scheme.code, call.closes_at.date()
    return {
        "call": call.pk,
        "states": states or ["accepted", "in_review", "reviewed", "panel"],
        "now": clock.now(),
        "today": clock.today(),
        "only": only.pk if only else None,
        "coauthor": day.year - parameters.number("coauthor_window_years", code, 5),
        "affiliation": day - timedelta(days=365 * parameters.number("affiliation_window_years", code, 3)),
        "coproject": day - timedelta(days=365 * parameters.number("coproject_window_years", code, 3)),
        "consortium": parameters.number("consortium_author_limit", code, 50),
    }


def declare_conflict(*, application: Application, expert: Expert, kind: str, evidence: str, actor: Actor) -> Conflict:
    """Put down a conflict that an expert or officer knows of; an active assignment of the pair is released first.

    Raises:
        Refused: no evidence, or the opinion is already submitted.
    """
    if not evidence.strip():
        raise Refused.because(_("请写明冲突的依据"), field="evidence")
    action = "review.manage" if actor.account and actor.account.has_role("programme_officer") else "review.assignment.answer"
    with command(actor, action, application if action == "review.manage" else None, name="review.declare_conflict") as log:
        if actor.account and action != "review.manage" and expert.person.account_id != actor.account.pk:
            raise Refused.because(_("只能为自己申请回避"))
        rows = list(Assignment.objects.select_for_update().filter(application=application, expert=expert, state__in=ACTIVE))
        for row in rows:
            if row.state == Assignment.State.SUBMITTED:
                raise Refused.because(_("评审意见已提交；请由项目主管先撤回该意见"))
            row.state, row.answered_at, row.decline_reason = Assignment.State.RELEASED, clock.now(), evidence.strip()[:200]
            row.save(update_fields=["state", "answered_at", "decline_reason"])
            log(row, after={"state": row.state})
        conflict, _made = Conflict.objects.get_or_create(
            application=application,
            expert=expert,
            kind=kind,
            defaults={"evidence": evidence.strip()[:300], "found_at": clock.now()},
        )
        log(conflict, after={"kind": kind})
    return conflict
