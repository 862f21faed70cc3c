"""The registers of bases: laboratories, infrastructure, stations, makerspaces and incubators, postdoctoral stations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from headwater.bases.effects import EFFECTS
from headwater.bases.guards import GUARDS
from headwater.bases.models import Base, BaseHolder
from headwater.core.i18n import Bilingual
from headwater.core.listing import Column
from headwater.core.web import WholeField
from headwater.registers.declared import Keeper, RegisterOf, TypedField
from headwater.registers.declaring import declare
from headwater.registry.identifiers import BadIdentifier, check_ror

LABEL = "bases.base"
DIRECTOR, SECRETARY = "director", "secretary"
KEEPERS = (Keeper(DIRECTOR, "director", _("主任")), Keeper(SECRETARY, "secretary", _("秘书")))


class RorField(forms.CharField):
    """The identifier of an institution or a facility in ROR; what is kept are its nine characters."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            return check_ror(text) if text else ""
        except BadIdentifier as error:
            raise forms.ValidationError(str(error)) from error


ROR = TypedField("ror", Column("ROR", lambda b: b.ror), lambda: RorField(label="ROR", required=False, max_length=40))
STATION = (
    TypedField(
        "wigos_id",
        Column(_("WIGOS 站号"), lambda b: b.wigos_id),
        lambda: forms.CharField(label=_("WIGOS 站号"), required=False, max_length=40),
    ),
    TypedField(
        "elevation_m",
        Column(_("海拔（米）"), lambda b: b.elevation_m, kind="number"),
        lambda: WholeField(label=_("海拔（米）"), required=False, min_value=-500, max_value=9000),
    ),
)


def register(code: str, zh: str, en: str, place: int, *fields: TypedField, **more: Any) -> RegisterOf:
    return RegisterOf(
        code=code,
        label=Bilingual(zh, en),
        model=Base,
        holders=BaseHolder,
        place=place,
        keepers=KEEPERS,
        fields=fields,
        guards=GUARDS,
        effects=EFFECTS,
        **more,
    )


declare(
    register("laboratories", "实验室", "Laboratories", 1, ROR),
    register("infrastructure", "重大科技基础设施", "Major infrastructure", 2),
    register("stations", "野外台站", "Field stations", 3, *STATION),
    register("incubators", "众创空间与孵化器", "Makerspaces and incubators", 4),
    register("postdocs", "博士后站", "Postdoctoral stations", 5),
)
