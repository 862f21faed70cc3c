"""Forms of the expert database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.core.lookups import LookupInput
from headwater.registry.forms import DayField
from headwater.registry.lookups import PEOPLE
from headwater.registry.models import Person, Relation
from headwater.registry.tables import several
from headwater.review.languages import LANGUAGES
from headwater.review.models import Expert
from headwater.review.services.experts import MOST_LOAD, Change


class OwnForm(forms.Form):
    """What experts say of themselves."""

    keywords = forms.CharField(label=_("研究方向"), max_length=300, required=False, help_text=_("用分号隔开"))
    languages = forms.MultipleChoiceField(
        label=_("评审语言"), choices=list(LANGUAGES.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    away_until = DayField(label=_("暂停至（含）"), help_text=_("到这一天为止不收到新的评审邀请；留空表示可以评审"))

    def change(self) -> Change:
        data = self.cleaned_data
        return Change(
            keywords=data["keywords"], languages=data["languages"], away_until=data["away_until"], back=data["away_until"] is None
        )


class ExpertForm(OwnForm):
    codes = forms.CharField(label=_("申请代码"), max_length=600, help_text=_("几个代码用分号隔开"))
    max_load = forms.IntegerField(label=_("最多评审项数"), min_value=0, max_value=MOST_LOAD, initial=15)
    is_external = forms.BooleanField(label=_("区外专家"), required=False)
    field_order: Sequence[str] = ("codes", "keywords", "languages", "max_load", "away_until", "is_external")

    def change(self) -> Change:
        own = super().change()
        data = self.cleaned_data
        return Change(
            codes=[c.upper() for c in several(data["codes"])],
            keywords=own.keywords,
            languages=own.languages,
            max_load=data["max_load"],
            is_external=data["is_external"],
            away_until=own.away_until,
            back=own.back,
        )


def of_expert(expert: Expert) -> dict[str, Any]:
    """The stored values of an expert, as the forms show them."""
    names = ("keywords", "languages", "max_load", "is_external", "away_until")
    codes = "；".join(expert.disciplines.order_by("code").values_list("code", flat=True))
    return {name: getattr(expert, name) for name in names} | {"codes": codes}


class NewExpertForm(ExpertForm):
    person = forms.CharField(
        label=_("人员"), max_length=200, help_text=_("姓名加单位、电子邮箱或 ORCID"), widget=LookupInput(PEOPLE)
    )
    field_order = ("person", "codes", "keywords", "languages", "max_load", "away_until", "is_external")


class WorkForm(forms.Form):
    title = forms.CharField(label=_("题名"), max_length=400)
    year = forms.IntegerField(label=_("年份"), min_value=1950, max_value=2200)
    venue = forms.CharField(label=_("刊物"), max_length=200, required=False)
    doi = forms.CharField(label="DOI", max_length=200, required=False)
    keywords = forms.CharField(label=_("关键词"), max_length=300, required=False)
    abstract = forms.CharField(label=_("摘要"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class RelationForm(forms.Form):
    other = forms.CharField(label=_("对方"), max_length=200, help_text=_("姓名加单位、电子邮箱或 ORCID"))
    kind = forms.ChoiceField(label=_("关系"), choices=Relation.Kind.choices)
    since = DayField(label=_("起始日期"))
    until = DayField(label=_("截止日（含）"))
    note = forms.CharField(label=_("说明"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("不能早于起始日期"))
        return data


def the_person(form: forms.Form, field: str, people: list[Person]) -> Person | None:
    """Return the one person whom a line of text means; otherwise add an error to the form."""
    if len(people) == 1:
        return people[0]
    form.add_error(field, _("有多人符合，请写明单位或填写电子邮箱") if people else _("登记库中没有此人，请先在“人员”表中登记"))
    return None
