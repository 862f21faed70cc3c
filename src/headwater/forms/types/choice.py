"""One of the choices that the question lists, stored as its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.codes import read_choice, unique
from headwater.forms.fieldtype import COMMA, FieldType, field_type

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.shapes import Field


def read_choices(r: Reader) -> dict[str, Any]:
    choices = tuple(read_choice(c) for c in r.tables("choice"))
    unique(r.problems, r.path("choice"), [code for code, _words in choices if code])
    if not choices:
        r.problems.append((r.path("choice"), "a field of this type needs at least one choice"))
    return {"choices": choices}


def words_of(f: Field, codes: list[Any]) -> str:
    words = {code: str(w) for code, w in f.choices}
    return str(COMMA).join(words.get(code, str(code)) for code in codes)


@field_type
class OneChoice(FieldType):
    code = "choice"
    takes = Bilingual("单选", "one choice")

    def declare(self, r: Reader) -> dict[str, Any]:
        return read_choices(r)

    def keep(self, f: Field, value: Any, registry: Registry, lenient: bool) -> tuple[Any, str]:
        return (value, "") if value in [c[0] for c in f.choices] else (None, _("请从所列选项中选择"))

    def in_words(self, f: Field, value: Any) -> str:
        return words_of(f, value if isinstance(value, list) else [value])
