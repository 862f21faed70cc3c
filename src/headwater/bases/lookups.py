"""The look-up of bases while somebody types: those at work of which everybody may know."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.bases.models import Base
from headwater.core.i18n import named
from headwater.core.lookups import Lookup, declare
from headwater.core.permission import SIGNED_IN
from headwater.registers.shapes import AT_WORK


def _visible(_user: Any) -> Any:
    return Base.objects.public().filter(group__in=AT_WORK)


ENTRIES = declare(
    Lookup(
        code="entries",
        label=_("基地"),
        action=SIGNED_IN,
        visible=_visible,
        fields=("number", "name_zh", "name_en", "host__name_zh"),
        order="number",
        names=("name_zh",),
        value=lambda b: f"{b.number} {b.name_zh}",
        single=lambda b: b.number,
        note=lambda b: named(b.host) if b.host else "",
        key=lambda text: text.partition(" ")[0],
        related=("host",),
    )
)
