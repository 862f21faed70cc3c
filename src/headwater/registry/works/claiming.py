"""Commands on claims: a claimant says that works are its own, somebody else confirms it; either can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Model, Q
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.files import check_upload
from headwater.core.parameters import Parameters
from headwater.core.services import store_file
from headwater.core.uploads import ask_for_check
from headwater.registry.models import Work, WorkAuthor, WorkClaim, own_records
from headwater.registry.models.works import LIVE
from headwater.registry.queries import region_code
from headwater.registry.services import reason_of
from headwater.registry.workflow import CLAIM
from headwater.registry.works.claimants import Claimant, claimant_of, subjects
from headwater.registry.works.values import last_day

LONGEST = 500


@dataclass(frozen=True)
class Evidence:
    """What shows that a work is a claimant's: words, and a file by its name and content."""

    text: str = ""
    name: str = ""
    content: bytes = b""


def claim_works(
    *,
    works: Sequence[Work],
    subject: Model,
    actor: Actor,
    share: Decimal | None = None,
    counts_on: date | None = None,
    evidence: Evidence | None = None,
) -> list[WorkClaim]:
    """Claim works for a record of a kind that may (`claimants`), all of them or none.

    `counts_on` is the day by which a period takes them in; by default the last one of what is known of when each was issued.

    Raises:
        Refused: nothing chosen, a work is claimed already, its shares or its claimants would be too many, or a share or a day is missing.
        LookupError: records of this kind claim no works.
    """
    claimant, proof = claimant_of(subject), evidence or Evidence()
    with command(actor, "registry.works.claim", subject, name="registry.claim_works") as log:
        rows = _locked(works)
        refuse_if(_wrong(rows, share, counts_on, proof, claimant))
        most = _most(claimant)
        refuse_if(_no_room(rows, subject, claimant, share, most))
        claims = WorkClaim.objects.bulk_create(
            [
                WorkClaim(
                    work=row,
                    subject_type=subject._meta.label_lower,
                    subject_id=subject.pk,
                    credit=claimant.credit,
                    share=share,
                    most=most,
                    counts_on=counts_on or last_day(row.issued),
                    evidence=proof.text.strip(),
                    claimed_by=actor.account,
                )
                for row in rows
            ]
        )
        if proof.content:
            _attach(claims, proof, actor)
        for claim in claims:
            log(
                claim, after={"work": claim.work_id, "subject": f"{claim.subject_type} {claim.subject_id}", "share": _said(share)}
            )
    return claims


def _locked(works: Sequence[Work]) -> list[Work]:
    """Lock the records that stand for some works, in the order of their keys, so that two who claim at once wait for each other."""
    keys = {w.survivor_id for w in works}
    return list(Work.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def _said(share: Decimal | None) -> str | None:
    return None if share is None else str(share.normalize())


def _most(claimant: Claimant) -> int | None:
    """Return how many claimants of a kind may divide a work, by the parameter of the region that is in force today."""
    return Parameters(region_code(), clock.today()).number(claimant.most) if claimant.most else None


def _wrong(
    rows: Sequence[Work], share: Decimal | None, counts_on: date | None, proof: Evidence, claimant: Claimant
) -> list[Reason]:
    reasons = [] if rows else [Reason(_("请先选择成果"), field="works")]
    if share is not None and not 0 < share <= 1:
        reasons.append(Reason(_("份额应大于 0、不超过 1，如 0.5"), field="share"))
    if share is None and claimant.most:
        reasons.append(Reason(_("由几方分享的成果须填写份额，如 0.5"), field="share"))
    if undated := [row.title for row in rows if not row.issued and counts_on is None]:
        reasons.append(Reason(_("没有登记发表日期，请填写计入日期：%s") % "、".join(undated[:5]), field="counts_on"))
    if len(proof.text.strip()) > LONGEST:
        reasons.append(Reason(_("最多 %d 字") % LONGEST, field="evidence"))
    return reasons


def _no_room(rows: Sequence[Work], subject: Model, claimant: Claimant, share: Decimal | None, most: int | None) -> list[Reason]:
    """Say which works are the subject's already, or leave no room for one more claim or for its share."""
    keys = [row.pk for row in rows]
    of_works = Q(work__in=keys) | Q(work__merged_into__in=keys)
    claims = WorkClaim.objects.filter(of_works, credit=claimant.credit, state__in=LIVE).select_related("work")
    by_work: dict[int, list[WorkClaim]] = {}
    for claim in claims:
        by_work.setdefault(claim.work.survivor_id, []).append(claim)
    reasons = []
    for row in rows:
        theirs = by_work.get(row.pk, [])
        free = 1 - sum((c.share for c in theirs if c.share is not None), Decimal(0))
        if any((c.subject_type, c.subject_id) == (subject._meta.label_lower, subject.pk) for c in theirs):
            reasons.append(Reason(_("“%s”已经认领") % row.title, field="works", code="claimed"))
        elif len(theirs) >= min([c.most for c in theirs if c.most] + ([most] if most else []), default=len(theirs) + 1):
            reasons.append(
                Reason(_("“%(title)s”已由 %(n)d 方认领，不能再增加") % {"title": row.title, "n": len(theirs)}, field="works")
            )
        elif share is not None and share > free:
            words = {"title": row.title, "free": free.normalize()}
            reasons.append(Reason(_("“%(title)s”尚余份额 %(free)s") % words, field="share"))
    return reasons


def _attach(claims: Sequence[WorkClaim], proof: Evidence, actor: Actor) -> None:
    """Keep the file of some claims once; it is given out when a job has looked into it."""
    kind = check_upload(proof.name, proof.content)
    file = store_file(
        owner=claims[0],
        kind="evidence",
        name=proof.name,
        content=proof.content,
        content_type=kind,
        account=actor.account,
        checked=False,
    )
    WorkClaim.objects.filter(pk__in=[c.pk for c in claims]).update(file=file)
    ask_for_check()


def answer_claims(*, claims: Sequence[WorkClaim], accept: bool, reason: str = "", actor: Actor) -> int:
    """Confirm claims, or decline them with a reason; nobody answers what they have claimed themselves or are an author of.

    Raises:
        Refused: no reason, one's own, or a claim that does not wait for an answer.
    """
    with command(actor, "registry.works.answer", name="registry.answer_claims") as log:
        ground = "" if accept else reason_of(reason)
        rows = _claims_locked(claims)
        _refuse_own(rows, actor)
        CLAIM.move(rows, "accept" if accept else "refuse", log, answered_by=actor.account, answered_at=clock.now(), reason=ground)
    return len(rows)


def withdraw_claims(*, claims: Sequence[WorkClaim], reason: str, actor: Actor) -> int:
    """Take claims back: who speaks for the claimant as long as they wait, who confirms them also later.

    Raises:
        Refused: no reason, or a claim that is over or not the actor's to take back.
    """
    with command(actor, "registry.works.claims", name="registry.withdraw_claims") as log:
        ground = reason_of(reason)
        CLAIM.move(_claims_locked(claims), "withdraw", log, reason=ground)
    return len(claims)


def _claims_locked(claims: Sequence[WorkClaim]) -> list[WorkClaim]:
    keys = [c.pk for c in claims]
    list(Work.objects.select_for_update(of=("self",)).filter(claims__in=keys).order_by("pk"))
    rows = WorkClaim.objects.select_for_update(of=("self",)).select_related("work").filter(pk__in=keys).order_by("pk")
    return with_subjects(list(rows))


def _refuse_own(rows: Sequence[WorkClaim], actor: Actor) -> None:
    if actor.account is None:
        return
    mine = WorkAuthor.objects.filter(work__in=[r.work_id for r in rows], person__in=own_records(actor.account))
    if any(r.claimed_by_id == actor.account.pk for r in rows) or mine.exists():
        raise Refused.because(_("涉及您本人的成果或认领，请由其他人员办理"))


def with_subjects(claims: list[WorkClaim]) -> list[WorkClaim]:
    """Give claims the records that claim, as `subject` (a query for each kind); None where one is gone."""
    keys: dict[str, set[int]] = {}
    for claim in claims:
        keys.setdefault(claim.subject_type, set()).add(claim.subject_id)
    rows = {(kind, row.pk): row for kind, some in keys.items() for row in subjects(kind, some)}
    for claim in claims:
        claim.subject = rows.get((claim.subject_type, claim.subject_id))
    return claims
