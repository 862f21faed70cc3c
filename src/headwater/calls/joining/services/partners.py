"""Co-operating institutions (合作单位): those of members from outside the host sign before the host endorses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from headwater.calls.models import Application, ApplicationQuerySet, DocumentSignature, Participant, Party
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import documents_for, partners_of
from headwater.calls.states import State
from headwater.calls.stores import SIGNATURES, ApplicationSigning
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import NotAllowed, Reason, Refused
from headwater.core.roles import Scope
from headwater.forms.shapes import Document
from headwater.forms.signing import Consent, sign, to_sign, unsigned

SIGNING = (State.DRAFT, State.HOST_REVIEW)
"""As long as the host has not endorsed."""
MEMBERS = Prefetch("participants", Participant.objects.select_related("person", "organisation"))


def concerned(organisations: Collection[int]) -> ApplicationQuerySet:
    """Return the applications that are not endorsed yet in which people of these institutions take part under another host."""
    joined = Participant.objects.filter(organisation__in=organisations, confirmed_at__isnull=False)
    joined = joined.exclude(organisation=F("application__host"))
    rows = Application.objects.filter(state__in=SIGNING, pk__in=joined.values("application"))
    return rows.select_related("call__scheme", "host", "leader").prefetch_related(MEMBERS)


Due = list[tuple[Document, str, bool]]


def _lacking(rows: Sequence[Application], only: Collection[int] | None = None) -> dict[int, Due]:
    """Return by application what its partners (or `only` these) must sign and have not signed."""
    rows = [r for r in rows if scheme_of(r.call).documents_of(Party.PARTNER)]
    if not rows:
        return {}
    signed: dict[int, dict[tuple[str, str, int], set[str]]] = defaultdict(lambda: defaultdict(set))
    signatures = DocumentSignature.objects.filter(application__in=[r.pk for r in rows], party=Party.PARTNER)
    for pk, document, organisation, text in signatures.values_list("application", "document", "organisation", "text"):
        signed[pk][document, Party.PARTNER, organisation or 0].add(text)
    documents = documents_for(rows, Party.PARTNER)
    return {
        row.pk: unsigned(
            documents[row.pk],
            Party.PARTNER,
            [(pk, name) for pk, name in partners_of(row, row.participants.all()).items() if only is None or pk in only],
            signed[row.pk],
        )
        for row in rows
    }


def unsigned_partners(rows: Sequence[Application]) -> dict[int, list[Reason]]:
    """Return why applications cannot be endorsed yet: a partner has not signed. It takes a fixed number of queries for the rows
    of a call.
    """
    with_partners = [r for r in rows if scheme_of(r.call).documents_of(Party.PARTNER)]
    if not with_partners:
        return {}
    full = list(Application.objects.filter(pk__in=[r.pk for r in with_partners]).select_related("call").prefetch_related(MEMBERS))
    numbers = {r.pk: str(r) for r in full}
    text = _("%(application)s：合作单位 %(partner)s 尚未签署《%(document)s》")
    return {
        pk: [
            Reason(text % {"application": numbers[pk], "partner": name, "document": d.title_zh}, code="F18")
            for d, name, _old in due
        ]
        for pk, due in _lacking(full).items()
    }


def waiting_for(organisations: Collection[int]) -> list[tuple[Application, list[Document]]]:
    """Return what waits for the signature of these institutions, the nearest deadline first."""
    rows = list(concerned(organisations).order_by("call__closes_at", "pk"))
    lacking = _lacking(rows, organisations)
    return [(r, list({d.code: d for d, _n, _o in lacking[r.pk]}.values())) for r in rows if lacking.get(r.pk)]


def sign_as_partner(*, applications: Sequence[Application], actor: Actor, agree: Consent) -> int:
    """Sign for a co-operating institution, by its manager: all of the applications or none. Returns the number of signatures.

    Raises:
        Refused: nothing waits for the actor's institutions, or a document is not agreed to.
    """
    if actor.account is None:
        raise NotAllowed("calls.partner.sign")
    with command(actor, "calls.partner.sign", name="calls.sign_as_partner") as log:
        own = actor.account.scopes("host_manager", Scope.ORGANISATION)
        rows = list(concerned(own).filter(pk__in=[a.pk for a in applications]).select_for_update(of=("self",)).order_by("pk"))
        lacking = _lacking(rows, own)
        signings = []
        for row in rows:
            due = lacking.get(row.pk, [])
            documents = to_sign(list({d.code: d for d, _n, _o in due}.values()), agree)
            for organisation in own & set(partners_of(row, row.participants.all())):
                signings += [
                    ApplicationSigning(row.pk, d, Party.PARTNER, actor.account.name_zh, organisation=organisation)
                    for d in documents
                ]
                log(row, after={"partner": organisation, "signed": [d.code for d in documents]})
        if not signings:
            raise Refused.because(_("没有等待本单位签署的申请"))
        sign(SIGNATURES, signings, actor=actor, at=clock.now())
    return len(signings)
