"""The degrees that the region knows, the highest first (dated parameter `degrees`)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.parameters import Parameters
from headwater.registry.queries import region_code


def known_degrees() -> list[str]:
    return list(Parameters(region_code(), clock.today()).get("degrees", default=[]))


def one_of_degrees(degrees: Sequence[str]) -> str:
    """Return the message about a degree that is none of them."""
    return _("应为 %s 之一") % "、".join(degrees)
