"""Who has a part in an application, and the path from each record of calls to one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from headwater.calls.models.applications import Application, Attachment, Participant
from headwater.calls.models.calls import Call, HostQuota, SchemeVersion
from headwater.calls.models.changes import CallChange
from headwater.calls.models.checking import FormalCheck, RuleResult
from headwater.calls.models.decisions import Decision, Notice, NoticeRow, Objection, ObjectionClaim
from headwater.calls.models.inviting import Link, Referee
from headwater.calls.models.letters import HostLetter, Letter, LetterSeries
from headwater.calls.models.likeness import Likeness, TextPrint
from headwater.calls.models.papers import PaperTemplate
from headwater.calls.models.signing import DocumentSignature, DocumentText, Party
from headwater.calls.models.versions import Presence, Unsaved, Version
from headwater.calls.states import IN_THE_HOUSE
from headwater.core.jobs import REACH
from headwater.core.models import Account
from headwater.core.own import SOURCES, Part, leads_to, of_many, own_cases
from headwater.core.roles import Scope
from headwater.registry.models import Person, own_records, records_of
from headwater.registry.models.people import IN_CALLS
from headwater.registry.models.records import FAMILY

SIGNING = (Party.HOST, Party.PARTNER)
"""Parties for which a manager signs: who signed an application for its institution has spoken for it."""
# What people lead, were asked to join (also where they declined) and write letters for, and what their close family does.
PARTS = f"""WITH people AS (SELECT unnest(%(own)s::bigint[]) AS id), {FAMILY},
    concerned AS (SELECT id, NULL::text AS part FROM people UNION ALL SELECT id, %(family)s FROM family)
    SELECT a.id, coalesce(c.part, %(leader)s) FROM calls_application a JOIN concerned c ON c.id = a.leader_id
    UNION SELECT m.application_id, coalesce(c.part, %(member)s) FROM calls_participant m JOIN concerned c ON c.id = m.person_id
    UNION SELECT r.application_id, coalesce(c.part, %(referee)s) FROM calls_referee r JOIN concerned c ON c.id = r.person_id
    UNION SELECT application_id, %(signatory)s FROM calls_documentsignature
    WHERE account_id = %(account)s AND party = ANY(%(signing)s)"""  # noqa: S608
ACCOUNTS = f"""WITH people AS (SELECT unnest(%s::bigint[]) AS id), {FAMILY}
    SELECT account_id FROM registry_person JOIN (SELECT id FROM people UNION SELECT id FROM family) c USING (id)
    WHERE account_id IS NOT NULL"""  # noqa: S608


@SOURCES.under("calls")
def parts_in_applications(account: Account) -> list[tuple[int, str]]:
    """Return everything in which somebody has a part, in one statement. Every request of an office runs it: it is text, as the
    planner must start from the few people concerned, and building it from querysets takes longer than running it.
    """
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"own": own_records(account), "account": account.pk, "signing": [str(p) for p in SIGNING]}
        cursor.execute(PARTS, parameters | {str(part): str(part) for part in Part})
        return [(case, part) for case, part in cursor.fetchall()]


def accounts_with_part(application: Application) -> set[int]:
    """Return the accounts that have a part in one application, whatever part."""
    members = Participant.objects.filter(application=application).values_list("person", flat=True)
    referees = Referee.objects.filter(application=application, person__isnull=False).values_list("person", flat=True)
    signed = DocumentSignature.objects.filter(application=application, party__in=SIGNING, account__isnull=False)
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, [list(records_of([application.leader_id, *members, *referees]))])
        return {pk for (pk,) in cursor.fetchall()} | set(signed.values_list("account", flat=True))


def has_own_in(account: Any, call: Call) -> bool:
    """Tell whether a case of `account` was received in `call`, whatever its state is by now, so that the answer tells nothing
    of it.
    """
    own = own_cases(account)
    return bool(own) and Application.objects.filter(pk__in=own, call=call, state__in=IN_THE_HOUSE).exists()


class Places:
    """Ranks as a reader may know them: those of the whole call. Where a case of their own stands in it, places among the
    `ranks` that they see, so that no gap tells of what they do not see.
    """

    def __init__(self, account: Any, call: Call, ranks: Iterable[int | None]) -> None:
        self.ranks = sorted(r for r in ranks if r is not None) if has_own_in(account, call) else None

    def __call__(self, rank: int | None) -> int | None:
        if rank is None or self.ranks is None:
            return rank
        return 1 + bisect_left(self.ranks, rank)


leads_to(Application, "pk")
for kind in (
    Attachment,
    Decision,
    DocumentSignature,
    FormalCheck,
    Letter,
    NoticeRow,
    Participant,
    Presence,
    Referee,
    TextPrint,
    Unsaved,
    Version,
):
    leads_to(kind, "application")
leads_to(Likeness, "application", "other")
leads_to(Link, "participant__application", "referee__application")
leads_to(Objection, "row__application")
leads_to(ObjectionClaim, "row__application")
of_many(Call, CallChange, DocumentText, HostLetter, HostQuota, LetterSeries, Notice, PaperTemplate, RuleResult, SchemeVersion)


@REACH.under("calls")
def jobs_of_calls(account: Account) -> Q:
    """Return the condition on the jobs that an officer may look at. An officer of some calls sees their jobs alone. Nobody sees
    the jobs that somebody else started in a call in which their own case was received: their figures are over all its
    applications.
    """
    own = Application.objects.filter(pk__in=own_cases(account), state__in=IN_THE_HOUSE).values_list("call", flat=True)
    condition = ~Q(arguments__call__in=sorted(set(own))) | Q(arguments__call__isnull=True)
    if account.has_role("system_admin") or account.holds_everywhere("programme_officer"):
        return condition
    return condition & Q(arguments__call__in=sorted(account.scopes("programme_officer", Scope.CALL)))


def _people_of_calls(calls: Collection[int], _account: Account) -> QuerySet[Any, Any]:
    """Return the leaders and members of what was received in some calls."""
    received = Application.objects.filter(call__in=calls, state__in=IN_THE_HOUSE)
    members = Participant.objects.filter(application__in=received.values("pk"))
    return Person.objects.filter(Q(pk__in=received.values("leader")) | Q(pk__in=members.values("person"))).values("pk")


IN_CALLS.add("calls.people", _people_of_calls)
