"""Forms of the pages of requests that no region declares."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.casework.requests.services.proposing import MOST_REASON
from headwater.casework.requests.services.talking import MOST_TEXT
from headwater.core.files import ACCEPT


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("理由"),
        max_length=MOST_REASON,
        help_text=_("写明为什么提出，审批人据此判断。"),
        error_messages={"required": _("请写明理由")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def upload_field(*, required: bool) -> forms.FileField:
    return forms.FileField(
        label=_("文件"),
        required=required,
        help_text=_("PDF、PNG、JPG、DOCX 或 XLSX，每个不超过 10 MB；不要加密码，不要含宏。"),
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("留言"),
        max_length=MOST_TEXT,
        error_messages={"required": _("请填写留言")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    file = upload_field(required=False)


class FileForm(forms.Form):
    kind = forms.ChoiceField(label=_("类型"))
    file = upload_field(required=True)

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
