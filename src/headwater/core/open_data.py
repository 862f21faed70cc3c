"""Public registers as tables: for download, for the command line, for anybody's own analysis. Every app declares its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from headwater.core.register import Register
from headwater.core.sheets import write_csv, write_xlsx


@dataclass(frozen=True)
class Dataset:
    """A public register: what it is called, the codes of its columns, its rows as the public may see them, and how many they are."""

    label_zh: str
    label_en: str
    heading: tuple[str, ...]
    rows: Callable[[], list[list[Any]]]
    count: Callable[[], int]


OPEN_DATA: Register[Dataset] = Register("public register")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write(name: str, form: str) -> bytes:
    """Return a register as csv, xlsx or json bytes; times are given with their zone in json.

    Raises:
        LookupError: no such register.
    """
    dataset = OPEN_DATA[name]
    rows = dataset.rows()
    if form == "json":
        records = [dict(zip(dataset.heading, row, strict=True)) for row in rows]
        return json.dumps(
            {"register": name, "generated_at": timezone.now(), "rows": records}, ensure_ascii=False, default=str
        ).encode()
    plain = [
        [timezone.localtime(c).replace(tzinfo=None) if hasattr(c, "tzinfo") and c.tzinfo else c for c in row] for row in rows
    ]
    return write_csv(dataset.heading, plain) if form == "csv" else write_xlsx(name, dataset.heading, plain)
