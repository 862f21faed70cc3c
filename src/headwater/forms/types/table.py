"""A table: rows of declared columns, stored as a list of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.codes import unique
from headwater.forms.declaring import read_field
from headwater.forms.expressions import Rows, Type, Value
from headwater.forms.fieldtype import Cleaned, Errors, FieldType, Pairs, Shown, field_type, label

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.answers.state import Answers
    from headwater.forms.binding import Question
    from headwater.forms.shapes import Field

MOST_ROWS, MOST_COLUMNS = 200, 12
HIGHEST_ROW = 400
"""The form refuses a row whose index (`items.0.price`) is not below this."""
Row = dict[str, Any]


@field_type
class Table(FieldType):
    code = "table"
    is_column = False
    has_rows = True
    is_grouped = True

    def declare(self, r: Reader) -> dict[str, Any]:
        columns = tuple(read_field(c, column=True) for c in r.tables("column", required=True))
        unique(r.problems, r.path("column"), [c.code for c in columns])
        if "column" in r.table and not 0 < len(columns) <= MOST_COLUMNS:
            r.problems.append((r.path("column"), f"expected 1 to {MOST_COLUMNS} columns, found {len(columns)}"))
        return {"columns": columns, **self.read_rows(r)}

    def read_rows(self, r: Reader) -> dict[str, Any]:
        low, high = r.get("min_rows", int, 0), r.get("max_rows", int, 30)
        if not 0 <= low <= high:
            r.problems.append((r.path("min_rows"), f"expected 0 to max_rows ({high}), found {low}"))
        if not 0 < high <= MOST_ROWS:
            r.problems.append((r.path("max_rows"), f"expected 1 to {MOST_ROWS}, found {high}"))
        return {"min_rows": low, "max_rows": high}

    def types(self, f: Field) -> dict[str, Type]:
        types = {f.code: Type("rows", table=f.code)}
        for c in f.columns:
            types |= {f"{f.code}.{name}": Type(t.kind, f.code, t.codes) for name, t in c.of.types(c).items()}
        return types

    def read(self, f: Field, post: Any, errors: dict[str, str]) -> Any:
        return self.posted_rows(f, post, errors)

    def posted_rows(self, f: Field, post: Any, errors: dict[str, str]) -> list[Row]:
        """Rows by their index as sent, so that an error finds its control; blank ones are dropped on cleaning."""
        rows: dict[int, Row] = {}
        for name in post:
            parts = name.split(".")
            if len(parts) != 3 or parts[0] != f.code or not parts[1].isdecimal():
                continue
            column, text = f.column(parts[2]), post.get(name, "")
            if column is None:
                continue
            if len(parts[1]) > 3 or int(parts[1]) >= HIGHEST_ROW:
                errors |= {f.code: _("最多 %d 行") % f.max_rows} if text.strip() else {}
                continue
            rows.setdefault(int(parts[1]), {})[column.code] = column.of.typed(text, name, errors)
        return moved(f, [rows.get(n, {}) for n in range(max(rows, default=-1) + 1)], post.get("_row", ""))

    def clean(self, f: Field, value: Any, registry: Registry) -> Cleaned:
        rows, errors = self.clean_rows(f, value, registry)
        return Cleaned(rows or None, errors)

    def clean_rows(self, f: Field, value: Any, registry: Registry) -> tuple[list[Row], dict[str, str]]:
        """The rows that hold anything; calculated columns are not stored."""
        if value is None or value == "":
            return [], {}
        if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) for row in value):
            return [], {f.code: _("应为表格的各行")}
        rows: list[Row] = []
        errors: dict[str, str] = {}
        for n, entry in enumerate(value):
            row: Row = {}
            for c in f.columns:
                cell, problem = (None, "") if c.value else c.of.cell(c, entry.get(c.code), registry)
                if problem:
                    errors[f"{f.code}.{n}.{c.code}"] = problem
                elif cell is not None and str(cell).strip():
                    row[c.code] = cell
            if row:
                rows.append(row)
        if len(rows) > f.max_rows:
            errors[f.code] = _("最多 %d 行") % f.max_rows
        return rows, errors

    def rows_of(self, value: Any) -> Any:
        """The stored rows within a stored answer."""
        return value.get("rows") if isinstance(value, dict) else value

    def operands(self, f: Field, value: Any, answers: Answers) -> dict[str, Value]:
        rows = answers.rows(f) if value else []
        operands: dict[str, Value] = {f.code: Rows(rows)}
        return operands | {f"{f.code}.{c.code}": [c.of.operand(row.get(c.code)) for row in rows] for c in f.columns}

    def problems(self, f: Field, value: Any, answers: Answers) -> list[Bilingual]:
        if not f.has_rows:
            return []
        rows = answers.rows(f)
        problems: list[Bilingual] = []
        if len(rows) < f.min_rows:
            problems.append(Bilingual(f"{f.label_zh}至少 {f.min_rows} 行", f"{f.label_en}: at least {f.min_rows} rows"))
        for n, row in enumerate(rows, start=1):
            for c in f.columns:
                value = row.get(c.code)
                if value in (None, "") and c.required and not c.value:
                    problems.append(
                        Bilingual(f"{f.label_zh}第 {n} 行：{c.label_zh}未填", f"{f.label_en}, row {n}: {c.label_en} is empty")
                    )
                else:
                    bad = c.of.bad_cell(c, value)
                    problems += [Bilingual(f"{f.label_zh}第 {n} 行：{b.zh}", f"{f.label_en}, row {n}: {b.en}") for b in bad]
        return problems + self.order_problems(f, rows)

    def order_problems(self, f: Field, rows: Sequence[Row]) -> list[Bilingual]:
        return []

    def show(self, f: Field, answers: Answers) -> Shown:
        return self.show_rows(f, answers)

    def show_rows(self, f: Field, answers: Answers, notes: Sequence[str] = ()) -> Shown:
        rows = [[c.of.text(c, row.get(c.code)) for c in f.columns] for row in answers.rows(f)]
        numeric = [c.of.is_numeric for c in f.columns]
        return Shown(label(f), "rows", heads=[label(c) for c in f.columns], numeric=numeric, rows=rows, notes=notes)

    def for_sheet(self, f: Field, value: Any, answers: Answers) -> Any:
        return self.show(f, answers).plain_text

    def pairs(self, f: Field, value: Any) -> Pairs:
        pairs = [(f.code, "")]
        for n, row in enumerate(self.rows_of(value) or []):
            pairs += [(f"{f.code}.{n}.{c.code}", c.of.as_typed(row.get(c.code))) for c in f.columns if not c.value]
        return pairs

    def limits(self, f: Field) -> str:
        span = f"{f.min_rows}–{f.max_rows}" if f.min_rows else f"≤ {f.max_rows}"
        return str(Bilingual(f"{span} 行", f"{span} rows"))

    def bind(self, q: Question, answers: Answers, post: Any, errors: Errors) -> None:
        q.bind_rows(answers, post, errors)

    def live_rows(self, f: Field, answers: Answers) -> list[dict[str, str]]:
        """The calculated columns of every row, as a page shows them anew after a save."""
        worked = [c for c in f.columns if c.value]
        return [{c.code: c.of.text(c, row.get(c.code)) for c in worked} for row in answers.rows(f)]


def moved(f: Field, rows: list[Row], verb: str) -> list[Row]:
    """Rows after a button without script: "items:remove:2", "items:up:2", "items:down:2"."""
    parts = verb.split(":")
    if len(parts) != 3 or parts[0] != f.code or not parts[2].isdecimal() or len(parts[2]) > 3 or int(parts[2]) >= len(rows):
        return rows
    at = int(parts[2])
    if parts[1] == "remove":
        return rows[:at] + rows[at + 1 :]
    other = at + {"up": -1, "down": 1}.get(parts[1], 0)
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    return rows
