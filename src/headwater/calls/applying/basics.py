"""The page of basic information of an application, as questions."""

from __future__ import annotations

from typing import Any

from headwater.calls.contents import BASIC, PRIVATE
from headwater.core.i18n import Bilingual, both
from headwater.forms.shapes import Field
from headwater.registry.models import PriorityField
from headwater.schemes import Scheme


def basic_fields(row: Any, scheme: Scheme, *, own: bool) -> list[Field]:
    """Return them for a comparison; the private ones only for the applicant."""
    kinds = {"amount_fen": "money", "months": "number", "starts_on": "date", "flags": "choices"}
    choices: dict[str, Any] = {
        "research_class": [(c, Bilingual(str(zh))) for c, zh in row._meta.get_field("research_class").choices],
        "topic": [(t["code"], Bilingual(f"{t['code']} {t['zh']}", f"{t['code']} {t['en'] or t['zh']}")) for t in row.call.topics],
        "priority_field": [(p.code, both(p)) for p in PriorityField.objects.all()],
        "flags": list(scheme.flags),
    }
    return [
        Field(
            name,
            kinds.get(name) or ("choice" if name in choices else "text"),
            str(title),
            str(title),
            choices=tuple(choices.get(name, ())),
        )
        for name, title in BASIC.items()
        if own or name not in PRIVATE
    ]
