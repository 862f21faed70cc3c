"""What officers type on the pages of evaluations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NOTE: dict[str, Any] = {"min_length": 2, "max_length": 500}


class OpenForm(forms.Form):
    """Which kinds are evaluated in a round, and the last day of the years judged."""

    on = forms.DateField(label=_("评估期的最后一天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kinds = forms.MultipleChoiceField(label=_("参评的种类"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, kinds: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = kinds  # type: ignore[attr-defined]


class TickForm(forms.Form):
    """The points of a checklist that are met."""

    indicator = forms.CharField(widget=forms.HiddenInput)
    met = forms.MultipleChoiceField(label=_("符合的核对项"), required=False, widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(label=_("依据"), widget=forms.Textarea(attrs={"rows": 2}), **NOTE)

    def __init__(self, items: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["met"].choices = items  # type: ignore[attr-defined]


class ValueForm(forms.Form):
    """A verified value of a quantity."""

    indicator = forms.ChoiceField(label=_("指标"))
    value = forms.DecimalField(label=_("核定值"), min_value=0, max_digits=19, decimal_places=4)
    note = forms.CharField(label=_("依据"), widget=forms.Textarea(attrs={"rows": 2}), **NOTE)

    def __init__(self, indicators: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["indicator"].choices = indicators  # type: ignore[attr-defined]


class VetoForm(forms.Form):
    """A veto with its reason and its evidence."""

    code = forms.ChoiceField(label=_("情形"))
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea(attrs={"rows": 2}), **NOTE)
    evidence = forms.CharField(label=_("依据"), widget=forms.Textarea(attrs={"rows": 2}), **NOTE)

    def __init__(self, vetoes: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = vetoes  # type: ignore[attr-defined]
