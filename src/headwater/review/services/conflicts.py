"""Conflicts of interest from the registry, for a whole call as one set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from headwater.calls.endorsing.services.endorsement import officers
from headwater.calls.models import Application, Call
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.core.services import notify
from headwater.core.solver import solve
from headwater.registry.models import Publication, is_own
from headwater.review.models import ACTIVE, OPEN, Assignment, Conflict, Expert
from headwater.review.services.telling import tell_withdrawn
from headwater.review.ties import SEARCHED, Ties, read_ties

WRITE = """INSERT INTO review_conflict (application_id, expert_id, kind, evidence, found_at)
    SELECT a, e, k, left(why, 300), %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS f(a, e, k, why)
    ON CONFLICT (application_id, expert_id, kind) DO NOTHING RETURNING kind"""
# Ties between people that were put down for an earlier application of the same leader in the same year hold for the next one too:
# who withdraws and submits anew, there or elsewhere, does not get rid of them.
CARRY = """INSERT INTO review_conflict (application_id, expert_id, kind, evidence, found_at)
    SELECT DISTINCT ON (new.id, c.expert_id, c.kind) new.id, c.expert_id, c.kind, c.evidence, %(now)s
    FROM calls_application new JOIN calls_application old ON old.leader_of_record_id = new.leader_of_record_id AND old.limit_year = new.limit_year AND old.id <> new.id
    JOIN review_conflict c ON c.application_id = old.id AND c.kind = ANY(%(ties)s)
    WHERE new.call_id = %(call)s AND new.state = ANY(%(states)s) AND (%(only)s::bigint IS NULL OR new.id = %(only)s)
    ORDER BY 1, 2, 3, c.id ON CONFLICT (application_id, expert_id, kind) DO NOTHING RETURNING kind"""
PERSONAL = [str(k) for k in (Conflict.Kind.DECLARED, Conflict.Kind.KIN, Conflict.Kind.SUPERVISOR, Conflict.Kind.COPROJECT)]
STATES = ("accepted", "in_review", "reviewed", "panel")
ROWS = 100_000
"""The number of conflicts in one statement."""


def find_conflicts(
    *, call: Call, actor: Actor, states: Sequence[str] = STATES, only: Application | None = None
) -> dict[str, int]:
    """Find the conflicts of a call's applications with every active expert; keeps what was declared or found before,
    also for an earlier application of the same leader in the year.

    Windows (co-author, shared project, shared institution) are dated parameters. Returns new conflicts by kind. The search is the
    kernel's (`headwater.algorithms.conflicts`); its rows are read and written as sets. What the database takes from an expert for a
    conflict that came to light, also a submitted opinion that does not count any more, the expert is told.
    """
    counts = dict.fromkeys(SEARCHED, 0)
    with command(actor, "review.manage", call, name="review.find_conflicts") as log, connection.cursor() as cursor:
        scope = {"application": only} if only else {"application__call": call}
        assignments = Assignment.objects.filter(**scope, state__in=(*OPEN, Assignment.State.SUBMITTED))
        before = {row.pk: row for row in assignments.only("state", "expert_id")}
        ties = read_ties(call, states, only)
        for block in solve("headwater.solving.conflicts:search", ties.tables, ties.rules, only.pk if only else None):
            _write(cursor, ties, block, counts)
        values: dict[str, Any] = {
            "now": clock.now(),
            "ties": PERSONAL,
            "call": call.pk,
            "states": list(states),
            "only": only.pk if only else None,
        }
        cursor.execute(CARRY, values)
        for (kind,) in cursor.fetchall():
            counts[kind] += 1
        log(call, after={"conflicts": counts})
        ended = (
            Assignment.objects.filter(pk__in=before, state=Assignment.State.RELEASED)
            if any(counts.values())
            else Assignment.objects.none()
        )
        rows = [before[pk] for pk in ended.order_by("pk").values_list("pk", flat=True)]
        log.many(rows, {"state": "released", "conflict": True})
        tell_withdrawn(rows, _("发现您与申请存在须回避的关系"))
    return counts


def _write(cursor: Any, ties: Ties, block: tuple[list[int], list[int], list[str], list[str]], counts: dict[str, int]) -> None:
    """Write what was found, for both records of an expert who has two; what is known already stays as it is."""
    application, expert, kind, words = block
    words = _with_titles(kind, words)
    twins: dict[int, list[int]] = {}
    for one, other in ties.tables["twin"]:
        twins.setdefault(one, []).append(other)
    twice = [(n, other) for n, one in enumerate(expert) if one in twins for other in twins[one]] if twins else []
    application, expert = application + [application[n] for n, _other in twice], expert + [other for _n, other in twice]
    kind, words = kind + [kind[n] for n, _other in twice], words + [words[n] for n, _other in twice]
    for start in range(0, len(kind), ROWS):
        part = slice(start, start + ROWS)
        cursor.execute(WRITE, [clock.now(), application[part], expert[part], kind[part], words[part]])
        for name, count in Counter(name for (name,) in cursor.fetchall()).items():
            counts[name] += count


def _with_titles(kinds: list[str], words: list[str]) -> list[str]:
    """The evidence of co-authors with titles and years in place of the ids of papers."""
    ids = {int(word) for kind, word in zip(kinds, words, strict=True) if kind == "coauthor"}
    rows = Publication.objects.filter(pk__in=ids).values_list("pk", "title", "year") if ids else ()
    titles = {str(pk): f"{title} ({year})" for pk, title, year in rows}
    return [titles[word] if kind == "coauthor" else word for kind, word in zip(kinds, words, strict=True)]


def declare_conflict(*, application: Application, expert: Expert, kind: str, evidence: str, actor: Actor) -> Conflict:
    """Put down a conflict that an expert or officer knows of; an active assignment of the pair is released first. Experts may do so
    also where the case has become their own; the officers who have no part in it hear that a place is free.

    Raises:
        Refused: no evidence, or the opinion is already submitted.
    """
    if not evidence.strip():
        raise Refused.because(_("请写明回避的依据"), field="evidence")
    officer = actor.account and actor.account.has_role("programme_officer") and not is_own(actor.account, expert.person)
    action = "review.manage" if officer else "review.assignment.leave"
    with command(actor, action, application if action == "review.manage" else None, name="review.declare_conflict") as log:
        if actor.account and action != "review.manage" and not is_own(actor.account, expert.person):
            raise Refused.because(_("只能为自己申请回避"))
        rows = list(Assignment.objects.select_for_update().filter(application=application, expert=expert, state__in=ACTIVE))
        for row in rows:
            if row.state == Assignment.State.SUBMITTED:
                raise Refused.because(_("评审意见已提交；请由项目主管先撤回该意见"))
            if action == "review.manage":
                tell_withdrawn([row], _("与该申请存在回避关系"))
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
        if rows and not officer:
            notify(
                officers(application.call_id, about=application),
                title=lambda: _("专家申请回避，请另请专家：%s") % application.number,
                body=f"{expert} {evidence.strip()[:300]}",
                url=f"/office/reviews/{application.pk}/",
            )
    return conflict
