"""Steps with a date and a test; with `money = true` each is paid for when it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.forms.fieldtype import field_type
from headwater.forms.shapes import Field, line_column
from headwater.forms.types.table import Row, Table


@field_type
class Milestones(Table):
    code = "milestones"

    def declare(self, r: Reader) -> dict[str, Any]:
        columns = [
            line_column("step", "阶段目标", "Step"),
            line_column("due", "完成日期", "Due", type="date"),
            line_column("test", "考核指标与验收方式", "How it is tested"),
        ]
        if r.get("money", bool, False):
            columns.append(line_column("amount", "阶段经费", "Money", type="money", minimum=Decimal(0)))
        return {"columns": tuple(columns), **self.read_rows(r)}

    def order_problems(self, f: Field, rows: Sequence[Row]) -> list[Bilingual]:
        dates = [str(row["due"]) for row in rows if row.get("due")]
        if dates == sorted(dates):
            return []
        return [Bilingual(f"{f.label_zh}应按完成日期排列", f"{f.label_en}: put the steps in the order of their dates")]
