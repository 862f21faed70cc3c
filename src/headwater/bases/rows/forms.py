"""The form of a row, made from the columns of its table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.bases.rows.declared import RowTable


class RowForm(forms.Form):
    def __init__(self, table: RowTable, entry: Any, data: Any = None, *, row: Any = None) -> None:
        initial = {c.name: c.stored(row) for c, _field in table.asked} if row is not None else None
        super().__init__(data, initial=initial)
        for column, field in table.asked:
            self.fields[column.name] = field(entry)


class SheetForm(forms.Form):
    file = forms.FileField(
        label=_("表格文件"),
        help_text=_("xlsx 或 csv，第一行为列名；先导出一份，列名即与此一致。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
