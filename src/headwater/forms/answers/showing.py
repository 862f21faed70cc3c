"""Answers in words: for pages, PDFs and spreadsheets, in the reader's language."""

from __future__ import annotations

from typing import Any

from headwater.core.i18n import named
from headwater.forms.answers.rich import to_blocks
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import Shown


def sections(answers: Answers, *, judging: bool = False) -> list[tuple[Any, list[Shown]]]:
    """(section, its answers) in the reader's language; whoever is `judging` does not see restricted answers."""
    parts = [
        (s, [f.of.show(f, answers) for f in fields if not (judging and f.restricted)]) for s, fields in answers.asked_sections
    ]
    return [(s, answers_of_section) for s, answers_of_section in parts if answers_of_section]


def document(answers: Answers) -> list[dict[str, Any]]:
    """The sections as a Typst template takes them. Official documents make them inside `in_chinese()`."""
    rows = []
    for section, fields in sections(answers):
        items = []
        for s in fields:
            blocks = to_blocks(s.text) if s.kind == "rich" else []
            item = {"label": s.label, "kind": s.kind, "text": s.text, "blocks": blocks}
            items.append(
                item | {"heads": list(s.heads), "numeric": list(s.numeric), "rows": list(s.rows), "notes": list(s.notes)}
            )
        rows.append({"title": named(section, "title"), "fields": items})
    return rows
