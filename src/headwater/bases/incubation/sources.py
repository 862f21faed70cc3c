"""What the house knows of tenants for the reports of a base: at the end of a period, and within it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q

from headwater.bases.incubation.models import Tenant
from headwater.bases.incubation.tables import TENANTS
from headwater.bases.models import Base
from headwater.bases.tables.parts import has_tables
from headwater.casework.reports.kinds import Source, add_source
from headwater.core.i18n import Bilingual
from headwater.registers.kinds import kinds_here

PARTS = {"now": "number", "firms": "number", "entered": "number", "left": "number", "graduates": "number"}


def read(keys: Sequence[int], since: date, until: date) -> Mapping[int, Mapping[str, Any]]:
    """Count the tenants of some bases whose kinds keep them (1 query, and 1 for the kinds)."""
    keeping = [code for code, kind in kinds_here().items() if has_tables(kind, TENANTS)]
    bases = Base.objects.filter(pk__in=keys, kind__in=keeping).values_list("pk", flat=True)
    there = Q(entered_on__lte=until) & (Q(left_on__isnull=True) | Q(left_on__gt=until))
    within = (since, until)
    rows = (
        Tenant.objects.filter(base__in=bases)
        .order_by()
        .values("base")
        .annotate(
            now=Count("pk", filter=there),
            firms=Count("pk", filter=there & Q(kind=Tenant.Kind.FIRM)),
            entered=Count("pk", filter=Q(entered_on__range=within)),
            left=Count("pk", filter=Q(left_on__range=within)),
            graduates=Count("pk", filter=Q(left_on__range=within, left_as=Tenant.Left.GRADUATED)),
        )
    )
    found: dict[int, Mapping[str, Any]] = {}
    for row in rows:
        counts: dict[str, Any] = {**row}
        found[counts.pop("base")] = counts
    return found


add_source("bases.base", TENANTS, Source(Bilingual("入驻登记", "Record of tenants"), PARTS, read))
