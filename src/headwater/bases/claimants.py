"""Bases claim works: their keepers or host say so, the department confirms; at most so many bases have one work."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.bases.models import Base
from headwater.core import clock
from headwater.core.models import RoleGrant
from headwater.registers.doors import page_of
from headwater.registers.subjects import register_of
from headwater.registry.works.claimants import CLAIMANTS, Claimant, managers_of, officers

MOST = "base_claims_most"


def mine(user: Any) -> QuerySet[Base]:
    """Return the bases whose record an account keeps, or whose host it manages."""
    keys = [g.scope_id for g in user.grants if g.scope_kind == "bases.base"]
    return Base.objects.filter(Q(pk__in=keys) | Q(host__in=user.scopes("host_manager", "organisation")))


def judged(user: Any) -> QuerySet[Base]:
    return Base.objects.all() if user.holds_everywhere("programme_officer") else Base.objects.none()


def speakers(base: Base) -> set[int]:
    grants = RoleGrant.objects.in_force(clock.now()).filter(scope_kind="bases.base", scope_id=base.pk)
    return set(grants.values_list("account", flat=True)) | managers_of(base.host_id)


CLAIMANTS.add(
    "bases.base",
    Claimant(
        label=_("科技基地"),
        credit="base",
        most=MOST,
        mine=mine,
        judged=judged,
        visible=lambda user: Base.objects.visible_to(user),
        claim="bases.claim_works",
        answer="bases.answer_claims",
        speakers=speakers,
        judges=lambda _base: officers(),
        url=lambda base: page_of(register_of(base), base),
        action="registers.view",
        related=("version", "host"),
        public=lambda: Base.objects.public().real(),
    ),
)
