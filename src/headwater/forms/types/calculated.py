"""Answers that an expression gives."""

from __future__ import annotations

from typing import Any

from headwater.core.reading import Reader


def read_value(r: Reader) -> dict[str, Any]:
    value = r.text("value")
    if value and r.table.get("prefill"):
        r.problems.append((r.path("prefill"), "has no effect on a calculated value"))
    return {"value": value}
