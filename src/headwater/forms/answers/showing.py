"""Answers in words: for pages, PDFs and spreadsheets, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from headwater.core.i18n import chinese
from headwater.core.money import wan
from headwater.forms.answers.rich import to_blocks, to_html, to_plain
from headwater.forms.answers.state import Answers
from headwater.forms.shapes import Field


@dataclass(frozen=True)
class Shown:
    """One answer to read. `kind` is text, rich or rows; `numeric` marks the columns that align right."""

    label: str
    kind: str
    text: str = ""
    html: str = ""
    heads: Sequence[str] = ()
    numeric: Sequence[bool] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def headed(self) -> list[tuple[str, bool]]:
        return list(zip(self.heads, self.numeric, strict=True))

    @property
    def labelled(self) -> list[list[tuple[str, bool, str]]]:
        """Rows whose cells carry their heading, for a page where the table becomes a list."""
        return [list(zip(self.heads, self.numeric, row, strict=True)) for row in self.rows]


def figure(value: Any) -> str:
    if value is None:
        return ""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def label(f: Field, zh: bool) -> str:
    text = f.label_zh if zh or not f.label_en else f.label_en
    unit = {"money": "万元" if zh else "CNY 10,000"}.get(f.type) or (f.unit_zh if zh else f.unit_en)
    return text if not unit else f"{text}（{unit}）" if zh else f"{text} ({unit})"


def text_of(f: Field, value: Any, zh: bool) -> str:
    """A simple answer in words."""
    if value is None or value == "":
        return ""
    if f.type == "money":
        return wan(int(value))
    if f.type == "number":
        return figure(value)
    if f.type in {"choice", "choices"}:
        words = {code: (w.zh if zh else w.en) for code, w in f.choices}
        return ("、" if zh else ", ").join(words.get(v, str(v)) for v in (value if isinstance(value, list) else [value]))
    if f.type == "person" and isinstance(value, dict):
        where = value.get("organisation", "")
        return str(value.get("name", "")) + ((f"（{where}）" if zh else f" ({where})") if where else "")
    if f.type == "organisation" and isinstance(value, dict):
        return str(value.get("name", ""))
    return to_plain(str(value)) if f.type == "rich" else str(value)


def show(answers: Answers, f: Field, zh: bool) -> Shown:
    value = answers.get(f.code)
    if f.type == "rich":
        return Shown(label(f, zh), "rich", str(value or ""), to_html(str(value or "")))
    if f.type == "file":
        names = answers.context.file_names().get(f.kind, [])
        return Shown(label(f, zh), "text", ("、" if zh else ", ").join(names))
    if f.type == "budget":
        return _budget(answers, f, value if isinstance(value, dict) else {}, zh)
    if f.has_rows:
        return _table(answers, f, zh)
    return Shown(label(f, zh), "text", text_of(f, value, zh))


def _table(answers: Answers, f: Field, zh: bool, notes: Sequence[str] = ()) -> Shown:
    rows = [[text_of(c, row.get(c.code), zh) for c in f.columns] for row in answers.rows(f)]
    numeric = [c.type in {"number", "money"} for c in f.columns]
    return Shown(label(f, zh), "rows", heads=[label(c, zh) for c in f.columns], numeric=numeric, rows=rows, notes=notes)


def _budget(answers: Answers, f: Field, value: dict[str, Any], zh: bool) -> Shown:
    total = answers.values.get(f"{f.code}.total")
    said = wan(total or 0)
    if f.regime == "lump":
        promised = bool(value.get("promise"))
        words = ("已承诺遵守负面清单" if promised else "尚未承诺") if zh else ("promise given" if promised else "no promise yet")
        return Shown(label(f, zh), "text", f"包干 {said} 万元，{words}" if zh else f"Lump sum of CNY {said} x 10,000, {words}")
    notes = [f"合计 {said} 万元" if zh else f"Total: {said} (CNY 10,000)"]
    if f.regime == "budget3":
        indirect = wan(int(value.get("indirect") or 0))
        notes.insert(0, f"间接费用 {indirect} 万元" if zh else f"Indirect cost: {indirect} (CNY 10,000)")
        if value.get("theory"):
            notes.insert(1, "纯理论基础研究" if zh else "Purely theoretical research")
    return _table(answers, f, zh, notes)


def sections(answers: Answers, *, zh: bool | None = None, judging: bool = False) -> list[tuple[Any, list[Shown]]]:
    """(section, its answers) in the reader's language unless told; who is `judging` does not see restricted answers."""
    use = chinese() if zh is None else zh
    found = [(s, [show(answers, f, use) for f in fields if not (judging and f.restricted)]) for s, fields in answers.shown]
    return [(s, shown) for s, shown in found if shown]


def plain_text(shown: Shown) -> str:
    """An answer as one text, for a cell of a spreadsheet or a letter."""
    if shown.kind == "rich":
        return to_plain(shown.text)
    if shown.kind != "rows":
        return shown.text
    lines = [" | ".join(shown.heads), *(" | ".join(row) for row in shown.rows), *shown.notes]
    return "\n".join(lines) if shown.rows else "\n".join(shown.notes)


def document(answers: Answers) -> list[dict[str, Any]]:
    """The sections as a Typst template takes them, in Chinese."""
    out = []
    for section, fields in sections(answers, zh=True):
        items = []
        for s in fields:
            blocks = to_blocks(s.text) if s.kind == "rich" else []
            item = {"label": s.label, "kind": s.kind, "text": s.text, "blocks": blocks}
            items.append(
                item | {"heads": list(s.heads), "numeric": list(s.numeric), "rows": list(s.rows), "notes": list(s.notes)}
            )
        out.append({"title": section.title_zh, "fields": items})
    return out
