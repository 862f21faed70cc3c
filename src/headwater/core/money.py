"""Money in whole fen (分, a hundredth of a yuan): one type, one way of rounding, one way of showing an amount.

Amounts are kept, added and compared in fen; a column, JSON and SQL hold them as integers. A unit changes exactly or not at all. Only a
rate, a share or a division leaves a part of a fen, and it is rounded once, at the end, half up (`rounded`). The cap of the indirect cost
is the one exception and goes down (`rounded_down`): what lies above a cap would be refused. What is shown is exact, so that the
amounts of a column add up to the total below it.

This module knows no Django: region packages are checked, and expressions worked out, without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from headwater.core.i18n import chinese

Number = int | Decimal | Fraction
"""What is exact. A float is none: 0.1 is not a tenth."""
FEN_IN_YUAN = 100
FEN_IN_WAN = 1_000_000
FEN_IN_MILLION = 100 * FEN_IN_WAN


class PartOfFen(ValueError):
    """An amount that whole fen cannot hold."""


class Fen(int):
    """An amount in fen: an integer wherever it is stored, an amount wherever it is calculated with.

    A sum of amounts is an amount. A product with a rate (which stands behind it) and a quotient by a number are rounded; a quotient of
    two amounts is a fraction.
    """

    __slots__ = ()

    @classmethod
    def of_wan(cls, number: Number | str) -> Fen:
        """Return an amount given in 万元.

        Raises:
            PartOfFen: more decimals than whole fen have.
        """
        return cls._exact(number, FEN_IN_WAN)

    @classmethod
    def of_yuan(cls, number: Number | str) -> Fen:
        """Return an amount given in yuan.

        Raises:
            PartOfFen: more decimals than whole fen have.
        """
        return cls._exact(number, FEN_IN_YUAN)

    @classmethod
    def _exact(cls, number: Number | str, unit: int) -> Fen:
        over, under = _ratio(Decimal(number) if isinstance(number, str) else number)
        if over * unit % under:
            raise PartOfFen(str(number))
        return cls(over * unit // under)

    def __add__(self, other: int) -> Fen:
        return Fen(int(self) + _whole(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Fen:
        return Fen(int(self) - _whole(other))

    def __neg__(self) -> Fen:
        return Fen(-int(self))

    def __mul__(self, rate: Number) -> Fen:
        if isinstance(rate, Fen):
            raise TypeError("an amount times an amount is none")
        over, under = _ratio(rate)
        return _half_up(int(self) * over, under)

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> Fen | Fraction:  # type: ignore[override]  # an int gives a float here, an amount never
        if isinstance(other, Fen):
            return Fraction(int(self), int(other))
        over, under = _ratio(other)
        if not over:
            raise ZeroDivisionError("an amount divided by nothing")
        return _half_up(int(self) * under, over) if over > 0 else _half_up(-int(self) * under, -over)


def rounded(fen: Number) -> Fen:
    """Return a calculated number of fen as an amount: half a fen goes up, away from zero."""
    return _half_up(*_ratio(fen))


def rounded_down(fen: Number) -> Fen:
    """Return a calculated cap as an amount: never above what was calculated."""
    over, under = _ratio(fen)
    return Fen(over // under)


def _whole(fen: int) -> int:
    if not isinstance(fen, int):
        raise TypeError(f"only an amount is added to an amount: {fen!r}")
    return int(fen)


def _ratio(number: Number) -> tuple[int, int]:
    if isinstance(number, float):
        raise TypeError(f"money is not calculated with floats: {number!r}")
    return number.as_integer_ratio()


def _half_up(over: int, under: int) -> Fen:
    whole = (2 * abs(over) + under) // (2 * under)
    return Fen(whole if over >= 0 else -whole)


def shares(total: int, weights: Sequence[int]) -> list[Fen]:
    """Divide `total` by `weights`, to the last fen: each share is rounded down, and what is left goes, a fen each, to the largest
    remainders, the first of equal ones first.

    Raises:
        ValueError: there is nothing to divide by.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("shares need weights above zero")
    parts = [divmod(total * weight, whole) for weight in weights]
    remainder = total - sum(part for part, _rest in parts)
    first = set(sorted(range(len(parts)), key=lambda n: (-parts[n][1], n))[:remainder])
    return [Fen(part + (n in first)) for n, (part, _rest) in enumerate(parts)]


def wan(fen: int, places: int = 0) -> str:
    """Return 万元 for running text, exact and without needless zeros: 10, 1,234.5, 0.000001; with `places`, at least so many decimals."""
    whole, decimals = _grouped(fen, FEN_IN_WAN, 6).split(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


def wan_column(fen: int) -> str:
    """Return 万元 as tables and pages show it, so that a column is aligned: 10.00, 1,234.50."""
    return wan(fen, 2)


def amount_said(fen: int) -> str:
    """Return an amount with its unit for reading, exact, as the reader's language writes it: 230 万元; CNY 2.30 million, CNY 100,000."""
    if chinese():
        return f"{wan(fen)} 万元"
    if abs(fen) >= FEN_IN_MILLION and fen % FEN_IN_WAN == 0:
        return f"CNY {_grouped(fen // FEN_IN_WAN, 100, 2)} million"
    return f"CNY {yuan(fen)}"


def wan_typed(fen: int) -> str:
    """Return 万元 as somebody types it into a field, without signs for thousands; reading it gives `fen` again."""
    return wan(fen).replace(",", "")


def yuan(fen: int) -> str:
    """Return yuan for reading: 80,500, and 80,500.50 where there are fen."""
    return _grouped(fen, FEN_IN_YUAN, 2).removesuffix(".00")


def _grouped(fen: int, unit: int, decimals: int) -> str:
    whole, rest = divmod(abs(int(fen)), unit)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:0{decimals}d}"


DIGITS, PLACES, GROUPS = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"), ("", "万", "亿", "万亿")


def capital(fen: int) -> str:
    """Return an amount in capitals as contracts write it (大写): 壹拾万元整, 壹仟零伍元贰角, 叁分.

    Raises:
        ValueError: less than nothing, or more than the capitals go.
    """
    whole, part = divmod(int(fen), FEN_IN_YUAN)
    if fen < 0 or whole >= 10_000 ** len(GROUPS):
        raise ValueError(f"no capitals for {fen} fen")
    jiao, cents = divmod(part, 10)
    words = f"{_capital_whole(whole)}元" if whole or not part else ""
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif cents and whole:
        words += "零"
    return words + (f"{DIGITS[cents]}分" if cents else "" if jiao else "整")


def _capital_whole(whole: int) -> str:
    """Return a number of yuan in capitals; a run of zeros between digits is read once."""
    words, zero = "", False
    for group in range(len(GROUPS) - 1, -1, -1):
        number = whole // 10_000**group % 10_000
        for place in range(3, -1, -1):
            digit = number // 10**place % 10
            words += ("零" if zero and digit and words else "") + (f"{DIGITS[digit]}{PLACES[place]}" if digit else "")
            zero = not digit
        if number:
            words += GROUPS[group]
    return words or DIGITS[0]


def wan_cell(fen: int) -> int | float:
    """Return 万元 as a number for a spreadsheet, a chart or an indicator: whole where it is whole, else the nearest that a cell can hold."""
    return _cell(fen, FEN_IN_WAN)


def yuan_cell(fen: int) -> int | float:
    """Return yuan as a number, for open data."""
    return _cell(fen, FEN_IN_YUAN)


def _cell(fen: int, unit: int) -> int | float:
    return int(fen) // unit if fen % unit == 0 else int(fen) / unit
