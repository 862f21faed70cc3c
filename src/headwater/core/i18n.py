"""Names in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, override


def chinese() -> bool:
    return (get_language() or "zh-hans").startswith("zh")


def in_chinese() -> override:
    """For official texts, whoever makes them: `with in_chinese(): …`."""
    return override("zh-hans")


def named(record: Any, stem: str = "name") -> str:
    """`record.name_zh` or `record.name_en`, by the reader's language; Chinese where there is no English."""
    if record is None:
        return ""
    if isinstance(record, dict):
        zh, en = record.get(f"{stem}_zh", ""), record.get(f"{stem}_en", "")
    else:
        zh, en = getattr(record, f"{stem}_zh", ""), getattr(record, f"{stem}_en", "")
    return str(zh if chinese() or not en else en)
