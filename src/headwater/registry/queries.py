"""Reads of the registry that several apps need."""

from __future__ import annotations

from headwater.registry.models import Region, ReviewGroup


def region_of(code: str) -> Region:
    """The region whose package was loaded under `code`."""
    return Region.objects.get(code=code)


def group_of_prefix() -> dict[str, str]:
    """Review-group code by level-1 discipline code (three characters)."""
    return {prefix: group.code for group in ReviewGroup.objects.all() for prefix in group.prefixes}
