"""Forms of the registry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.registry.models import Employment, Person
from headwater.registry.qualifications import known_degrees


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(input_formats=["%Y-%m-%d"], required=False, widget=widget, **kwargs)


class MergeForm(forms.Form):
    into = forms.IntegerField(label=_("现行记录的人员编号"), min_value=1)
    reason = forms.CharField(label=_("合并的依据"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class ChineseSelect(forms.Select):
    """A choice among words of the region that are Chinese in every language of the page."""

    def create_option(self, *args: Any, **kwargs: Any) -> Any:
        """Say of the option that it is Chinese."""
        option = super().create_option(*args, **kwargs)
        option["attrs"]["lang"] = "zh-Hans"
        return option


class ProfileForm(forms.Form):
    """The fields of `completing.Profile`. What an identity document has proven is shown and cannot be typed over."""

    sex = forms.ChoiceField(label=_("性别"), choices=[("", "—"), *Person.Sex.choices], required=False)
    birth_date = DayField(label=_("出生日期"))
    highest_degree = forms.ChoiceField(
        label=_("最高学位"), choices=lambda: [("", "—"), *((d, d) for d in known_degrees())], required=False, widget=ChineseSelect
    )
    title = forms.CharField(label=_("职称"), max_length=40, required=False)
    title_since = DayField(label=_("职称取得日期"))
    kind = forms.ChoiceField(label=_("任职类型"), choices=[("", "—"), *Employment.Kind.choices], required=False)
    post = forms.CharField(label=_("岗位"), max_length=60, required=False)
    post_since = DayField(label=_("任职起始日期"))

    def __init__(self, *args: Any, proven: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("sex", "birth_date") if proven else ():
            self.fields[name].disabled = True
            self.fields[name].help_text = _("来自身份证件，单位不能修改")
