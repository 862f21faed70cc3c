"""Typed answers made fit for storage. Only what cannot be stored is an error; what is merely incomplete is judged later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from headwater.core.numbers import MOST_FEN, BadNumber, read_decimal
from headwater.forms.answers.references import Registry
from headwater.forms.shapes import Field

MOST = Decimal(10) ** 15


@dataclass
class Cleaned:
    """The value to store (None for no answer) and the errors by the name of the control, such as "items.0.price"."""

    value: Any = None
    errors: dict[str, str] = field(default_factory=dict)


def clean(f: Field, value: Any, registry: Registry) -> Cleaned:
    """Make an answer fit for storage."""
    if f.type == "file" or f.value:
        return Cleaned(errors={f.code: _("没有这一栏")})
    if f.type == "budget":
        return _budget(f, value, registry)
    if f.has_rows:
        rows, errors = _rows(f, value, registry)
        return Cleaned(rows or None, errors)
    kept, problem = cell(f, value, registry, lenient=True)
    return Cleaned(kept, {f.code: problem} if problem else {})


def cell(f: Field, value: Any, registry: Registry, *, lenient: bool = False) -> tuple[Any, str]:
    """(what to store, what is wrong) of one simple answer; `lenient` keeps a text beyond its limit, for its author to shorten."""
    blank = value.strip() == "" if isinstance(value, str) and not f.is_text else value in (None, "", [])
    if blank:
        return ("" if f.is_text else None), ""
    if "\0" in str(value):
        return None, _("含有不能保存的字符")
    if f.type in CLEANERS:
        return CLEANERS[f.type](f, value)
    if f.type == "discipline":
        return registry.discipline(value)
    if f.type == "person":
        return registry.person(value, outside=f.outside)
    if f.type == "organisation":
        return registry.organisation(value, outside=f.outside)
    return _text(f, value, lenient)


def _text(f: Field, value: Any, lenient: bool) -> tuple[Any, str]:
    if not isinstance(value, str):
        return None, _("应为文字")
    if len(value) > f.max_chars * (5 if lenient else 1):
        return None, _("内容过长（上限 %d 字）") % f.max_chars
    return (" ".join(value.split("\n")) if f.type == "line" else value), ""


def _number(f: Field, value: Any) -> tuple[Any, str]:
    try:
        number = read_decimal(value) if isinstance(value, str) else Decimal("NaN" if isinstance(value, bool) else str(value))
    except BadNumber as bad:
        return None, str(bad)
    if not number.is_finite() or abs(number) >= MOST:
        return None, _("应为数字")
    if number != round(number, f.decimals):
        return None, _("最多 %d 位小数") % f.decimals if f.decimals else _("应为整数")
    return (int(number) if number == number.to_integral_value() else float(number)), ""


def _money(f: Field, value: Any) -> tuple[Any, str]:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_FEN
    return (value, "") if good else (None, _("请填写金额（万元）"))


def _date(f: Field, value: Any) -> tuple[Any, str]:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()[:10], ""
    except ValueError:
        return None, _("应为 2026-07-01 这样的日期")


def _choice(f: Field, value: Any) -> tuple[Any, str]:
    return (value, "") if value in [c[0] for c in f.choices] else (None, _("请从所列选项中选择"))


def _choices(f: Field, value: Any) -> tuple[Any, str]:
    known = [c[0] for c in f.choices]
    if not isinstance(value, (list, tuple, set, frozenset)) or not set(value) <= set(known):
        return None, _("请从所列选项中选择")
    return [code for code in known if code in value], ""


CLEANERS: dict[str, Callable[[Field, Any], tuple[Any, str]]] = {
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
}


def _rows(f: Field, value: Any, registry: Registry) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows that hold anything; calculated columns are not stored."""
    if value is None or value == "":
        return [], {}
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) for row in value):
        return [], {f.code: _("应为表格的各行")}
    rows: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for n, given in enumerate(value):
        row: dict[str, Any] = {}
        for c in f.columns:
            kept, problem = (None, "") if c.value else cell(c, given.get(c.code), registry)
            if problem:
                errors[f"{f.code}.{n}.{c.code}"] = problem
            elif kept is not None and str(kept).strip():
                row[c.code] = kept
        if row:
            rows.append(row)
    if len(rows) > f.max_rows:
        errors[f.code] = _("最多 %d 行") % f.max_rows
    return rows, errors


def _budget(f: Field, value: Any, registry: Registry) -> Cleaned:
    """A budget: its lines, the indirect cost, whether the work is pure theory, whether the promise of a lump sum is given."""
    if value is None or value == "":
        return Cleaned()
    if not isinstance(value, Mapping):
        return Cleaned(errors={f.code: _("应为表格的各行")})
    out = Cleaned({})
    if f.regime == "lump":
        out.value["promise"] = bool(value.get("promise"))
    else:
        rows, out.errors = _rows(f, value.get("rows"), registry)
        out.value["rows"] = rows
    if f.regime == "budget3":
        indirect, problem = _money(f, value.get("indirect") or 0)
        if problem:
            out.errors[f"{f.code}.indirect"] = problem
        out.value |= {"indirect": indirect or 0, "theory": bool(value.get("theory"))}
    if not any(out.value.values()):
        out.value = None
    return out
