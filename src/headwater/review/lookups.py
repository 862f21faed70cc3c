"""Lookups in the database of experts while somebody types."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.registry.lookups import institutions
from headwater.registry.models import Organisation


def _with_experts(user: Any) -> QuerySet[Organisation]:
    return Organisation.objects.visible_to(user).filter(people__expert__isnull=False).distinct()


EXPERT_HOMES = institutions("expert_homes", _("专家所在单位"), "review.expert.list", _with_experts)
