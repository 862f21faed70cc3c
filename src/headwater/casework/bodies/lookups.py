"""Look-ups while somebody composes a body."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from headwater.core.lookups import Lookup, declare
from headwater.core.names import with_institution
from headwater.registry.models import Person


def _with_home(person: Person) -> str:
    return with_institution(person.name_zh, person.organisation.name_zh if person.organisation else "")


BODY_PEOPLE = declare(
    Lookup(
        code="body_people",
        label=_("可聘请的人员"),
        action="bodies.convene",
        visible=lambda user: Person.objects.visible_to(user).filter(merged_into=None),
        fields=("name_zh", "name_en", "name_sounds", "email", "organisation__name_zh", "organisation__name_en"),
        order="name_sounds",
        names=("name_zh", "organisation"),
        value=_with_home,
        single=lambda p: p.email or p.orcid or _with_home(p),
        note=lambda p: " ".join(filter(None, (p.title, p.department))),
        related=("organisation",),
    )
)
