"""What kinds of bases may ask of a base before something is done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.facilities.timing import within_supply
from headwater.bases.incubation.assessing import not_assessed
from headwater.bases.labs.guards import GUARDS as OF_LABS
from headwater.bases.labs.projects import GUARDS as OF_PROJECTS
from headwater.bases.standards.guards import meets_bars
from headwater.bases.standards.needs import has_bodies, has_prior
from headwater.core.errors import Reason
from headwater.registers.declared import Guard, Weighing
from headwater.registry.models import Sanction


def has_director(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """A base has a director."""
    return {e.pk: Reason(_("尚未聘任主任：请先任命主任"), code="director") for e in entries if not e.director_id}


def has_secretary(entries: Sequence[Any], _weighing: Weighing) -> Mapping[int, Reason]:
    """A base has a secretary."""
    return {e.pk: Reason(_("尚未指定秘书：请先指定秘书"), code="secretary") for e in entries if not e.secretary_id}


def director_not_banned(entries: Sequence[Any], weighing: Weighing) -> Mapping[int, Reason]:
    """The director is under no ban on the day (1 query)."""
    barred = set(
        Sanction.objects.barring(weighing.on).filter(person__in=[e.director_id for e in entries]).values_list("person", flat=True)
    )
    return {e.pk: Reason(_("主任在惩戒期内：请先更换主任"), code="banned") for e in entries if e.director_id in barred}


GUARDS: dict[str, Guard] = {
    **OF_LABS,
    **OF_PROJECTS,
    "has_director": Guard(gettext_lazy("已聘任主任"), has_director),
    "has_secretary": Guard(gettext_lazy("已指定秘书"), has_secretary),
    "director_not_banned": Guard(gettext_lazy("主任不在惩戒期内"), director_not_banned),
    "has_bodies": Guard(gettext_lazy("已组建规定的委员会"), has_bodies),
    "has_prior": Guard(gettext_lazy("依托单位已有运行的同类基地"), has_prior),
    "meets_bars": Guard(gettext_lazy("达到种类的标准"), meets_bars),
    "within_supply": Guard(gettext_lazy("在可供机时之内"), within_supply),
    "not_assessed": Guard(gettext_lazy("该年度尚未考核"), not_assessed),
}
