"""Questions of a section bound to their answers, as the editor draws them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from headwater.calls.answers.judging import cap_of, problems_of
from headwater.calls.answers.rich import to_html
from headwater.calls.answers.showing import label, text_of, wan
from headwater.calls.answers.state import Answers
from headwater.calls.schemes import Field
from headwater.core.i18n import chinese, named
from headwater.core.names import with_institution


@dataclass
class Control:
    """One control: an input with its name, value, error and what it may hold."""

    field: Field
    name: str
    value: Any = ""
    error: str = ""
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    label: str = ""

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What one may choose, with nothing chosen first."""
        return [("", ""), *((code, text) for code, text, _on in self.options)]

    @property
    def bounds(self) -> str:
        return bounds(self.field)

    @property
    def html(self) -> str:
        return to_html(str(self.value))


@dataclass
class Question(Control):
    """A question with, for a table, its rows; `problems` are said beside it although they do not keep it from being saved."""

    hidden: bool = False
    problems: list[str] = field(default_factory=list)
    rows: list[list[Control]] = field(default_factory=list)
    limits: str = ""
    files: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


def bind(fields: tuple[Field, ...], answers: Answers, typed: Any = None, errors: dict[str, str] | None = None) -> list[Question]:
    """The questions with their stored answers; one that was refused, alone or with all ("_"), keeps what was typed.

    A question that is not asked now is drawn with its answer, too, so that saving the page does not take the answer away.
    """
    return [_question(f, answers, typed, errors or {}) for f in fields]


def _question(f: Field, answers: Answers, typed: Any, errors: dict[str, str]) -> Question:
    refused = "_" in errors or any(name == f.code or name.startswith(f"{f.code}.") for name in errors)
    post = typed if refused else None
    zh = chinese()
    stored = answers.get(f.code) if f.value else answers.stored(f)
    q = Question(f, f.code, error=errors.get(f.code, ""), label=label(f, zh), hidden=f.code in answers.hidden)
    q.problems = [pair[0 if zh else 1] for pair in problems_of(answers, f)]
    q.limits = limits(f, zh)
    if f.type == "file":
        q.files = list(answers.file_names.get(f.kind, []))
    elif f.type == "budget":
        q.extra = _budget(f, answers, post, errors)
        q.rows = _rows(f, answers, post, errors) if f.columns else []
    elif f.has_rows:
        q.rows = _rows(f, answers, post, errors)
    elif f.value:
        q.value = text_of(f, stored, zh)
    else:
        q.value = post.get(f.code, "") if post is not None else typed_text(f, stored)
        chosen = post.getlist(f.code) if post is not None else stored
        q.options = options(f, chosen)
    return q


def options(f: Field, chosen: Any) -> list[tuple[str, str, bool]]:
    have = chosen if isinstance(chosen, list) else [chosen]
    return [(code, zh if chinese() else en, code in have) for code, zh, en in f.choices]


def typed_text(f: Field, value: Any) -> str:
    """A stored answer as its author would type it."""
    if value is None or isinstance(value, list):
        return ""
    if f.type == "money":
        return wan(value).replace(",", "") if isinstance(value, int) else ""
    if f.type == "number":
        return f"{Decimal(str(value)):f}"
    if isinstance(value, dict):
        return with_institution(value.get("name", ""), value.get("organisation", ""))
    return str(value)


def _rows(f: Field, answers: Answers, post: Any, errors: dict[str, str]) -> list[list[Control]]:
    """The rows, and a blank one to go on with."""
    if post is not None:
        indices = [
            int(p[1]) for n in post if len(p := n.split(".")) == 3 and p[0] == f.code and p[1].isdecimal() and len(p[1]) < 4
        ]
        count = max(indices, default=-1) + 1
        rows: list[dict[str, Any]] = [{} for _n in range(count)]
    else:
        rows = answers.rows_in(f, answers.stored(f))
    rows += [{}] * max(1 if len(rows) < f.max_rows and post is None else 0, min(f.min_rows, 3) - len(rows))
    return [[_cell(f, c, n, row, post, errors) for c in f.columns] for n, row in enumerate(rows)]


def _cell(f: Field, c: Field, n: int, row: dict[str, Any], post: Any, errors: dict[str, str]) -> Control:
    name = f"{f.code}.{n}.{c.code}"
    value = row.get(c.code)
    text = post.get(name, "") if post is not None else typed_text(c, value)
    if c.value:
        text = text_of(c, value, chinese())
    return Control(c, name, text, errors.get(name, ""), options(c, text if post is not None else value), label(c, chinese()))


def _budget(f: Field, answers: Answers, post: Any, errors: dict[str, str]) -> dict[str, Any]:
    """What a budget has beside its lines, and the figures that follow from them."""
    value = answers.stored(f)
    value = value if isinstance(value, dict) else {}
    name = f"{f.code}.indirect"
    total, cap = answers.values.get(f"{f.code}.total"), cap_of(answers, value) if f.regime == "budget3" else None
    return {
        "indirect": post.get(name, "") if post is not None else typed_text(Field("", "money", "", ""), value.get("indirect")),
        "indirect_error": errors.get(name, ""),
        "theory": bool(post.get(f"{f.code}.theory") if post is not None else value.get("theory")),
        "promise": bool(post.get(f"{f.code}.promise") if post is not None else value.get("promise")),
        "total": wan(total.fen) if total else "0",
        "cap": "" if cap is None else wan(cap),
    }


def live(answers: Answers) -> dict[str, Any]:
    """What a page shows anew after a save: which questions are asked, calculated values, rows with calculated columns."""
    zh = chinese()
    values: dict[str, str] = {}
    rows: dict[str, list[dict[str, str]]] = {}
    for f in answers.scheme.fields:
        if f.value:
            values[f.code] = text_of(f, answers.get(f.code), zh)
        if f.type == "budget":
            extra = _budget(f, answers, None, {})
            values |= {f"{f.code}.total": extra["total"], f"{f.code}.cap": extra["cap"]}
        if any(c.value for c in f.columns):
            worked = [c for c in f.columns if c.value]
            rows[f.code] = [{c.code: text_of(c, row.get(c.code), zh) for c in worked} for row in answers.rows(f)]
    return {
        "hidden": sorted(answers.hidden),
        "asked": [f.code for f in answers.scheme.fields if f.when],
        "values": values,
        "rows": rows,
    }


def limits(f: Field, zh: bool) -> str:
    """What a question takes, in a few words."""
    if f.is_text:
        span = f"{f.min_chars}–{f.max_chars}" if f.min_chars else f"≤ {f.max_chars}"
        return f"{span} 字" if zh else f"{span} characters"
    if f.columns:
        span = f"{f.min_rows}–{f.max_rows}" if f.min_rows else f"≤ {f.max_rows}"
        return f"{span} 行" if zh else f"{span} rows"
    words = {
        "number": ("数字", "number"),
        "money": ("金额，万元", "amount, CNY 10,000"),
        "date": ("日期", "date"),
        "choice": ("单选", "one choice"),
        "choices": ("多选", "choices"),
        "discipline": ("申请代码", "application code"),
        "person": ("姓名加单位、电子邮箱或 ORCID", "name and institution, e-mail or ORCID"),
        "organisation": ("单位全称", "full name of the institution"),
        "budget": ("包干承诺", "promise on the lump sum"),
        "file": ("附件", "attachment"),
    }
    return f"{words.get(f.type, ('', ''))[0 if zh else 1]} {bounds(f)}".strip()


def bounds(f: Field) -> str:
    """The least and the most that a number or an amount may be: the same in both languages; empty where anything goes."""
    low, high = (None if b is None else wan(int(b)) if f.type == "money" else f"{b:f}" for b in (f.minimum, f.maximum))
    if f.type == "money" and f.minimum == 1 and high is None:
        return "> 0"
    if low is not None and high is not None:
        return f"{low}–{high}"
    return f"≥ {low}" if low is not None else f"≤ {high}" if high is not None else ""


def outline(sections: Any) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The form for somebody who does not fill it in: (section, [(question, what it takes, under which condition it is asked)])."""
    zh = chinese()
    asked = ("按条件填写", "asked under a condition")[0 if zh else 1]
    return [
        (named(s, "title"), [(label(f, zh), limits(f, zh), asked if f.when else "") for f in s.fields if not f.value])
        for s in sections
    ]
