from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    name = forms.CharField(label=_("姓名或单位"), max_length=120, help_text=_("异议须实名提出。"))
    contact = forms.CharField(
        label=_("联系方式"), max_length=120, help_text=_("电话或电子邮箱，用于核实和告知处理意见，不公开。")
    )
    text = forms.CharField(label=_("异议内容与依据"), max_length=5000, widget=forms.Textarea(attrs={"rows": 7}))
