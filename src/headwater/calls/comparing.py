"""Two contents of an application side by side: question by question, texts by words, tables by rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.contents import BASIC, PRIVATE
from headwater.core.i18n import Bilingual, both, named
from headwater.forms.answers.differences import Piece, pair_rows, pieces
from headwater.forms.answers.merging import same
from headwater.forms.fieldtype import label
from headwater.forms.shapes import Field
from headwater.registry.models import PriorityField

LONG = 200
"""A stretch that stays is shown whole up to so many characters; of a longer one the ends."""
ENDS = 60


@dataclass(frozen=True)
class RowChange:
    """A row of a table: "=" (so many rows stay), "-", "+" or "~" (changed), with the pieces of each cell."""

    sign: str
    cells: Sequence[tuple[str, bool, list[Piece]]] = ()
    count: int = 0


@dataclass(frozen=True)
class Difference:
    """One question whose answer differs. `kind` is text (pieces) or rows; `notes` are further lines, each in pieces."""

    name: str
    label: str
    kind: str
    pieces: Sequence[Piece] = ()
    heads: Sequence[tuple[str, bool]] = ()
    rows: Sequence[RowChange] = ()
    notes: Sequence[tuple[str, list[Piece]]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Part:
    """A section with what differs in it, and the labels of what does not."""

    title: str
    changed: list[Difference]
    same: list[str]


def compare(row: Any, scheme: Any, old: dict[str, Any], new: dict[str, Any], *, own: bool) -> list[Part]:
    """Return what differs between two contents of an application, in the order of its form; private parts only for `own`."""
    sections = [(_("基本信息"), basic_fields(row, scheme, own=own))]
    sections += [(named(s, "title"), [f for f in s.fields if not f.value and f.of.is_stored]) for s in scheme.sections]
    parts = []
    for title, fields in sections:
        changed = [difference(f, old.get(f.code), new.get(f.code)) for f in fields if not same(old.get(f.code), new.get(f.code))]
        names = {d.name for d in changed}
        filled = [f for f in fields if f.code not in names and not same(new.get(f.code), None)]
        parts.append(Part(title, changed, [label(f) for f in filled]))
    return parts


def basic_fields(row: Any, scheme: Any, *, own: bool) -> list[Field]:
    """Return the page of basic information as questions."""
    kinds = {"amount_fen": "money", "months": "number", "starts_on": "date", "flags": "choices"}
    choices: dict[str, Any] = {
        "research_class": [(c, Bilingual(str(zh))) for c, zh in row._meta.get_field("research_class").choices],
        "topic": [(t["code"], Bilingual(f"{t['code']} {t['zh']}", f"{t['code']} {t['en'] or t['zh']}")) for t in row.call.topics],
        "priority_field": [(p.code, both(p)) for p in PriorityField.objects.all()],
        "flags": list(scheme.flags),
    }
    return [
        Field(
            name,
            kinds.get(name) or ("choice" if name in choices else "text"),
            str(title),
            str(title),
            choices=tuple(choices.get(name, ())),
        )
        for name, title in BASIC.items()
        if own or name not in PRIVATE
    ]


def difference(f: Field, old: Any, new: Any) -> Difference:
    if f.of.has_rows:
        return _rows(f, old, new)
    if f.is_text:
        texts = ["\n".join(v) if isinstance(v, list) else str(v or "") for v in (old, new)]
        return Difference(f.code, label(f), "text", folded(pieces(*texts)))
    return Difference(f.code, label(f), "text", _whole(f.of.text(f, old), f.of.text(f, new)))


def _whole(old: str, new: str) -> list[Piece]:
    """Replace a figure or a choice as a whole."""
    if old == new:
        return [("=", old)] if old else []
    arrow = [("=", " → ")] if old and new else []
    return [*([("-", old)] if old else []), *arrow, *([("+", new)] if new else [])]


def folded(stretches: list[Piece]) -> list[Piece]:
    """Shorten long stretches that stay to their ends; the piece ("…", n) stands for n characters left out."""
    shortened: list[Piece] = []
    for n, (sign, text) in enumerate(stretches):
        if sign != "=" or len(text) <= LONG:
            shortened.append((sign, text))
            continue
        head, tail = text[:ENDS] if n else "", text[-ENDS:] if n + 1 < len(stretches) else ""
        middle = ("…", str(len(text) - len(head) - len(tail)))
        shortened += [p for p in (("=", head), middle, ("=", tail)) if p[1]]
    return shortened


def _rows(f: Field, old: Any, new: Any) -> Difference:
    a, b = rows_in(old), rows_in(new)
    pairing = pair_rows(a, b)
    back = {m: n for n, m in pairing.of.items()}
    gone = [n for n in range(len(a)) if n not in pairing.of]
    changes: list[RowChange] = []
    for m, row in enumerate(b):
        while gone and gone[0] < back.get(m, -1):
            changes.append(_row(f, "-", a[gone.pop(0)], {}))
        if m not in back:
            changes.append(_row(f, "+", {}, row))
        elif a[back[m]] != row:
            changes.append(_row(f, "~", a[back[m]], row))
        elif changes and changes[-1].sign == "=":
            changes[-1] = RowChange("=", count=changes[-1].count + 1)
        else:
            changes.append(RowChange("=", count=1))
    changes += [_row(f, "-", a[n], {}) for n in gone]
    heads = [(label(c), c.of.is_numeric) for c in f.columns]
    notes = _parts(f, old, new)
    if all(r.sign == "=" for r in changes) and a != b:
        notes.append((_("各行的顺序有变化"), []))
    return Difference(f.code, label(f), "rows", heads=heads, rows=[] if not f.columns else changes, notes=notes)


def rows_in(value: Any) -> list[dict[str, Any]]:
    rows = value.get("rows") if isinstance(value, dict) else value
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _row(f: Field, sign: str, old: dict[str, Any], new: dict[str, Any]) -> RowChange:
    cells = []
    for c in f.columns:
        texts = (c.of.text(c, old.get(c.code)), c.of.text(c, new.get(c.code)))
        cells.append((label(c), c.of.is_numeric, pieces(*texts) if c.is_text else _whole(*texts)))
    return RowChange(sign, cells)


def _parts(f: Field, old: Any, new: Any) -> list[tuple[str, list[Piece]]]:
    """Return what an answer has beside its rows, where it differs."""
    pairs = zip(f.of.parts(f, old), f.of.parts(f, new), strict=True)
    return [(label_of, _whole(before, after)) for (_name, label_of, before), (_n, _l, after) in pairs if before != after]
