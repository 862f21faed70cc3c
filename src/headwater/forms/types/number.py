"""A number, with a unit, bounds, and so many decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.numbers import BadNumber, read_decimal
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import FieldType, field_type
from headwater.forms.figures import figure
from headwater.forms.types.calculated import read_value

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field

MOST = Decimal(10) ** 15


@field_type
class Number(FieldType):
    code = "number"
    kind = "number"
    takes = Bilingual("数字", "number")
    is_numeric = True
    keys: tuple[str, str] = ("min", "max")
    """The keys of its bounds in a package."""
    of_bounds: tuple[type, ...] = (int, float)

    def declare(self, r: Reader) -> dict[str, Any]:
        decimals = r.get("decimals", int, 0)
        if not 0 <= decimals <= 6:
            r.problems.append((r.path("decimals"), f"expected 0 to 6, found {decimals}"))
        unit = {"unit_zh": r.text("unit_zh"), "unit_en": r.text("unit_en")}
        return {"decimals": decimals, **unit, **self.read_bounds(r), **read_value(r)}

    def read_bounds(self, r: Reader) -> dict[str, Any]:
        low, high = self.keys
        least, most = r.get(low, self.of_bounds), r.get(high, self.of_bounds)
        if least is not None and most is not None and least > most:
            r.problems.append((r.path(low), f"is above {high} ({most})"))
        return {
            "minimum": None if least is None else Decimal(str(least)),
            "maximum": None if most is None else Decimal(str(most)),
        }

    def parse(self, text: str) -> Any:
        return read_decimal(text.strip())

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        try:
            number = read_decimal(value) if isinstance(value, str) else Decimal("NaN" if isinstance(value, bool) else str(value))
        except BadNumber as bad:
            return None, str(bad)
        if not number.is_finite() or abs(number) >= MOST:
            return None, _("应为数字")
        if number != round(number, f.decimals):
            return None, _("最多 %d 位小数") % f.decimals if f.decimals else _("应为整数")
        return (int(number) if number == number.to_integral_value() else float(number)), ""

    def as_operand(self, value: Any) -> Value:
        return Decimal(str(value))

    def plain(self, f: Field, value: Value) -> Any:
        if not isinstance(value, Decimal):
            return value
        value = round(value, f.decimals)
        return int(value) if value == value.to_integral_value() else float(value)

    def bad_cell(self, f: Field, value: Any) -> list[Bilingual]:
        if not isinstance(value, (int, float)):
            return []
        low = f.minimum is not None and value < f.minimum
        high = f.maximum is not None and value > f.maximum
        if not low and not high:
            return []
        bound = self.limit_in_words(f, f.minimum if low else f.maximum)
        if low:
            return [Bilingual(f"{f.label_zh}不低于 {bound.zh}", f"{f.label_en}: at least {bound.en}")]
        return [Bilingual(f"{f.label_zh}不超过 {bound.zh}", f"{f.label_en}: at most {bound.en}")]

    def limit_in_words(self, f: Field, limit: Decimal | None) -> Bilingual:
        return Bilingual(f"{figure(limit)} {f.unit_zh}".strip(), f"{figure(limit)} {f.unit_en}".strip())

    def in_words(self, f: Field, value: Any) -> str:
        return figure(value)

    def for_sheet(self, f: Field, value: Any, answers: Any) -> Any:
        return value if isinstance(value, (int, float)) else self.text(f, value)

    def as_typed(self, value: Any) -> str:
        return "" if value is None or isinstance(value, (list, dict)) else f"{Decimal(str(value)):f}"
