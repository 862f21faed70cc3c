"""An institution of the registry; where the question allows it, also one outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.forms.fieldtype import field_type
from headwater.forms.types.person import Reference

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class Institution(Reference):
    code = "organisation"
    takes = Bilingual("单位全称", "full name of the institution")

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        return registry.organisation(value, outside=f.outside)

    def in_words(self, f: Field, value: Any) -> str:
        return str(value.get("name", "")) if isinstance(value, dict) else str(value)
