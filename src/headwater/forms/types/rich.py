"""A text with headings, lists and tables, stored as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.forms.answers.rich import to_html, to_plain
from headwater.forms.fieldtype import Shown, field_type, label
from headwater.forms.types.text import Text

if TYPE_CHECKING:
    from headwater.forms.answers.state import Answers
    from headwater.forms.shapes import Field


@field_type
class Rich(Text):
    code = "rich"

    def length(self, value: Any) -> int:
        return len(to_plain(str(value or "").strip()))

    def in_words(self, f: Field, value: Any) -> str:
        return to_plain(str(value))

    def show(self, f: Field, answers: Answers) -> Shown:
        text = str(answers.get(f.code) or "")
        return Shown(label(f), "rich", text, to_html(text))
