"""What a form consists of. Frozen, so that one parsed form serves every request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from headwater.forms.codes import Choice
from headwater.forms.fieldtype import TYPES, UNKNOWN, FieldType

REGIMES = ("lump", "budget3", "block")
"""包干制 (no budget lines, a promise), 预算制 (direct cost in three categories, capped indirect cost), 稳定支持 (by year)."""


@dataclass(frozen=True)
class Field:
    """One question, or one column of a table.

    `min_chars` and `max_chars` count characters of the answer without surrounding blanks. `minimum` and `maximum` bound a
    number, or money in fen. `when` hides the question while it does not hold; `value` calculates the answer; `prefill` names
    where the first answer comes from. `restricted` keeps the answer from those who judge it. `paid_by` says who pays an amount,
    `beyond` that it comes on top of what is asked for. `where` is the key in the package, for messages about it.
    """

    code: str
    type: str
    label_zh: str
    label_en: str
    required: bool = False
    min_chars: int = 0
    max_chars: int = 4000
    help_zh: str = ""
    help_en: str = ""
    choices: tuple[Choice, ...] = ()
    when: str = ""
    value: str = ""
    prefill: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int = 0
    unit_zh: str = ""
    unit_en: str = ""
    columns: tuple[Field, ...] = ()
    min_rows: int = 0
    max_rows: int = 30
    regime: str = ""
    kind: str = ""
    outside: bool = False
    restricted: bool = False
    paid_by: str = ""
    beyond: bool = False
    where: str = field(default="", compare=False)

    @cached_property
    def of(self) -> FieldType:
        """The type of the question."""
        return TYPES.get(self.type, UNKNOWN)

    @property
    def is_text(self) -> bool:
        return self.of.is_text

    @property
    def has_rows(self) -> bool:
        return self.of.has_rows and bool(self.columns)

    def column(self, code: str) -> Field | None:
        return next((c for c in self.columns if c.code == code), None)


def line_column(code: str, zh: str, en: str, **more: Any) -> Field:
    """A column that a type of question brings along: a required line, unless `more` says otherwise."""
    usual: dict[str, Any] = {"type": "line", "required": True, "max_chars": 300}
    return Field(code=code, label_zh=zh, label_en=en, **(usual | more))


@dataclass(frozen=True)
class Section:
    code: str
    title_zh: str
    title_en: str
    fields: tuple[Field, ...]
    stage: str = ""
    """Asked in the outline only, in the full application only, or (empty) in both."""


@dataclass(frozen=True)
class CrossCheck:
    """A rule across answers: `expr` must hold (while `when` does); `reason` is the code its failure gives (handbook 2.5)."""

    code: str
    expr: str
    message_zh: str
    message_en: str
    mend_zh: str = ""
    mend_en: str = ""
    blocks: bool = True
    reason: str = "F05"
    when: str = ""
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class AttachmentKind:
    kind: str
    label_zh: str
    label_en: str


@dataclass(frozen=True)
class Document:
    """A document to sign (签署文件): its words in both languages, who signs it, and while which condition holds.

    A document that is not `required` may be left unsigned.
    """

    code: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    signs: tuple[str, ...]
    when: str = ""
    required: bool = True
    where: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        return words_digest(self.title_zh, self.title_en, self.text_zh, self.text_en)


def words_digest(*words: str) -> str:
    """SHA-256 of the exact words: Chinese and English title, Chinese and English text. The database computes the same."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Form:
    """What is asked of somebody: sections of questions, rules across the answers, documents to sign."""

    sections: tuple[Section, ...] = ()
    checks: tuple[CrossCheck, ...] = ()
    documents: tuple[Document, ...] = ()
    attachments: tuple[AttachmentKind, ...] = ()
    order: tuple[str, ...] = ()
    """Codes of conditional and calculated fields, each after those it depends on."""

    def documents_of(self, party: str) -> tuple[Document, ...]:
        return tuple(d for d in self.documents if party in d.signs)

    def section(self, code: str) -> Section | None:
        return next((s for s in self.sections if s.code == code), None)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(f for s in self.sections for f in s.fields)

    @cached_property
    def _by_code(self) -> dict[str, Field]:
        return {f.code: f for f in reversed(self.fields)}

    def field(self, code: str) -> Field | None:
        return self._by_code.get(code)
