"""A text of several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.fieldtype import FieldType, field_type

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field

MOST_CHARS = 50_000
LENIENT = 5
"""A text up to so many times its limit is kept for its author to shorten."""


@field_type
class Text(FieldType):
    code = "text"
    is_column = False
    is_text = True
    usual = 4000
    """Characters that it takes where the package says nothing."""

    def declare(self, r: Reader) -> dict[str, Any]:
        low, high = r.get("min_chars", int, 0), r.get("max_chars", int, self.usual)
        if low > high:
            r.problems.append((r.path("min_chars"), f"is above max_chars ({high})"))
        if not 0 < high <= MOST_CHARS:
            r.problems.append((r.path("max_chars"), f"expected 1 to {MOST_CHARS}, found {high}"))
        return {"min_chars": low, "max_chars": high}

    def is_blank(self, value: Any) -> bool:
        return value in (None, "", [])

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        if not isinstance(value, str):
            return None, _("应为文字")
        if len(value) > f.max_chars * (LENIENT if lenient else 1):
            return None, _("内容过长（上限 %d 字）") % f.max_chars
        return self.tidy(value), ""

    def tidy(self, text: str) -> str:
        return text

    def is_filled(self, f: Field, answers: Any) -> bool:
        return bool(str(answers.get(f.code) or "").strip())

    def limits(self, f: Field) -> str:
        span = f"{f.min_chars}–{f.max_chars}" if f.min_chars else f"≤ {f.max_chars}"
        return str(Bilingual(f"{span} 字", f"{span} characters"))
