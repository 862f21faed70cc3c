"""The keys of a package's tables, and how long a text may be: what the columns hold into which it is loaded. A test holds the lengths
against the tables.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from headwater.core.reading import Problem

NAMED = {"code": 60, "name_zh": 200, "name_en": 300}
WIDTHS: dict[tuple[str, str], dict[str, int]] = {
    ("region", "region"): {
        **NAMED,
        "code": 40,
        "department_zh": 80,
        "fund_zh": 80,
        "fund_en": 120,
        "letter_mark": 20,
        "notice_mark": 20,
    },
    ("places", "place"): {**NAMED, "name_mn": 120, "level": 12},
    ("agencies", "agency"): {**NAMED, "full_name_zh": 200},
    ("fields", "priority_field"): NAMED,
    ("fields", "review_group"): NAMED,
    ("disciplines", "discipline"): NAMED,
    ("organisations", "organisation"): {
        **NAMED,
        "name_mn": 300,
        "ror": 9,
        "moe_code": 12,
        "address": 200,
        "legal_representative": 60,
        "bank": 120,
        "bank_account": 40,
    },
    ("policy", "article"): {"title_zh": 200, "title_en": 300},
    ("policy", "article.measure"): {"code": 20},
    ("policy", "article.target"): {"code": 20, "unit": 20},
    ("parameters", "parameter"): {"key": 80, "confidence": 20},
}
"""By file and table of a package."""

CODE, NAMES = frozenset({"code"}), frozenset({"name_zh", "name_en"})
KEYS: dict[tuple[str, str], frozenset[str]] = {
    ("region", "region"): CODE
    | NAMES
    | {
        "department_zh",
        "fund_zh",
        "fund_en",
        "letter_mark",
        "notice_mark",
        "place",
        "currency",
        "timezone",
        "languages",
        "map",
        "map_source",
        "bases",
        "office",
    },
    ("places", "place"): CODE | NAMES | {"name_mn", "level", "parent", "kind", "status"},
    ("agencies", "agency"): CODE
    | NAMES
    | {"full_name_zh", "current_name_zh", "kind", "place", "recommends", "members", "named_in_document", "note"},
    ("fields", "priority_field"): CODE | NAMES | {"articles"},
    ("fields", "review_group"): CODE | NAMES | {"discipline_prefixes"},
    ("disciplines", "discipline"): CODE | NAMES | {"level", "parent"},
    ("organisations", "organisation"): CODE
    | NAMES
    | {"kind", "place", "recommender", "direct", "ownership", "moe_code", "ror", "source"}
    | {"name_mn", "address", "legal_representative", "bank", "bank_account"},
    ("policy", "article"): frozenset(
        {"number", "chapter", "title_zh", "title_en", "summary_zh", "summary_en", "agencies", "agencies_open", "fields"}
        | {"measure", "target", "evidence"}
    ),
    ("policy", "article.measure"): CODE | {"text_zh", "text_en"},
    ("policy", "article.target"): CODE | {"text_zh", "text_en", "value", "value_max", "comparison", "unit", "by"},
    ("parameters", "parameter"): frozenset(
        {"key", "applies_to", "valid_from", "valid_to", "value", "source", "confidence", "note", "label_zh", "label_en"}
    ),
}
"""Keys that are known, by file and table; any other is most likely a spelling mistake."""
WORDS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("policy", "article.target"): {"comparison": ("at_least", "range")},
    ("region", "region"): {"currency": ("CNY",), "timezone": tuple(sorted(available_timezones()))},
}
"""What some keys may say."""


def unknown_keys(name: str, table: dict[str, Any], problems: list[Problem]) -> None:
    """Report keys that nothing reads, and words that mean nothing."""
    for (file, path), keys in KEYS.items():
        for where, row in _rows(table, path.split("."), "") if file == name else ():
            for key in row.keys() - keys:
                problems.append((f"{where}.{key}", f"unknown key; known: {', '.join(sorted(keys))}"))
            for key, words in WORDS.get((file, path), {}).items():
                if key in row and row[key] and row[key] not in words:
                    choices = ", ".join(words) if len(words) < 20 else "a name of the time zone database"
                    problems.append((f"{where}.{key}", f"found {row[key]!r}; known: {choices}"))


def too_long(name: str, table: dict[str, Any], problems: list[Problem]) -> None:
    """Report texts of a file that no column would hold."""
    for (file, path), widths in WIDTHS.items():
        if file == name:
            for where, row in _rows(table, path.split("."), ""):
                for key, most in widths.items():
                    value = row.get(key)
                    if isinstance(value, str) and len(value) > most:
                        problems.append((f"{where}.{key}", f"expected at most {most} characters, found {len(value)}"))


def _rows(table: dict[str, Any], path: list[str], where: str) -> list[tuple[str, dict[str, Any]]]:
    name, rest = path[0], path[1:]
    value = table.get(name)
    at = f"{where}.{name}" if where else name
    rows = [(at, value)] if isinstance(value, dict) else []
    if isinstance(value, list):
        rows = [(f"{at}[{n}]", row) for n, row in enumerate(value) if isinstance(row, dict)]
    return [deeper for key, row in rows for deeper in _rows(row, rest, key)] if rest else rows
