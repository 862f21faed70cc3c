"""An amount, stored in fen and typed in 万元."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.money import Fen, wan, wan_cell, wan_typed, yuan
from headwater.core.numbers import MOST_FEN, read_wan
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import field_type
from headwater.forms.types.calculated import read_value
from headwater.forms.types.number import Number

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


@field_type
class Amount(Number):
    code = "money"
    kind = "money"
    takes = Bilingual("金额，万元", "amount, CNY 10,000")
    keys = ("min_fen", "max_fen")
    of_bounds = (int,)

    def declare(self, r: Reader) -> dict[str, Any]:
        payer = {"paid_by": r.text("paid_by"), "beyond": r.get("beyond", bool, False)}
        return {**self.read_bounds(r), **read_value(r), **payer}

    def parse(self, text: str) -> Any:
        return read_wan(text.strip())

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_FEN
        return (value, "") if good else (None, _("请填写金额（万元）"))

    def as_operand(self, value: Any) -> Value:
        return Fen(int(value))

    def plain(self, f: Field, value: Value) -> Any:
        if isinstance(value, Decimal):
            return 0 if value == 0 else None
        return int(value) if isinstance(value, Fen) else value

    def limit_in_words(self, f: Field, limit: Decimal | None) -> Bilingual:
        fen = int(limit or 0)
        return Bilingual(f"{wan(fen)} 万元", f"CNY {yuan(fen)}")

    def in_words(self, f: Field, value: Any) -> str:
        return wan(int(value))

    def unit(self, f: Field) -> str:
        return str(Bilingual("万元", "CNY 10,000"))

    def for_sheet(self, f: Field, value: Any, answers: Any) -> Any:
        return wan_cell(value) if isinstance(value, int) else self.text(f, value)

    def as_typed(self, value: Any) -> str:
        return wan_typed(value) if isinstance(value, int) else ""

    def bounds(self, f: Field) -> str:
        return "> 0" if f.minimum == 1 and f.maximum is None else super().bounds(f)

    def bound(self, value: Any) -> str:
        return wan(int(value))
