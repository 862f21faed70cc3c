"""The degrees and senior titles that the region knows: the dated parameters `degrees` (the highest first) and `senior_titles`."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.registry.queries import region_code


def known_degrees() -> list[str]:
    return list(_today().get("degrees", default=[]))


def senior_titles() -> frozenset[str]:
    return frozenset(_today().get("senior_titles", default=[]))


def one_of_degrees(degrees: Sequence[str]) -> str:
    """Return the message about a degree that is none of them."""
    return _("应为 %s 之一") % "、".join(degrees)


def _today() -> Parameters:
    return Parameters(region_code(), clock.today())
