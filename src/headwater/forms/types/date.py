"""A day, stored as 2026-07-01."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import FieldType, field_type
from headwater.forms.types.calculated import read_value

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class Day(FieldType):
    code = "date"
    kind = "date"
    takes = Bilingual("日期", "date")

    def declare(self, r: Reader) -> dict[str, Any]:
        return read_value(r)

    def parse(self, text: str) -> Any:
        return date.fromisoformat(text.strip())

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        try:
            return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[:10], ""
        except ValueError:
            return None, _("应为 2026-07-01 这样的日期")

    def as_operand(self, value: Any) -> Value:
        return date.fromisoformat(str(value))

    def plain(self, f: Field, value: Value) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def for_sheet(self, f: Field, value: Any, answers: Any) -> Any:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else self.text(f, value)
        except ValueError:
            return value
