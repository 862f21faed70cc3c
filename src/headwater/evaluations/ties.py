"""Why an expert may not judge an entry: a seat on one of its bodies, a part in it, an institution that works with it.

The review asks when it looks for conflicts (`review.services.conflicts.TIES`); what is found it keeps like its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.evaluations.models import Round
from headwater.registers.declared import REGISTERS
from headwater.review.models import Conflict
from headwater.review.services.conflicts import TIES, Found

SCOPE = """WITH taking AS (SELECT e.application_id, e.subject_id FROM evaluations_entrant e JOIN calls_application a ON a.id = e.application_id
        WHERE e.round_id = %(round)s AND a.state = ANY(%(states)s) AND (%(only)s::bigint IS NULL OR a.id = %(only)s)),
    expert AS (SELECT x.id, coalesce(p.merged_into_id, p.id) AS person_id, p.organisation_id FROM review_expert x
        JOIN registry_person p ON p.id = x.person_id WHERE x.is_active)
"""
SEATS = """SELECT DISTINCT ON (1, 2) t.application_id, x.id, b.name_zh FROM taking t
    JOIN bodies_body b ON b.subject_kind = %(kind)s AND b.subject_id = t.subject_id
    JOIN bodies_bodykind k ON k.id = b.kind_id AND (k.definition ->> 'standing')::boolean
    JOIN bodies_bodymember m ON m.body_id = b.id AND (m.until IS NULL OR m.until >= %(since)s)
    JOIN registry_person p ON p.id = m.person_id JOIN expert x ON x.person_id = coalesce(p.merged_into_id, p.id) ORDER BY 1, 2, m.since DESC"""
PARTS = """SELECT DISTINCT ON (1, 2) t.application_id, x.id, h.role FROM taking t
    JOIN {holders} h ON h.entry_id = t.subject_id AND (h.until IS NULL OR h.until >= %(since)s) AND h.person_id IS NOT NULL
    JOIN registry_person p ON p.id = h.person_id JOIN expert x ON x.person_id = coalesce(p.merged_into_id, p.id) ORDER BY 1, 2"""
WORKS_WITH = """SELECT DISTINCT ON (1, 2) t.application_id, x.id, o.name_zh FROM taking t
    JOIN {holders} h ON h.entry_id = t.subject_id AND (h.until IS NULL OR h.until >= %(since)s) AND h.organisation_id IS NOT NULL
    JOIN registry_organisation o ON o.id = h.organisation_id JOIN expert x ON x.organisation_id = h.organisation_id ORDER BY 1, 2"""
KINDS: tuple[tuple[str, Conflict.Kind, str], ...] = (
    (SEATS, Conflict.Kind.COMMITTEE, "参评条目的委员会成员：{}"),
    (PARTS, Conflict.Kind.TAKES_PART, "参评条目的共建人"),
    (WORKS_WITH, Conflict.Kind.COOPERATION, "所在单位参与共建：{}"),
)


@TIES.under("evaluations")
def ties_to_entries(call: Call, states: Sequence[str], only: Application | None) -> Found:
    """Return who may not judge which self-report (4 queries; 1 for a call that is no round)."""
    round_ = Round.objects.filter(call=call).first()
    if round_ is None:
        return []
    years = Parameters(call.scheme.region, clock.last_day(call.closes_at)).number("affiliation_window_years", call.scheme.code)
    values: dict[str, Any] = {
        "round": round_.pk,
        "kind": round_.subject_kind,
        "states": list(states),
        "only": only.pk if only else None,
        "since": clock.last_day(call.closes_at) - timedelta(days=365 * years),
    }
    holders = REGISTERS[round_.register].holders._meta.db_table
    found: list[tuple[int, int, str, str]] = []
    with connection.cursor() as cursor:
        for query, kind, words in KINDS:
            cursor.execute(f"{SCOPE} {query.format(holders=holders)}", values)
            found += [(application, expert, str(kind), words.format(why)) for application, expert, why in cursor.fetchall()]
    return found
