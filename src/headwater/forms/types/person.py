"""Somebody of the registry; where the question allows it, also somebody outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.names import with_institution
from headwater.core.reading import Reader
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import FieldType, field_type

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


class Reference(FieldType):
    """A record of the registry, stored as a small record: what it was called then, and its key."""

    def declare(self, r: Reader) -> dict[str, Any]:
        return {"outside": r.get("outside", bool, False)}

    def as_operand(self, value: Any) -> Value:
        return str(value["name"]) or None

    def as_typed(self, value: Any) -> str:
        if isinstance(value, dict):
            return with_institution(value.get("name", ""), value.get("organisation", ""))
        return super().as_typed(value)


@field_type
class SomePerson(Reference):
    code = "person"
    takes = Bilingual("姓名加单位、电子邮箱或 ORCID", "name and institution, e-mail or ORCID")

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        return registry.person(value, outside=f.outside)

    def in_words(self, f: Field, value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        where = value.get("organisation", "")
        return str(value.get("name", "")) + (str(Bilingual(f"（{where}）", f" ({where})")) if where else "")
