"""Forms of the pages of reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.core.files import ACCEPT


class AttachForm(forms.Form):
    """A file of a kind that the form asks for."""

    kind = forms.ChoiceField(label=_("附件类型"))
    file = forms.FileField(label=_("文件"), widget=forms.FileInput(attrs={"accept": ACCEPT}))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = list(choices)  # type: ignore[attr-defined]
