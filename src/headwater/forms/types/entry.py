"""An entry of a register, such as a laboratory: by its number or its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import FieldType, field_type

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class Entry(FieldType):
    code = "entry"
    takes = Bilingual("登记册条目的编号或名称", "number or name of an entry of a register")

    def declare(self, r: Reader) -> dict[str, Any]:
        names = r.get("registers", list, [], required=True)
        if not names or not all(isinstance(n, str) and n for n in names):
            r.problems.append((r.path("registers"), "expected the codes of registers"))
        return {"registers": tuple(n for n in names if isinstance(n, str))}

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        return registry.entry(value, f.registers)

    def as_operand(self, value: Any) -> Value:
        return str(value["number"]) or None

    def as_typed(self, value: Any) -> str:
        return str(value.get("number", "")) if isinstance(value, dict) else super().as_typed(value)

    def in_words(self, f: Field, value: Any) -> str:
        return f"{value.get('name', '')}（{value.get('number', '')}）" if isinstance(value, dict) else str(value)
