"""Figures in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def figure(value: Any) -> str:
    if value is None:
        return ""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
