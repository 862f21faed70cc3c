"""What stands against letting one record of a person stand for another: both are fixed staff at the same time."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from headwater.bases.models import Base, BasePerson
from headwater.bases.people.weighing import overlap
from headwater.registry.merging import EFFECTS, Effect
from headwater.registry.models import Person


@EFFECTS.under("bases")
def of_bases(person: Person, into: Person) -> Iterable[Effect]:
    """Name the bases that both records are fixed staff of at one time, and those that the record leads or keeps."""
    rows = list(
        BasePerson.objects.filter(person__in=[person, into], kind=BasePerson.Kind.FIXED, once=True).select_related("entry")
    )
    mine, others = [r for r in rows if r.person_id == person.pk], [r for r in rows if r.person_id == into.pk]
    clashes = {f"{a.entry} / {b.entry}" for a in mine for b in others if overlap(a, b)}
    if clashes:
        yield Effect(_("两个记录同时是实验室的固定人员：请先让其中一个离岗"), tuple(sorted(clashes)), blocks=True)
    if kept := [str(b) for b in Base.objects.filter(director=person) | Base.objects.filter(secretary=person)]:
        yield Effect(_("其担任主任或秘书的基地不变"), tuple(sorted(kept)))
