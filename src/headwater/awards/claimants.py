"""Awards claim works: their leader or host says so, the department confirms."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.awards.models import Award
from headwater.core.i18n import named
from headwater.core.own import without_own
from headwater.registry.models import own_records
from headwater.registry.works.claimants import CLAIMANTS, Claimant, accounts_of_person, managers_of, officers


def mine(user: Any) -> QuerySet[Award]:
    """Return the awards that an account leads, or whose host it manages, and that were not given up."""
    theirs = Q(leader__in=own_records(user)) | Q(host__in=user.scopes("host_manager", "organisation"))
    return Award.objects.valid().filter(theirs)


def judged(user: Any) -> QuerySet[Award]:
    """Return the awards whose claims an officer confirms: those of their calls, without one's own cases."""
    rows = Award.objects.all() if user.holds_everywhere("programme_officer") else Award.objects.none()
    return without_own(rows | Award.objects.filter(call__in=user.scopes("programme_officer", "call")), user)


CLAIMANTS.add(
    "awards.award",
    Claimant(
        label=_("项目"),
        credit="award",
        mine=mine,
        judged=judged,
        visible=lambda user: Award.objects.visible_to(user),
        claim="awards.claim_works",
        answer="awards.manage",
        speakers=lambda award: accounts_of_person(award.leader) | managers_of(award.host_id),
        judges=lambda award: officers(call=award.call_id),
        name=lambda award: f"{award.number} {named(award, 'title')}",
        url=lambda award: f"/my/projects/{award.number}/",
        action="awards.agreement.view",
        related=("leader__merged_into", "application"),
    ),
)
