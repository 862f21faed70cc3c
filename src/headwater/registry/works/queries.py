"""Reads of works for other apps: what a claimant has in a period."""

from __future__ import annotations

from datetime import date

from django.db.models import Model, QuerySet
from django.db.models.functions import Coalesce

from headwater.registry.models import Work, WorkClaim
from headwater.registry.models.works import LIVE, WorkQuerySet


def works_of(subject: Model, since: date | None = None, until: date | None = None, *, accepted: bool = True) -> WorkQuerySet:
    """Return the works that a record claims and that count in a period, both days included, each once as the record that stands for it.

    Without `accepted`, claims that wait for an answer are taken in too.
    """
    claims = claims_of(subject, since, until, accepted=accepted)
    return Work.objects.filter(pk__in=claims.order_by().values(one=Coalesce("work__merged_into", "work")))


def claims_of(
    subject: Model, since: date | None = None, until: date | None = None, *, accepted: bool = True
) -> QuerySet[WorkClaim]:
    """Return the claims of a record that count in a period, with their shares."""
    claims = WorkClaim.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    claims = claims.filter(state__in=[WorkClaim.State.ACCEPTED] if accepted else LIVE)
    claims = claims.filter(counts_on__gte=since) if since else claims
    return claims.filter(counts_on__lte=until) if until else claims
