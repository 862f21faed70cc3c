"""A text of one line."""

from __future__ import annotations

from headwater.forms.fieldtype import field_type
from headwater.forms.types.text import Text


@field_type
class Line(Text):
    code = "line"
    is_column = True
    usual = 200

    def tidy(self, text: str) -> str:
        return " ".join(text.split("\n"))
