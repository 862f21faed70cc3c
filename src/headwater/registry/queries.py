"""Reads of the registry that several apps need."""

from __future__ import annotations

from headwater.registry.models import ReviewGroup


def group_of_prefix() -> dict[str, str]:
    """Review-group code by level-1 discipline code (three characters)."""
    return {prefix: group.code for group in ReviewGroup.objects.all() for prefix in group.prefixes}
