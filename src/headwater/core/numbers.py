"""Numbers as people write them. A comma parts thousands and nothing else: what could mean two numbers is asked again, never guessed."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from headwater.core.money import Fen, PartOfFen
from headwater.core.translation import gettext as _

MOST_FEN = 10**13
MOST_DIGITS = 15
DECIMALS = 6
PLAIN = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
PARTED = re.compile(r"-?[1-9]\d{0,2}([, ])\d{3}(?:\1\d{3})*(?:\.\d+)?", re.ASCII)
"""Thousands apart by commas, or by blanks: three digits after each, one kind of sign throughout."""
DECIMAL_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)
HALF = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {0xFE50: 0x2C, 0xFE52: 0x2E} | dict.fromkeys(map(ord, "−﹣‐‑–"), 0x2D)
"""Full-width and small signs. The compatibility forms of Unicode would do more: they make 5² into 52."""
UNITS = {"万元": Fen.of_wan, "万": Fen.of_wan, "元": Fen.of_yuan}


class BadNumber(ValueError):
    """A text that is no number; the message says what was expected and how to mend it."""


def read_decimal(text: str) -> Decimal:
    """Return the number that a text writes, in full-width or half-width signs and the digits of any script.

    Raises:
        BadNumber: it is none, has a comma where no thousands end, or has more digits than are kept.
    """
    return _read(_half(text), _("应为数字，例如 12.5"))


def read_whole(text: str) -> int:
    """Return the whole number that a text writes.

    Raises:
        BadNumber: no number, or not a whole one.
    """
    expectation = _("应为整数，例如 12")
    number = _read(_half(text), expectation)
    if number != number.to_integral_value():
        raise BadNumber(expectation)
    return int(number)


def read_wan(text: str) -> Fen:
    """Return the amount that a text writes in 万元, or in the unit that stands behind it.

    Raises:
        BadNumber: no number, below zero, more decimals than fen, or more than any budget holds.
    """
    plain = _half(text)
    unit = next((u for u in UNITS if plain.endswith(u)), "")
    number = _read(plain.removesuffix(unit).rstrip(), _("请填写数字，单位万元，例如 12.5"))
    if number < 0:
        raise BadNumber(_("请填写数字，单位万元，不能为负"))
    try:
        fen = UNITS[unit or "万元"](number)
    except PartOfFen as part:
        raise BadNumber(_("金额最小到分：以元为单位时最多两位小数")) from part
    if fen >= MOST_FEN:
        raise BadNumber(_("金额过大：单位是万元，请核对"))
    return fen


def _half(text: str) -> str:
    """Return a text with half-width signs, digits of any script as 0 to 9, plain blanks and a plain minus."""
    signs = (c if c.isascii() else str(unicodedata.decimal(c, c)) for c in text.translate(HALF))
    return " ".join("".join(signs).split())


def _read(figure: str, expectation: str) -> Decimal:
    figure = figure.removeprefix("+")
    plain = re.sub("[, ]", "", figure) if PARTED.fullmatch(figure) else figure
    parts = PLAIN.fullmatch(plain)
    if parts is None:
        raise BadNumber(_comma_mistake(figure) if "," in figure else expectation)
    if len(parts[1].lstrip("0")) > MOST_DIGITS or len(parts[2] or "") > DECIMALS:
        raise BadNumber(_("最多 %(digits)d 位整数、%(decimals)d 位小数") % {"digits": MOST_DIGITS, "decimals": DECIMALS})
    return Decimal(plain)


def _comma_mistake(figure: str) -> str:
    if DECIMAL_COMMA.fullmatch(figure):
        parameters = {"text": figure[:30], "dot": figure.replace(",", ".")[:30], "whole": figure.replace(",", "")[:30]}
        return _("“%(text)s”的逗号不在千位上：小数请用点，写成 %(dot)s；整数请去掉逗号，写成 %(whole)s") % parameters
    return _("“%s”的逗号不在千位上：逗号只能分隔千位，例如 1,234,567.89") % figure[:30]
