"""Files of one kind, which stand beside the answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.core.i18n import Bilingual
from headwater.core.reading import Reader
from headwater.core.translation import gettext as _
from headwater.forms.expressions import Value
from headwater.forms.fieldtype import COMMA, Cleaned, Errors, FieldType, Shown, field_type, label

if TYPE_CHECKING:
    from headwater.forms.answers.references import Registry
    from headwater.forms.answers.state import Answers
    from headwater.forms.binding import Question
    from headwater.forms.shapes import Field


@field_type
class Files(FieldType):
    code = "file"
    kind = "number"
    takes = Bilingual("附件", "attachment")
    is_column = False
    is_stored = False
    is_grouped = True

    def declare(self, r: Reader) -> dict[str, Any]:
        return {"kind": r.text("kind", required=True)}

    def clean(self, f: Field, value: Any, registry: Registry) -> Cleaned:
        return Cleaned(errors={f.code: _("没有这一栏")})

    def operands(self, f: Field, value: Any, answers: Answers) -> dict[str, Value]:
        count = answers.context.attached().get(f.kind, 0)
        return {f.code: Decimal(count) if count else None}

    def is_filled(self, f: Field, answers: Answers) -> bool:
        return bool(answers.context.attached().get(f.kind))

    def show(self, f: Field, answers: Answers) -> Shown:
        return Shown(label(f), "text", str(COMMA).join(answers.context.file_names().get(f.kind, [])))

    def for_sheet(self, f: Field, value: Any, answers: Answers) -> Any:
        return answers.context.attached().get(f.kind, 0)

    def bind(self, q: Question, answers: Answers, post: Any, errors: Errors) -> None:
        q.files = list(answers.context.file_names().get(q.field.kind, []))
