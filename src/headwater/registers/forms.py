"""Forms about entries: what every entry has, what its table has beside it, who holds it, what a chosen verb asks beside its own form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core import clock
from headwater.core.files import ACCEPT
from headwater.core.i18n import named
from headwater.core.lookups import LookupInput
from headwater.core.web import NumberField
from headwater.forms.answers.references import find_person
from headwater.registers.declared import RegisterOf
from headwater.registers.models import Holder, Succession
from headwater.registers.parsing import NUMBER
from headwater.registers.shapes import Kind
from headwater.registry.lookups import FIELDS, ORGANISATIONS
from headwater.registry.models import Discipline, Organisation, Person, Place, PriorityField

HOLDER_ROWS = 6
ORDER = (
    *("name_zh", "name_en", "name_mn", "number", "state", "host", "place", "field", "discipline", "since"),
    *("latitude", "longitude"),
)
"""The order of the controls; what a table has beside these stands behind."""


class OrganisationField(forms.CharField):
    """An institution of the registry, by name or code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=LookupInput(ORGANISATIONS), max_length=200, **kwargs)

    def clean(self, value: Any) -> Organisation | None:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        rows = list(ORGANISATIONS.matching(None, text)[:2])
        if len(rows) != 1:
            raise forms.ValidationError(
                _("有多个单位叫“%s”，请填写代码") % text[:40] if rows else _("系统中没有登记单位“%s”，请填写全称") % text[:40]
            )
        found: Organisation = rows[0]
        return found

    def prepare_value(self, value: Any) -> Any:
        return named(value) if isinstance(value, Organisation) else value


class PersonField(forms.CharField):
    """Somebody of the registry: name and institution, e-mail or ORCID."""

    def clean(self, value: Any) -> Person | None:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        people = find_person(text)
        if len(people) != 1:
            raise forms.ValidationError(
                _("有多个叫“%s”的人，请在姓名后空一格写明单位，或填写其电子邮箱") % text[:40]
                if people
                else _("系统中没有登记“%s”，请填写姓名加单位、电子邮箱或 ORCID") % text[:40]
            )
        return people[0]


class DisciplineField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=LookupInput(FIELDS), max_length=200, **kwargs)

    def clean(self, value: Any) -> Discipline | None:
        code = str(super().clean(value)).strip().partition(" ")[0].upper()
        row = Discipline.objects.filter(code=code).first() if code else None
        if code and row is None:
            raise forms.ValidationError(_("没有这个申请代码：%s") % code[:40])
        return row

    def prepare_value(self, value: Any) -> Any:
        return f"{value.code} {named(value)}" if isinstance(value, Discipline) else value


class CodedField(forms.ChoiceField):
    """A record of the region by its code, from a list of all of them."""

    def __init__(self, rows: Sequence[Any], **kwargs: Any) -> None:
        self.by_code = {row.code: row for row in rows}
        super().__init__(choices=[("", _("未填"))] + [(code, named(row)) for code, row in self.by_code.items()], **kwargs)

    def clean(self, value: Any) -> Any:
        return self.by_code.get(str(super().clean(value)))

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "code", value)


class EntryForm(forms.Form):
    """What every entry of a register has."""

    name_zh = forms.CharField(label=gettext_lazy("名称"), max_length=200)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=300, required=False)
    name_mn = forms.CharField(label=gettext_lazy("蒙古文名称"), max_length=300, required=False)
    discipline = DisciplineField(label=gettext_lazy("学科"), required=False)
    latitude = NumberField(
        label=gettext_lazy("纬度"), required=False, min_value=-90, max_value=90, help_text=gettext_lazy("十进制度，例如 40.8426")
    )
    longitude = NumberField(label=gettext_lazy("经度"), required=False, min_value=-180, max_value=180)
    since = forms.DateField(label=gettext_lazy("运行起始"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, register: RegisterOf, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Place.objects.order_by("code")
        self.fields["place"] = CodedField(list(places), label=_("所在地"), required=False)
        self.fields["field"] = CodedField(list(PriorityField.objects.all()), label=_("优先领域"), required=False)
        for typed in register.fields:
            self.fields[typed.name] = typed.field()
        self.order_fields(ORDER)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if (values.get("latitude") is None) != (values.get("longitude") is None) and not {"latitude", "longitude"} & set(
            self.errors
        ):
            self.add_error("latitude", _("纬度和经度须同时填写，或都不填"))
        if values.get("since") and values["since"] > clock.today():
            self.add_error("since", _("不能晚于今天"))
        return values


class NewEntryForm(EntryForm):
    """A new entry: in a state of its kind, with the number that it has elsewhere, or the next one."""

    host = OrganisationField(label=gettext_lazy("依托单位"), required=False)
    number = forms.CharField(
        label=gettext_lazy("编号"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("留空即按种类的规则编号；已有编号的照填。"),
    )

    def __init__(self, register: RegisterOf, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(register, *args, **kwargs)
        self.fields["state"] = forms.ChoiceField(
            label=_("状态"), choices=[(s.code, str(s.label)) for s in kind.states], initial=kind.first
        )
        self.order_fields(ORDER)
        for role in kind.roles:
            keeper = register.keeper(role)
            if keeper:
                self.fields[role] = PersonField(
                    label=str(keeper.label), required=False, max_length=200, help_text=_("姓名 单位，或电子邮箱")
                )

    def clean_number(self) -> str:
        number = str(self.cleaned_data["number"]).strip()
        if number and not NUMBER.fullmatch(number):
            raise forms.ValidationError(_("编号只能由文字、数字、连字符和点组成，最多 40 个字符"))
        return number


class KeeperForm(forms.Form):
    person = PersonField(
        label=gettext_lazy("人员"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("姓名 单位，或电子邮箱、ORCID；留空即不再设。"),
    )


class HoldersForm(forms.Form):
    """Who holds an entry: the institution that leads, and others with their part."""

    host = OrganisationField(label=gettext_lazy("依托单位"), required=False)

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(code, str(Holder.Role(code).label)) for code in kind.holders if code != "lead"]
        self.rows = range(min(HOLDER_ROWS, sum(most for code, most in kind.holders.items() if code != "lead")))
        for n in self.rows:
            self.fields[f"organisation_{n}"] = OrganisationField(label=_("单位 %d") % (n + 1), required=False)
            self.fields[f"role_{n}"] = forms.ChoiceField(label=_("身份"), choices=roles, required=False)
            self.fields[f"share_{n}"] = NumberField(label=_("份额（%）"), required=False, min_value=0, max_value=100)
        self.fields["reason"] = forms.CharField(label=_("理由或依据"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class SuccessionForm(forms.Form):
    how = forms.ChoiceField(label=gettext_lazy("方式"), choices=Succession.How.choices)
    after = forms.CharField(
        label=gettext_lazy("承继条目的编号"), max_length=400, help_text=gettext_lazy("分立时填写多个编号，用逗号隔开。")
    )


class FileForm(forms.Form):
    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label=_("附件类型"), choices=[(a.kind, named(a, "label")) for a in kind.form.attachments]
        )
        self.fields["file"] = forms.FileField(label=_("文件"), widget=forms.FileInput(attrs={"accept": ACCEPT}))
