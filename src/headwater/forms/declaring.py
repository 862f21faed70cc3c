"""The parts of a form, from their tables in a package. Keys that the part does not know are mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Problem, Reader
from headwater.forms.shapes import FIELD_TYPES, REGIMES, SCALARS, AttachmentKind, Choice, CrossCheck, Document, Field, Section

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_CHARS = 50_000
MOST_ROWS = 200


def unique(problems: list[Problem], key: str, codes: list[str]) -> None:
    for code in sorted({c for c in codes if codes.count(c) > 1}):
        problems.append((key, f"code {code!r} is used twice"))


def read_field(r: Reader, *, column: bool = False) -> Field:
    """A question of a section, or a column of a table."""
    kind = r.text("type", required=True)
    known = SCALARS if column else FIELD_TYPES
    if kind and kind not in known:
        r.problems.append((r.path("type"), f"unknown field type {kind!r}; known: {', '.join(known)}"))
    code = r.text("code", required=True)
    if code and not CODE.fullmatch(code):
        r.problems.append((r.path("code"), f"expected lower-case letters, digits and underscores, found {code!r}"))
    values: dict[str, Any] = {
        "code": code,
        "type": kind,
        "label_zh": r.text("label_zh", required=True),
        "label_en": r.text("label_en", required=True),
        "required": r.get("required", bool, False),
        "help_zh": r.text("help_zh"),
        "help_en": r.text("help_en"),
        "where": r.where,
    }
    if not column:
        values |= {"when": r.text("when"), "prefill": r.text("prefill"), "restricted": r.get("restricted", bool, False)}
    if kind in known:
        values |= OF_TYPE.get(kind, _plain)(r)
    else:
        r.read |= set(r.table)
    r.done()
    return Field(**values)


def _plain(_r: Reader) -> dict[str, Any]:
    return {}


def _text(r: Reader, most: int = 4000) -> dict[str, Any]:
    low, high = r.get("min_chars", int, 0), r.get("max_chars", int, most)
    if low > high:
        r.problems.append((r.path("min_chars"), f"is above max_chars ({high})"))
    if not 0 < high <= MOST_CHARS:
        r.problems.append((r.path("max_chars"), f"expected 1 to {MOST_CHARS}, found {high}"))
    return {"min_chars": low, "max_chars": high}


def _line(r: Reader) -> dict[str, Any]:
    return _text(r, 200)


def _number(r: Reader) -> dict[str, Any]:
    decimals = r.get("decimals", int, 0)
    if not 0 <= decimals <= 6:
        r.problems.append((r.path("decimals"), f"expected 0 to 6, found {decimals}"))
    unit = {"unit_zh": r.text("unit_zh"), "unit_en": r.text("unit_en")}
    return {"decimals": decimals, **unit, **_bounds(r, "min", "max"), **_value(r)}


def _money(r: Reader) -> dict[str, Any]:
    return {**_bounds(r, "min_fen", "max_fen"), **_value(r)}


def _bounds(r: Reader, low: str, high: str) -> dict[str, Any]:
    kinds: tuple[type, ...] = (int,) if low.endswith("_fen") else (int, float)
    least, most = r.get(low, kinds), r.get(high, kinds)
    if least is not None and most is not None and least > most:
        r.problems.append((r.path(low), f"is above {high} ({most})"))
    return {"minimum": None if least is None else Decimal(str(least)), "maximum": None if most is None else Decimal(str(most))}


def _value(r: Reader) -> dict[str, Any]:
    value = r.text("value")
    if value and r.table.get("prefill"):
        r.problems.append((r.path("prefill"), "has no effect on a calculated value"))
    return {"value": value}


def _choices(r: Reader) -> dict[str, Any]:
    choices = tuple(read_choice(c) for c in r.tables("choice"))
    unique(r.problems, r.path("choice"), [code for code, _words in choices if code])
    if not choices:
        r.problems.append((r.path("choice"), "a field of this type needs at least one choice"))
    return {"choices": choices}


def read_choice(r: Reader) -> Choice:
    choice = (r.text("code", required=True), Bilingual(r.text("zh", required=True), r.text("en", required=True)))
    r.done()
    return choice


def _table(r: Reader) -> dict[str, Any]:
    columns = tuple(read_field(c, column=True) for c in r.tables("column", required=True))
    unique(r.problems, r.path("column"), [c.code for c in columns])
    if "column" in r.table and not 0 < len(columns) <= 12:
        r.problems.append((r.path("column"), f"expected 1 to 12 columns, found {len(columns)}"))
    return {"columns": columns, **_rows(r)}


def _rows(r: Reader) -> dict[str, Any]:
    low, high = r.get("min_rows", int, 0), r.get("max_rows", int, 30)
    if not 0 <= low <= high:
        r.problems.append((r.path("min_rows"), f"expected 0 to max_rows ({high}), found {low}"))
    if not 0 < high <= MOST_ROWS:
        r.problems.append((r.path("max_rows"), f"expected 1 to {MOST_ROWS}, found {high}"))
    return {"min_rows": low, "max_rows": high}


def _line_column(code: str, zh: str, en: str, **more: Any) -> Field:
    given: dict[str, Any] = {"code": code, "type": "line", "label_zh": zh, "label_en": en, "required": True, "max_chars": 300}
    return Field(**(given | more))


def _milestones(r: Reader) -> dict[str, Any]:
    """Steps with a date and a test; with `money = true` each is paid for when it is reached."""
    columns = [
        _line_column("step", "阶段目标", "Step"),
        _line_column("due", "完成日期", "Due", type="date"),
        _line_column("test", "考核指标与验收方式", "How it is tested"),
    ]
    if r.get("money", bool, False):
        columns.append(_line_column("amount", "阶段经费", "Money", type="money", minimum=Decimal(0)))
    return {"columns": tuple(columns), **_rows(r)}


CATEGORIES: tuple[Choice, ...] = (
    ("purchase", Bilingual("设备费：购置", "Equipment: purchase")),
    ("equipment", Bilingual("设备费：试制、升级改造、租赁", "Equipment: making, upgrade, lease")),
    ("operation", Bilingual("业务费", "Operation")),
    ("labour", Bilingual("劳务费", "Labour")),
)
"""Direct cost in three categories (国办发〔2021〕32号); purchases are told apart because indirect cost is counted without them."""


def _budget(r: Reader) -> dict[str, Any]:
    regime = r.text("regime", required=True)
    if regime and regime not in REGIMES:
        r.problems.append((r.path("regime"), f"expected one of {', '.join(REGIMES)}, found {regime!r}"))
    amount = _line_column("amount", "金额", "Amount", type="money", minimum=Decimal(0))
    columns: dict[str, tuple[Field, ...]] = {
        "budget3": (
            _line_column("category", "科目", "Category", type="choice", choices=CATEGORIES),
            _line_column("item", "支出内容", "Item"),
            amount,
            _line_column("basis", "测算依据", "Basis", required=False),
        ),
        "block": (
            _line_column("year", "年度", "Year", type="number", minimum=Decimal(2000), maximum=Decimal(2100)),
            amount,
            _line_column("goal", "绩效目标", "Goal"),
        ),
    }
    return {"regime": regime, "columns": columns.get(regime, ()), "min_rows": 0 if regime == "lump" else 1, "max_rows": 60}


def _reference(r: Reader) -> dict[str, Any]:
    return {"outside": r.get("outside", bool, False)}


def _file(r: Reader) -> dict[str, Any]:
    return {"kind": r.text("kind", required=True)}


OF_TYPE: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "text": _text,
    "rich": _text,
    "line": _line,
    "number": _number,
    "money": _money,
    "date": _value,
    "choice": _choices,
    "choices": _choices,
    "person": _reference,
    "organisation": _reference,
    "table": _table,
    "milestones": _milestones,
    "budget": _budget,
    "file": _file,
}


def read_section(r: Reader, stages: tuple[str, ...] = ()) -> Section:
    section = Section(
        r.text("code", required=True),
        r.text("title_zh", required=True),
        r.text("title_en", required=True),
        tuple(read_field(f) for f in r.tables("field", required=True)),
        r.text("stage") if stages else "",
    )
    if section.stage and section.stage not in stages:
        r.problems.append((r.path("stage"), f"expected {' or '.join(stages)}, found {section.stage!r}"))
    r.done()
    return section


def read_check(r: Reader) -> CrossCheck:
    check = CrossCheck(
        code=r.text("code", required=True),
        expr=r.text("expr", required=True),
        message_zh=r.text("message_zh", required=True),
        message_en=r.text("message_en", required=True),
        mend_zh=r.text("mend_zh"),
        mend_en=r.text("mend_en"),
        blocks=r.get("blocks", bool, True),
        reason=r.text("reason", "F05"),
        when=r.text("when"),
        where=r.where,
    )
    if not re.fullmatch(r"F\d\d", check.reason):
        r.problems.append((r.path("reason"), f"expected a reason code such as F05, found {check.reason!r}"))
    r.done()
    return check


def read_attachment(r: Reader) -> AttachmentKind:
    kind = AttachmentKind(r.text("kind", required=True), r.text("label_zh", required=True), r.text("label_en", required=True))
    r.done()
    return kind


def read_document(r: Reader, parties: tuple[str, ...]) -> Document:
    """Read a document to sign; `parties` are those who can sign something of such a form."""
    signs = r.get("signs", list, [], required=True)
    for party in signs:
        if party not in parties:
            r.problems.append((r.path("signs"), f"expected some of {', '.join(parties)}, found {party!r}"))
    if "signs" in r.table and (not signs or len(set(map(str, signs))) < len(signs)):
        r.problems.append((r.path("signs"), "expected at least one party, each once"))
    found = Document(
        code=r.text("code", required=True),
        title_zh=r.text("title_zh", required=True),
        title_en=r.text("title_en", required=True),
        text_zh=r.text("text_zh", required=True).strip(),
        text_en=r.text("text_en", required=True).strip(),
        signs=tuple(s for s in signs if isinstance(s, str)),
        when=r.text("when"),
        required=r.get("required", bool, True),
        where=r.where,
    )
    if found.code and not CODE.fullmatch(found.code):
        r.problems.append((r.path("code"), f"expected small letters, digits and _, at most 40, found {found.code!r}"))
    r.done()
    return found
