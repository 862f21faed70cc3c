"""What a kind of base says must be there: bodies that an entry at work has (`[[standing_body]]`), what its host held before (`[[prior]]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.bases.models import Base
from headwater.bases.parts import BODY, PRIOR
from headwater.casework.bodies.models import Body
from headwater.core import clock
from headwater.core.errors import Reason
from headwater.core.parameters import Parameters
from headwater.registers.declared import Weighing
from headwater.registers.panels import body_name
from headwater.registers.shapes import AT_WORK
from headwater.registry.queries import region_code


def has_bodies(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """Every body that the kind names stands (1 query, and 1 for each kind of body that is missing)."""
    asked = [b.code for b in weighing.kind.parts.get(BODY, ())]
    if not asked or not entries:
        return {}
    rows = Body.objects.live().filter(
        Q(until__isnull=True) | Q(until__gte=weighing.on),
        subject_kind=entries[0]._meta.label_lower,
        subject_id__in=[e.pk for e in entries],
        kind__code__in=asked,
    )
    there = set(rows.values_list("subject_id", "kind__code"))
    lacking = {e.pk: [code for code in asked if (e.pk, code) not in there] for e in entries}
    names = {code: body_name(code) for code in {c for codes in lacking.values() for c in codes}}
    text = _("还没有组建%s：请先在“委员会与专家组”中组建")
    return {pk: Reason(text % "、".join(str(names[c]) for c in codes), code="bodies") for pk, codes in lacking.items() if codes}


def has_prior(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """The host has had an entry of the kinds that go before for long enough (1 query for each rule, and 1 for the parameters)."""
    reasons: dict[int, Reason] = {}
    for prior in weighing.kind.parts.get(PRIOR, ()):
        months = Parameters(region_code(), weighing.on).number(prior.months, weighing.kind.code)
        before = clock.add_months(weighing.on, -months)
        held = set(
            Base.objects.filter(
                kind__in=prior.kinds, host__in={e.host_id for e in entries}, group__in=AT_WORK, since__lte=before
            ).values_list("host", "invented")
        )
        for entry in entries:
            if (entry.host_id, entry.invented) not in held:
                text = _("依托单位须先有运行满 %d 个月的同类基地，目前没有") % months
                reasons.setdefault(entry.pk, Reason(text, code="prior"))
    return reasons
