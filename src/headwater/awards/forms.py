"""Forms of awards."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=_("放弃的理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("各方会看到。")
    )


class ChosenForm(forms.Form):
    """The form asks from or until which day something happens to chosen awards, and why; a closing needs no reason."""

    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(
        label=_("理由"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("负责人和依托单位会看到；延期和终止须写明。"),
    )
