"""Forms of rows. A form reads what a page sends and what stands in a row of a table to import alike."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.parts import TableKind
from headwater.core.numbers import to_places
from headwater.core.web import NumberField


class DayField(forms.DateField):
    """A day, from the control of the browser or as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=formats, **kwargs)


class WordField(forms.ChoiceField):
    """One of some codes; a table to import may have the word instead of the code."""

    def __init__(self, words: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.set_words(words or {})

    def set_words(self, words: Mapping[str, Any]) -> None:
        self.words = {str(word): code for code, word in words.items()} | {
            getattr(word, "zh", str(word)): code for code, word in words.items()
        }
        self.choices = [("", _("请选择")), *((code, str(word)) for code, word in words.items())]

    def clean(self, value: Any) -> str:
        text = str(value or "").strip()
        return str(super().clean(self.words.get(text, text)))


class LineForm(forms.Form):
    """The fields of a row. Those of `coded` columns get their codes from the kind; `note` stands last in every form."""

    coded: ClassVar[tuple[str, ...]] = ()
    note = forms.CharField(label=gettext_lazy("备注"), max_length=300, required=False)

    def __init__(self, base: Any, kind: TableKind, *args: Any, **kwargs: Any) -> None:
        self.base, self.table = base, kind
        super().__init__(*args, **kwargs)
        for name, words in kind.choices.items():
            field = self.fields.get(name)
            if isinstance(field, WordField):
                field.set_words(words)
        self.order_fields([name for name in self.fields if name != "note"])


class ShareField(NumberField):
    """A number that is kept with two decimals."""

    @staticmethod
    def of(value: Any) -> Decimal:
        return to_places(Decimal(str(value)), 2)

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else self.of(number)
