"""Figures in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def wan(fen: int) -> str:
    """Fen as 万元 without needless zeros: 123456700 is 123.4567."""
    text = f"{Decimal(fen) / 1_000_000:,.6f}".rstrip("0").rstrip(".")
    return text or "0"


def figure(value: Any) -> str:
    if value is None:
        return ""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
