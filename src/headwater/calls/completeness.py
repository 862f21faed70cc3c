"""The invariant of signatures: every submitted application is signed under the wording of its scheme version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from headwater.calls.joining.services.partners import MEMBERS
from headwater.calls.models import LONG, Application, Call, DocumentSignature, Party
from headwater.calls.signatures import documents_for, key_of, partners_of
from headwater.calls.states import ENDORSED, IN_THE_HOUSE, LIVE
from headwater.forms.signing import Signed, Signer, unsigned

CHUNK = 2000


def unsigned_submissions() -> list[str]:
    """Return in words every required signature that a submitted application lacks. Another check looks for members who have not
    confirmed.
    """
    failures: list[str] = []
    for call in Call.objects.filter(applications__state__in=LIVE).distinct().order_by("pk"):
        for rows in _chunks(call):
            failures += _lacking(rows)
    return failures


def _chunks(call: Call) -> Iterator[list[Application]]:
    last = 0
    while True:
        rows = Application.objects.filter(call=call, state__in=LIVE, pk__gt=last).order_by("pk")
        rows = rows.select_related("leader", "host__recommender", "call__scheme").prefetch_related(MEMBERS)
        chunk = list(rows.defer(*(name for name in LONG if name != "answers"))[:CHUNK])
        if not chunk:
            return
        last = chunk[-1].pk
        yield chunk


def _lacking(rows: list[Application]) -> list[str]:
    signed: dict[int, dict[tuple[str, str, int], set[str]]] = defaultdict(lambda: defaultdict(set))
    for s in DocumentSignature.objects.filter(application__in=[r.pk for r in rows]):
        signed[s.application_id][s.document, s.party, key_of(s)].add(s.text_id)
    failures = []
    for party in (Party.APPLICANT, Party.MEMBER, Party.PARTNER, Party.HOST, Party.RECOMMENDER):
        documents = documents_for(rows, party)
        for row in rows:
            who = _agencies(row, signed[row.pk]) if party == Party.RECOMMENDER else _signers(row, party)
            lacking = unsigned(documents[row.pk], party, who, signed[row.pk])
            failures += [
                f"application {row.number}: {party} {name} has not signed {d.code} as it reads" for d, name, _old in lacking
            ]
    return failures


def _signers(row: Application, party: str) -> list[Signer]:
    """Return who must have signed by now, given the state of the application."""
    if party == Party.APPLICANT:
        return [(row.leader_id, row.leader.name_zh)]
    if party == Party.MEMBER:
        return [(m.person_id, m.person.name_zh) for m in row.participants.all() if m.confirmed_at]
    if party == Party.PARTNER:
        return list(partners_of(row, row.participants.all()).items()) if row.state in ENDORSED else []
    return [(row.host_id, row.host.name_zh)] if row.state in ENDORSED else []


def _agencies(row: Application, signed: Signed) -> list[Signer]:
    """Return the agency that has recommended it, or that should have: an institution may report by another way today than it
    did then.
    """
    if row.state not in IN_THE_HOUSE or row.received_at == row.endorsed_at:
        return []
    have = [pk for _document, party, pk in signed if party == Party.RECOMMENDER]
    return [(pk, "agency") for pk in have[:1]] or [(row.host.recommender_id or 0, "agency")]
