"""An amount, stored in fen and typed in 万元."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.core.numbers import MOST_FEN, read_wan
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Money, Value
from headwater.forms.fieldtype import Pair, field_type
from headwater.forms.figures import wan
from headwater.forms.types.calculated import read_value
from headwater.forms.types.number import Number

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class Amount(Number):
    code = "money"
    kind = "money"
    takes = ("金额，万元", "amount, CNY 10,000")
    keys = ("min_fen", "max_fen")
    of_bounds = (int,)

    def declare(self, r: Reader) -> dict[str, Any]:
        return {**self.read_bounds(r), **read_value(r)}

    def parse(self, text: str) -> Any:
        return read_wan(text.strip())

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_FEN
        return (value, "") if good else (None, _("请填写金额（万元）"))

    def as_operand(self, value: Any) -> Value:
        return Money(int(value))

    def plain(self, f: Field, value: Value) -> Any:
        if isinstance(value, Decimal):
            return 0 if value == 0 else None
        return value.fen if isinstance(value, Money) else value

    def limit_in_words(self, f: Field, limit: Decimal | None) -> Pair:
        fen = int(limit or 0)
        return f"{wan(fen)} 万元", f"CNY {fen / 100:,.2f}"

    def in_words(self, f: Field, value: Any, zh: bool) -> str:
        return wan(int(value))

    def unit(self, f: Field, zh: bool) -> str:
        return "万元" if zh else "CNY 10,000"

    def for_sheet(self, f: Field, value: Any, answers: Any, zh: bool) -> Any:
        return value / 1_000_000 if isinstance(value, int) else self.text(f, value, zh)

    def as_typed(self, value: Any) -> str:
        return wan(value).replace(",", "") if isinstance(value, int) else ""

    def bounds(self, f: Field) -> str:
        return "> 0" if f.minimum == 1 and f.maximum is None else super().bounds(f)

    def bound(self, value: Any) -> str:
        return wan(int(value))
