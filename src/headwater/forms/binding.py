"""Questions of a section bound to their answers, as an editor draws them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from headwater.core.i18n import Bilingual, named
from headwater.forms.answers.judging import problems_of
from headwater.forms.answers.rich import to_html
from headwater.forms.answers.state import Answers
from headwater.forms.fieldtype import Errors, label
from headwater.forms.shapes import Field


@dataclass
class Control:
    """One control: an input with its name, value, error and what it may hold."""

    field: Field
    name: str
    value: Any = ""
    error: str = ""
    options: list[tuple[str, str, bool]] = dataclasses.field(default_factory=list)
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
        return self.field.of.bounds(self.field)

    @property
    def html(self) -> str:
        return to_html(str(self.value))

    def choose(self, selection: Any) -> None:
        """Mark what is chosen among the choices of the question."""
        codes = selection if isinstance(selection, list) else [selection]
        self.options = [(code, str(words), code in codes) for code, words in self.field.choices]


@dataclass
class Question(Control):
    """A question with, for a table, its rows; `problems` are said beside it although they do not keep it from being saved."""

    hidden: bool = False
    problems: list[str] = dataclasses.field(default_factory=list)
    rows: list[list[Control]] = dataclasses.field(default_factory=list)
    limits: str = ""
    files: list[str] = dataclasses.field(default_factory=list)
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    def bind_rows(self, answers: Answers, post: Any, errors: Errors) -> None:
        """The rows, and a blank one to go on with."""
        f = self.field
        if post is not None:
            names = [n.split(".") for n in post]
            indices = [int(p[1]) for p in names if len(p) == 3 and p[0] == f.code and p[1].isdecimal() and len(p[1]) < 4]
            rows: list[dict[str, Any]] = [{} for _n in range(max(indices, default=-1) + 1)]
        else:
            rows = answers.rows_in(f, answers.stored(f))
        rows += [{}] * max(1 if len(rows) < f.max_rows and post is None else 0, min(f.min_rows, 3) - len(rows))
        self.rows = [[_cell(f, c, n, row, post, errors) for c in f.columns] for n, row in enumerate(rows)]


def bind(fields: tuple[Field, ...], answers: Answers, post: Any = None, errors: dict[str, str] | None = None) -> list[Question]:
    """The questions with their stored answers; one that was refused, alone or with all ("_"), keeps what was typed.

    A question that is not asked now is drawn with its answer, too, so that saving the page does not take the answer away.
    """
    return [_question(f, answers, post, errors or {}) for f in fields]


def _question(f: Field, answers: Answers, post: Any, errors: Errors) -> Question:
    refused = "_" in errors or any(name == f.code or name.startswith(f"{f.code}.") for name in errors)
    q = Question(f, f.code, error=errors.get(f.code, ""), label=label(f), hidden=f.code in answers.hidden)
    q.problems = [str(problem) for problem in problems_of(answers, f)]
    q.limits = f.of.limits(f)
    f.of.bind(q, answers, post if refused else None, errors)
    return q


def _cell(f: Field, c: Field, n: int, row: dict[str, Any], post: Any, errors: Errors) -> Control:
    name = f"{f.code}.{n}.{c.code}"
    value = row.get(c.code)
    text = post.get(name, "") if post is not None else c.of.as_typed(value)
    if c.value:
        text = c.of.text(c, value)
    control = Control(c, name, text, errors.get(name, ""), label=label(c))
    control.choose(text if post is not None else value)
    return control


def live(answers: Answers) -> dict[str, Any]:
    """What a page shows anew after a save: which questions are asked, calculated values, rows with calculated columns."""
    values: dict[str, str] = {}
    rows: dict[str, list[dict[str, str]]] = {}
    for f in answers.form.fields:
        values |= f.of.live(f, answers)
        if any(c.value for c in f.columns):
            rows[f.code] = f.of.live_rows(f, answers)
    return {
        "hidden": sorted(answers.hidden),
        "asked": [f.code for f in answers.form.fields if f.when],
        "values": values,
        "rows": rows,
    }


def outline(sections: Any) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The form for somebody who does not fill it in: (section, [(question, what it takes, under which condition it is asked)])."""
    condition = str(Bilingual("按条件填写", "asked under a condition"))
    return [
        (named(s, "title"), [(label(f), f.of.limits(f), condition if f.when else "") for f in s.fields if not f.value])
        for s in sections
    ]
