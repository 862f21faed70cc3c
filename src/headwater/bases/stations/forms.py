"""Forms of the tables of a station."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.stations import geometry
from headwater.bases.stations.models import Plot, Programme, Sensor
from headwater.bases.tables.forms import DayField, LineForm, ShareField, WordField
from headwater.core.web import NumberField, WholeField

OUTLINE = {
    "pair": gettext_lazy("第 %d 行应为“经度, 纬度”两个数，例如 111.6528, 40.8426"),
    "range": gettext_lazy("第 %d 行不是经纬度：经度在 -180 到 180 之间，纬度在 -90 到 90 之间，经度在前"),
    "few": gettext_lazy("边界至少要三个角点，每行一个"),
    "many": gettext_lazy("边界最多 500 个角点"),
}


class OutlineField(forms.CharField):
    """The corners of an outline, one in each line: longitude, latitude."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000, **kwargs)

    def clean(self, value: Any) -> list[list[float]]:
        text = str(super().clean(value) or "")
        if not text.strip():
            return []
        try:
            return [list(corner) for corner in geometry.read_outline(text)]
        except geometry.BadOutline as bad:
            words = str(OUTLINE[bad.why])
            raise forms.ValidationError(words % bad.line if bad.line else words) from bad

    def prepare_value(self, value: Any) -> Any:
        return geometry.write_outline(value) if isinstance(value, list) else value


class OneOfField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A row of another table of the same base, by its name."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(queryset=model.objects.none(), empty_label=_("未填"), **kwargs)
        self.of, self.name = model, "pk"

    def of_base(self, base: Any, name: str) -> None:
        self.name, self.queryset = name, self.of.objects.filter(base=base).order_by(name)

    def to_python(self, value: Any) -> Any:
        """Take the key that a page sends, or the name that a table to import has."""
        text, rows = str(value or "").strip(), self.queryset
        named = rows.filter(**{self.name: text}).first() if text and rows is not None else None
        return named or super().to_python(value)


class PlotForm(LineForm):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    latitude = NumberField(label=gettext_lazy("纬度"), required=False, min_value=-90, max_value=90)
    longitude = NumberField(label=gettext_lazy("经度"), required=False, min_value=-180, max_value=180)
    outline = OutlineField(
        label=gettext_lazy("边界"), required=False, help_text=gettext_lazy("每行一个角点：经度, 纬度；没有边界的只填坐标")
    )
    area_ha = ShareField(label=gettext_lazy("面积（公顷）"), required=False, help_text=gettext_lazy("有边界而不填的，由边界算出"))
    land = WordField(dict(Plot.Land.choices), label=gettext_lazy("土地使用方式"))
    land_until = DayField(label=gettext_lazy("土地使用到期"), required=False, help_text=gettext_lazy("自有的不填"))
    since = DayField(label=gettext_lazy("设立日期"), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (data.get("latitude") is None) != (data.get("longitude") is None):
            self.add_error("longitude", _("纬度和经度要么都填，要么都不填"))
        corners = data.get("outline")
        if corners and data.get("area_ha") is None and "area_ha" not in self.errors:
            data["area_ha"] = ShareField.of(geometry.hectares(corners))
        return data


class SensorForm(LineForm):
    coded: ClassVar[tuple[str, ...]] = ("kind",)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = WordField(label=gettext_lazy("类型"))
    plot = OneOfField(Plot, label=gettext_lazy("样地"), required=False)
    model = forms.CharField(label=gettext_lazy("型号"), max_length=120, required=False)
    installed_on = DayField(label=gettext_lazy("安装日期"))
    state = WordField(dict(Sensor.State.choices), label=gettext_lazy("状态"))
    removed_on = DayField(label=gettext_lazy("拆除日期"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plot"].of_base(self.base, "name")  # type: ignore[attr-defined]


class ProgrammeForm(LineForm):
    item = forms.CharField(label=gettext_lazy("观测项目"), max_length=80)
    method = forms.CharField(label=gettext_lazy("方法或规范"), max_length=160, required=False)
    every = WordField(dict(Programme.Every.choices), label=gettext_lazy("频次"))
    times = WholeField(
        label=gettext_lazy("每次观测数"), min_value=1, max_value=10_000, initial=1, help_text=gettext_lazy("同时观测的点或重复数")
    )
    plot = OneOfField(Plot, label=gettext_lazy("样地"), required=False)
    since = DayField(label=gettext_lazy("起始日期"))
    until = DayField(label=gettext_lazy("结束日期"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plot"].of_base(self.base, "name")  # type: ignore[attr-defined]


class CountForm(LineForm):
    programme = OneOfField(Programme, label=gettext_lazy("观测项目"))
    year = WholeField(label=gettext_lazy("年"), min_value=1900, max_value=2100)
    month = WholeField(
        label=gettext_lazy("月"), required=False, min_value=1, max_value=12, help_text=gettext_lazy("按全年填报的不填")
    )
    observed = WholeField(
        label=gettext_lazy("有效观测数"),
        min_value=0,
        max_value=100_000_000,
        help_text=gettext_lazy("台站自报；应观测数由频次算出"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].of_base(self.base, "item")  # type: ignore[attr-defined]
