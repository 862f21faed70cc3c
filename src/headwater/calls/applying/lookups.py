"""The hosts that an applicant can name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.calls.applying.services.hosting import institutions_of
from headwater.registry.lookups import institutions
from headwater.registry.models import Organisation


def _own(user: Any) -> QuerySet[Organisation]:
    return institutions_of(user.person.survivor).order_by()


def _can_be_named(user: Any) -> QuerySet[Organisation]:
    return Organisation.objects.visible_to(user).filter(Q(is_host=True) | Q(pk__in=_own(user).values("pk")))


HOSTS = institutions("hosts", _("依托单位"), "calls.apply", _can_be_named, _own)
"""Registered hosts and one's own institutions, which come first."""
