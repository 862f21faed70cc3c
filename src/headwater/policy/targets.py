"""The targets of the policy, for pages of lower floors that work towards them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headwater.bases.cultivation.declared import TARGETS
from headwater.bases.cultivation.declared import Target as Wanted
from headwater.core.i18n import both
from headwater.policy.models import Target
from headwater.registry.queries import region_code


@TARGETS.under("policy")
def of_policy(codes: Sequence[str]) -> Mapping[str, Wanted]:
    """Return the targets of the region's policy by their codes (1 query)."""
    rows = Target.objects.filter(article__region=region_code(), code__in=codes)
    return {t.code: Wanted(t.code, both(t, "text"), t.value, t.value_max, t.by) for t in rows}
