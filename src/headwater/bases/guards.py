"""What kinds of bases may ask of a base before something is done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    "has_director": Guard(gettext_lazy("已聘任主任"), has_director),
    "has_secretary": Guard(gettext_lazy("已指定秘书"), has_secretary),
    "director_not_banned": Guard(gettext_lazy("主任不在惩戒期内"), director_not_banned),
}
