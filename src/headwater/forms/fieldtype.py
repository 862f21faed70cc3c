"""What every type of question does: how it is declared, read, cleaned, worked out, judged and shown.

A type is one module of `headwater.forms.types`, which overrides what it does otherwise than this base: a simple answer of one control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from headwater.core.i18n import NOTHING, Bilingual, named
from headwater.core.numbers import BadNumber
from headwater.core.reading import Reader
from headwater.core.register import Register
from headwater.core.translation import gettext as _
from headwater.forms.answers.rich import to_plain
from headwater.forms.expressions import Type, Value

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.answers.state import Answers
    from headwater.forms.binding import Question
    from headwater.forms.shapes import Field

Pairs = list[tuple[str, str]]
"""Names of controls with what they send."""
Errors = Mapping[str, str]
"""What is wrong, by the name of the control."""


@dataclass
class Cleaned:
    """The value to store (None for no answer) and the errors by the name of the control, such as "items.0.price"."""

    value: Any = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """One answer to read. `kind` is text, rich or rows; `numeric` marks the columns that align right."""

    label: str
    kind: str
    text: str = ""
    html: str = ""
    heads: Sequence[str] = ()
    numeric: Sequence[bool] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def headed(self) -> list[tuple[str, bool]]:
        return list(zip(self.heads, self.numeric, strict=True))

    @property
    def labelled(self) -> list[list[tuple[str, bool, str]]]:
        """Rows whose cells carry their heading, for a page where the table becomes a list."""
        return [list(zip(self.heads, self.numeric, row, strict=True)) for row in self.rows]

    @property
    def plain_text(self) -> str:
        """An answer as one text, for a cell of a spreadsheet or a letter."""
        if self.kind == "rich":
            return to_plain(self.text)
        if self.kind != "rows":
            return self.text
        lines = [" | ".join(self.heads), *(" | ".join(row) for row in self.rows), *self.notes]
        return "\n".join(lines) if self.rows else "\n".join(self.notes)


class FieldType:
    """A simple answer, stored as its control sends it."""

    code: ClassVar[str]
    takes: ClassVar[Bilingual] = NOTHING
    """What it takes, in a few words."""
    kind: ClassVar[str] = "text"
    """The kind of its value in expressions."""
    is_column: ClassVar[bool] = True
    """Whether it can be a column of a table."""
    is_text: ClassVar[bool] = False
    has_rows: ClassVar[bool] = False
    is_numeric: ClassVar[bool] = False
    """Whether its column aligns right."""
    is_stored: ClassVar[bool] = True
    """Whether its answer stands among the answers; a file stands beside them."""
    is_grouped: ClassVar[bool] = False
    """Whether it is drawn as a group of controls under a legend."""

    def declare(self, r: Reader) -> dict[str, Any]:
        """The keys of a package that only this type knows, as values of a `Field`."""
        return {}

    def types(self, f: Field) -> dict[str, Type]:
        """The names that the question gives to expressions, with their types."""
        return {f.code: Type(self.kind, codes=frozenset(c[0] for c in f.choices) or None)}

    def read(self, f: Field, post: Any, errors: dict[str, str]) -> Any:
        """The typed value of what a browser sent (a QueryDict); what cannot be read is put into `errors`."""
        return self.typed(post.get(f.code, ""), f.code, errors)

    def typed(self, text: str, name: str, errors: dict[str, str]) -> Any:
        """The typed value of one control."""
        if not text.strip():
            return text
        try:
            return self.parse(text)
        except BadNumber as bad:
            errors[name] = str(bad)
        except ValueError:
            errors[name] = _("应为 2026-07-01 这样的日期")
        return None

    def parse(self, text: str) -> Any:
        return text

    def clean(self, f: Field, value: Any, registry: Registry) -> Cleaned:
        """Make an answer fit for storage."""
        answer, problem = self.cell(f, value, registry, lenient=True)
        return Cleaned(answer, {f.code: problem} if problem else {})

    def cell(self, f: Field, value: Any, registry: Registry, *, lenient: bool = False) -> tuple[Any, str]:
        """(what to store, what is wrong) of one control; `lenient` keeps a text beyond its limit, for its author to shorten."""
        if self.is_blank(value):
            return ("" if self.is_text else None), ""
        if "\0" in str(value):
            return None, _("含有不能保存的字符")
        return self.keep(f, value, registry, lenient)

    def is_blank(self, value: Any) -> bool:
        return value.strip() == "" if isinstance(value, str) else value in (None, "", [])

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        """As `cell`, of a value that is there."""
        raise NotImplementedError(self.code)

    def operand(self, value: Any) -> Value:
        """A stored answer as expressions see it; None for none, and for one that does not have the declared type."""
        if value is None or value == "":
            return None
        try:
            return self.as_operand(value)
        except (ArithmeticError, ValueError, TypeError, KeyError):
            return None

    def as_operand(self, value: Any) -> Value:
        return value if isinstance(value, str) else None

    def operands(self, f: Field, value: Any, answers: Answers) -> dict[str, Value]:
        """The names that the question gives to expressions, with their values."""
        return {f.code: self.operand(value)}

    def plain(self, f: Field, value: Value) -> Any:
        """A calculated value as it would be stored."""
        return value

    def is_filled(self, f: Field, answers: Answers) -> bool:
        return answers.get(f.code) not in (None, "", [])

    def length(self, value: Any) -> int:
        """Characters of a text, as its limits count them."""
        return len(str(value or "").strip())

    def problems(self, f: Field, value: Any, answers: Answers) -> list[Bilingual]:
        """What is wrong with a stored answer that is neither missing nor, for a text, a matter of length."""
        return self.bad_cell(f, value)

    def bad_cell(self, f: Field, value: Any) -> list[Bilingual]:
        """As `problems`, of one value alone."""
        return []

    def text(self, f: Field, value: Any) -> str:
        """A simple answer in words."""
        return "" if value is None or value == "" else self.in_words(f, value)

    def in_words(self, f: Field, value: Any) -> str:
        return str(value)

    def unit(self, f: Field) -> str:
        return named(f, "unit")

    def show(self, f: Field, answers: Answers) -> Shown:
        return Shown(label(f), "text", self.text(f, answers.get(f.code)))

    def rows_of(self, value: Any) -> Any:
        """The stored rows within a stored answer."""
        return None

    def parts(self, f: Field, value: Any) -> list[tuple[str, str, str]]:
        """What an answer has beside its rows: (name, label, words)."""
        return []

    def for_sheet(self, f: Field, value: Any, answers: Answers) -> Any:
        """A cell that a spreadsheet can count with."""
        return self.text(f, value)

    def as_typed(self, value: Any) -> str:
        """A stored answer as its author would type it."""
        return "" if value is None or isinstance(value, (list, dict)) else str(value)

    def pairs(self, f: Field, value: Any) -> Pairs:
        """What the controls send when they hold a stored value."""
        return [(f.code, self.as_typed(value))]

    def limits(self, f: Field) -> str:
        """What a question takes, in a few words."""
        return f"{self.takes} {self.bounds(f)}".strip()

    def bounds(self, f: Field) -> str:
        """The least and the most that a number or an amount may be: the same in both languages; empty where anything goes."""
        low, high = (None if b is None else self.bound(b) for b in (f.minimum, f.maximum))
        if low is not None and high is not None:
            return f"{low}–{high}"
        return f"≥ {low}" if low is not None else f"≤ {high}" if high is not None else ""

    def bound(self, value: Any) -> str:
        return f"{value:f}"

    def bind(self, q: Question, answers: Answers, post: Any, errors: Errors) -> None:
        """Put the value on the controls of a question: what was typed (`post`, where it was refused) or what is stored."""
        f = q.field
        stored = answers.get(f.code) if f.value else answers.stored(f)
        if f.value:
            q.value = self.text(f, stored)
            return
        q.value = post.get(f.code, "") if post is not None else self.as_typed(stored)
        q.choose(post.getlist(f.code) if post is not None else stored)

    def live_rows(self, f: Field, answers: Answers) -> list[dict[str, str]]:
        """The calculated columns of every row, as a page shows them anew after a save."""
        return []

    def live(self, f: Field, answers: Answers) -> dict[str, str]:
        """What a page shows anew after a save, by name."""
        return {f.code: self.text(f, answers.get(f.code))} if f.value else {}


COMMA = Bilingual("、", ", ")
"""Stands between the parts of an answer."""


def label(f: Field) -> str:
    """What a question is called, with its unit."""
    text = named(f, "label")
    unit = f.of.unit(f)
    return str(Bilingual(f"{text}（{unit}）", f"{text} ({unit})")) if unit else text


TYPES: Register[FieldType] = Register("field type")
"""The types of questions by their code in a package, in the order of their declaration."""


UNKNOWN = FieldType()
"""Stands in for a type that no module declares, so that further mistakes of the same form are found."""


def field_type(cls: type[FieldType]) -> type[FieldType]:
    """Enter a type of question into the register."""
    TYPES.add(cls.code, cls())
    return cls
