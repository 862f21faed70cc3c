"""Looks up the hosts that an applicant can name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.calls.applying.services.hosting import institutions_of, own_institutions
from headwater.registry.lookups import institutions
from headwater.registry.models import Organisation


def _own(user: Any) -> list[int]:
    return [o.pk for o in own_institutions(user.person.survivor)]


def _can_be_named(user: Any) -> QuerySet[Organisation]:
    own = institutions_of(user.person.survivor).order_by()
    return Organisation.objects.visible_to(user).filter(Q(is_host=True) | Q(pk__in=own.values("pk")))


HOSTS = institutions("hosts", _("依托单位"), "calls.apply", _can_be_named, _own)
"""Registered hosts and one's own institutions, which come first."""
