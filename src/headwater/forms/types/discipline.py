"""An application code (学科代码) of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.forms.fieldtype import FieldType, field_type

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class DisciplineCode(FieldType):
    code = "discipline"
    takes = Bilingual("申请代码", "application code")

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        return registry.discipline(value)
