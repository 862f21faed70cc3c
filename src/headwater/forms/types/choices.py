"""Some of the choices that the question lists, stored as a list of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import FieldType, Pairs, field_type
from headwater.forms.types.choice import read_choices, words_of

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class SomeChoices(FieldType):
    code = "choices"
    kind = "choices"
    takes = Bilingual("多选", "choices")
    is_column = False
    is_grouped = True

    def declare(self, r: Reader) -> dict[str, Any]:
        return read_choices(r)

    def read(self, f: Field, post: Any, errors: dict[str, str]) -> Any:
        return [v for v in post.getlist(f.code) if v]

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        codes = [c[0] for c in f.choices]
        if not isinstance(value, (list, tuple, set, frozenset)) or not set(value) <= set(codes):
            return None, _("请从所列选项中选择")
        return [code for code in codes if code in value], ""

    def operand(self, value: Any) -> Value:
        return frozenset(v for v in value if isinstance(v, str)) if isinstance(value, list) else frozenset()

    def in_words(self, f: Field, value: Any) -> str:
        return words_of(f, value if isinstance(value, list) else [value])

    def pairs(self, f: Field, value: Any) -> Pairs:
        return [(f.code, ""), *((f.code, v) for v in value or [])]
