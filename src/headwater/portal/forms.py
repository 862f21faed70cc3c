from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    name = forms.CharField(label=_("姓名或单位"), max_length=120, help_text=_("异议须实名提出。"))
    contact = forms.EmailField(
        label=_("电子邮箱"), max_length=120, help_text=_("确认链接和处理意见发到这里，不公开。确认后异议才生效。")
    )
    text = forms.CharField(label=_("异议内容与依据"), max_length=5000, widget=forms.Textarea(attrs={"rows": 7}))
