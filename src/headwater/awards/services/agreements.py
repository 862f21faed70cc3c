"""Awards made from approved applications, agreements generated and signed by three parties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from headwater.awards.invariants import CONTENT_DIGEST
from headwater.awards.models import GIVEN_UP, Agreement, Award, Party, Signature
from headwater.awards.services.drafting import contents_of, translated
from headwater.awards.services.money import printed
from headwater.awards.workflow import AWARD
from headwater.calls.deciding.services.decisions import ON_RELEASE, barred_applications
from headwater.calls.models import LONG, Application, Call, Decision
from headwater.calls.records import HOLDINGS, Held
from headwater.calls.staff_work import refuse_staff_of
from headwater.calls.terms import agreement_day, award_number, term_of
from headwater.core import clock
from headwater.core.clock import local_day, official_day
from headwater.core.command import Actor, command
from headwater.core.documents import render_pdf
from headwater.core.errors import Refused
from headwater.core.i18n import in_chinese, in_language, named
from headwater.core.search import SearchRow, index
from headwater.core.seen import Sight
from headwater.core.services import store_file
from headwater.forms.signing import SignatureTable
from headwater.forms.signing import sign as sign_rows
from headwater.registry.models import HostHistory
from headwater.schemes.outcomes import AGREEMENT, HOST_COUNT
from headwater.schemes.rules import Holding

LOGIN = re.compile(r"\s*[（(][^（()）]*[)）]$")
"""The log-in name behind the name of who signed, as it was written down."""
ORDER = (Party.LEADER, Party.HOST, Party.DEPARTMENT)


@ON_RELEASE.under(AGREEMENT)
def make_awards(call: Call, applications: Sequence[Application], actor: Actor) -> None:
    """Award every approved application and draft its agreement, in the transaction that released the decisions."""
    with command(actor, "awards.manage", call, name="awards.make_awards") as log:
        amounts = dict(Decision.objects.filter(call=call).values_list("application", "amount_fen"))
        due, now = clock.end_of_day(agreement_day(call)), clock.now()
        rows = _with_texts(applications)
        terms = {a.pk: term_of(a, clock.today()) for a in rows}
        awards = [
            Award(
                application=a,
                call=call,
                number=award_number(a),
                title_zh=a.title_zh,
                title_en=a.title_en,
                leader=a.leader,
                host=a.host,
                amount_fen=amounts[a.pk],
                starts_on=terms[a.pk][0],
                ends_on=terms[a.pk][1],
                approved_at=now,
                agreement_by=due,
            )
            for a in rows
        ]
        awards = Award.objects.bulk_create(awards, batch_size=2000)
        with in_chinese():
            contents = contents_of(awards)
        Agreement.objects.bulk_create(
            [Agreement(award=a, content=c, made_at=now) for a, c in zip(awards, contents, strict=True)], batch_size=1000
        )
        with connection.cursor() as cursor:
            sql = f"UPDATE awards_agreement SET digest = {CONTENT_DIGEST} WHERE award_id = ANY(%s)"  # noqa: S608
            cursor.execute(sql, [[a.pk for a in awards]])
        log.many(awards, {"state": Award.State.AGREEMENT})
        index(_documents(awards))


def _with_texts(applications: Sequence[Application]) -> list[Application]:
    """Read applications anew with all that an agreement takes of them, by number: a change of state leaves the texts out (one query)."""
    rows = Application.objects.filter(pk__in=[a.pk for a in applications])
    return list(rows.select_related("call__scheme", "leader", "host", "discipline", "second_discipline").order_by("number"))


@ON_RELEASE.under(HOST_COUNT)
def count_hosts(call: Call, applications: Sequence[Application], actor: Actor) -> None:
    """Store the number of approved projects by host and year. Next year's quota is computed from it."""
    counts: dict[int, int] = {}
    for application in applications:
        counts[application.host_id] = counts.get(application.host_id, 0) + 1
    counts_before = dict(
        HostHistory.objects.filter(year=call.year, organisation__in=counts).values_list("organisation", "approved")
    )
    HostHistory.objects.bulk_create(
        [HostHistory(organisation_id=h, year=call.year, approved=n + counts_before.get(h, 0)) for h, n in counts.items()],
        update_conflicts=True,
        unique_fields=["organisation", "year"],
        update_fields=["approved"],
    )


def _documents(awards: Sequence[Award]) -> list[SearchRow]:
    return [
        SearchRow(
            "award",
            a.pk,
            a.title_zh,
            f"/projects/{a.number}/",
            f"{a.title_en} {a.application.abstract_zh} {a.application.keywords_zh} "
            f"{a.leader.name_zh} {a.host.name_zh} {a.number}",
            summary=f"{a.leader.name_zh} · {a.host.name_zh}",
        )
        for a in awards
    ]


def _refuse_signature(rows: Sequence[Award], party: Party, actor: Actor) -> None:
    """Refuse a signature without permission, out of order, too late, or for somebody under sanction."""
    before = ORDER[ORDER.index(party) - 1] if party != Party.LEADER else None
    signatures = set(
        Signature.objects.filter(agreement__award__in=rows, party=before).values_list("agreement__award", flat=True)
        if before
        else []
    )
    for row in rows:
        if actor.account and not actor.account.has_perm(f"awards.sign.{party.value}", row):
            raise Refused.because(_("您不能代表%(party)s签署 %(award)s") % {"party": party.label, "award": row})
        if before and row.pk not in signatures:
            raise Refused.because(_("%(award)s：须先由%(party)s签署") % {"award": row, "party": Party(before).label})
        if clock.now() > row.agreement_by:
            raise Refused.because(_("%s：已过任务书签订期限") % row)
    refuse_staff_of([r.application for r in rows])
    offenders = barred_applications([r.application for r in rows])
    if offenders:
        names = "、".join(str(a) for a in offenders)
        raise Refused.because(_("%s：申请人或参与者在失信惩戒期内，不能签订任务书") % names, code="F13")


SIGNATURES = SignatureTable(
    "awards_signature", {"agreement_id": "bigint", "party": "text", "signer": "text", "digest": "text"}, once="signature_once"
)


@dataclass(frozen=True)
class AgreementSigning:
    """One party signs an agreement; its signature covers the content that the agreement keeps under its digest."""

    agreement: Agreement
    party: Party
    signer: str

    def values(self) -> tuple[Any, ...]:
        return (self.agreement.pk, str(self.party), self.signer, self.agreement.digest)

    def words(self) -> None:
        return None


def agreements_sight(awards: Sequence[Award]) -> Sight:
    """Describe what a party signs: each agreement's digest, its last day, and the parties that have signed before."""
    rows = Signature.objects.filter(agreement__award__in=awards).order_by("party").values_list("agreement__award", "party")
    signed: dict[int, list[str]] = {}
    for award, party in rows:
        signed.setdefault(award, []).append(party)
    return Sight({a.number: [a.agreement.digest, a.agreement_by, signed.get(a.pk, [])] for a in awards})


def sign(*, awards: Sequence[Award], party: Party, actor: Actor, seen: str) -> int:
    """Sign agreements for one party, one or many; in order: leader, host, department. The last signature makes them run.

    A project leader's signature carries the lump-sum promise (包干制承诺). Signing twice changes nothing.

    Raises:
        Refused: out of order, after the last day, or not the agreements that were `seen`.
    """
    with command(actor, f"awards.sign.{party.value}", name="awards.sign") as log:
        rows = list(
            Award.objects.select_for_update(of=("self",))
            .select_related("agreement", "leader", "host", "call", "application")
            .defer(*(f"application__{name}" for name in LONG))
            .filter(pk__in=[a.pk for a in awards], state=Award.State.AGREEMENT)
            .exclude(agreement__signatures__party=party)
            .order_by("pk")
        )
        _refuse_signature(rows, party, actor)
        agreements_sight(rows).require(seen, chosen=True)
        now = clock.now()
        signings = [AgreementSigning(r.agreement, party, actor.label[:200]) for r in rows]
        for signature in Signature.objects.filter(pk__in=sign_rows(SIGNATURES, signings, actor=actor, at=now)):
            log(signature, after={"party": party, "agreement": signature.agreement_id, "digest": signature.digest})
        if party == Party.DEPARTMENT and rows:
            AWARD.apply(Award.objects.filter(pk__in=[r.pk for r in rows]), "start", log)
            Agreement.objects.filter(award__in=rows).update(signed_at=now)
    return len(rows)


def _name(signature: Signature) -> str:
    """Return the name of who signed, without the name under which they log in."""
    return named(signature.account) if signature.account else LOGIN.sub("", signature.signer)


def agreement_pdf(agreement: Agreement, language: str = "zh") -> bytes:
    """Print the agreement as PDF, with its signatures and the digest that they sign; or its translation."""
    with in_language(language):
        signatures = [
            {
                "party": s.party,
                "label": str(Party(s.party).label),
                "signer": _name(s),
                "at": official_day(local_day(s.signed_at), language),
            }
            for s in agreement.signatures.select_related("account").order_by("signed_at")
        ]
        content = agreement.content if language == "zh" else translated(agreement)
        data = {**printed(content, language), "signatures": signatures, "digest": agreement.digest}
    return render_pdf("awards/documents/agreement.typ", data)


def freeze_pdf(*, agreement: Agreement, actor: Actor) -> None:
    """Store the PDF of a fully signed agreement; every later download gives this file."""
    if agreement.pdf_id or not agreement.signed_at:
        return
    with command(actor, "awards.agreement.view", agreement.award, name="awards.freeze_pdf") as log:
        row = Agreement.objects.select_for_update().get(pk=agreement.pk)
        if row.pdf_id:
            return
        row.pdf = store_file(
            owner=row,
            kind="agreement",
            name=f"{row.award.number}-任务书.pdf",
            content=agreement_pdf(row),
            content_type="application/pdf",
            account=actor.account,
        )
        row.save(update_fields=["pdf"])
        log(row, after={"sha256": row.pdf.sha256})


HELD = """SELECT x.person, x.role, w.application_id, w.number, v.code, coalesce(head.of ->> 'plan', ''),
        coalesce(nullif(head.of ->> 'limit_group', 'none'), ''), w.state, (w.approved_at AT TIME ZONE %(zone)s)::date, w.ends_on, a.months, x.place
    FROM (SELECT leader_id AS person, 'leader' AS role, application_id, 1 AS place FROM awards_award WHERE leader_id = ANY(%(people)s)
        UNION ALL SELECT m.person_id, 'member', m.application_id, 1 + (SELECT count(*) FROM calls_participant q
            WHERE q.application_id = m.application_id AND q.id <= m.id) FROM calls_participant m WHERE m.person_id = ANY(%(people)s)) x
    JOIN awards_award w ON w.application_id = x.application_id JOIN calls_application a ON a.id = w.application_id
    JOIN calls_call c ON c.id = w.call_id JOIN calls_schemeversion v ON v.id = c.scheme_id
    CROSS JOIN LATERAL (SELECT v.definition -> 'scheme' AS of OFFSET 0) head
    UNION ALL SELECT e.person_id, e.role, 0, e.number, e.scheme, coalesce(v.definition -> 'scheme' ->> 'plan', ''),
        coalesce(nullif(v.definition -> 'scheme' ->> 'limit_group', 'none'), ''),
        CASE WHEN e.closed THEN 'closed' WHEN NOT e.closed THEN 'running' ELSE 'untold' END, e.approved_on, e.ends_on, e.months, 0
    FROM registry_earlierproject e LEFT JOIN LATERAL (SELECT definition FROM calls_schemeversion
        WHERE code = e.scheme ORDER BY version DESC LIMIT 1) v ON true WHERE e.person_id = ANY(%(people)s) ORDER BY 4"""

CLOSED = {Award.State.CLOSED: True, "untold": None}
HELD_AS = {**dict.fromkeys(GIVEN_UP, "lapsed"), Award.State.TERMINATED: "terminated"}


@HOLDINGS.under("awards")
def awards_of(people: Sequence[int]) -> Held:
    """Awards and earlier projects that people lead or take part in, for the limits: one statement. An award that was not closed is
    known not to be; of an earlier project the records may not say.
    """
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"people": list(people), "zone": settings.TIME_ZONE})
        return [
            (
                person,
                Holding(
                    scheme,
                    role,
                    HELD_AS.get(state, "running"),
                    number,
                    group,
                    approved_on=approved,
                    ends_on=ends,
                    months=months,
                    plan=plan,
                    closed=CLOSED.get(state, False),
                    application=application,
                    place=place,
                ),
            )
            for person, role, application, number, scheme, plan, group, state, approved, ends, months, place in cursor.fetchall()
        ]
