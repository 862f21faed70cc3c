"""Institutions as a kind of record about which people file something: their committees, requests and reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from headwater.casework.subjects import SUBJECTS, SubjectKind
from headwater.core import clock
from headwater.core.i18n import Bilingual, both
from headwater.core.models import RoleGrant
from headwater.core.parameters import Parameters
from headwater.forms.expressions import Value
from headwater.registry.models import Organisation, Person
from headwater.registry.queries import region_code

INSTITUTION = "registry.organisation"


@dataclass(frozen=True)
class InstitutionContext:
    """What a form may ask of an institution on a day."""

    organisation: Organisation
    on: date

    def built_in(self) -> Mapping[str, Value]:
        return {"institution.kind": self.organisation.kind, "institution.name": self.organisation.name_zh}

    def parameter(self, key: str) -> Any:
        return Parameters(region_code(), self.on).get(key)

    def attached(self) -> Mapping[str, int]:
        return {}

    def file_names(self) -> Mapping[str, Sequence[str]]:
        return {}

    def asked_fen(self) -> int | None:
        return None

    def lump_fen(self) -> int:
        return 0

    def day(self) -> date:
        return self.on


def managers(organisation: Organisation) -> Iterable[int]:
    """Return the persons who act for an institution."""
    grants = RoleGrant.objects.in_force(clock.now()).filter(role="host_manager", scope="organisation", scope_id=organisation.pk)
    return Person.objects.filter(account__in=grants.values("account")).values_list("pk", flat=True)


SUBJECTS.add(
    INSTITUTION,
    SubjectKind(
        kind=INSTITUTION,
        label=Bilingual("单位", "Institution"),
        name=both,
        url=lambda organisation: f"{reverse('bodies')}?of={INSTITUTION}&id={organisation.pk}",
        region=lambda _organisation: region_code(),
        paths={"organisation": "pk", "agency": "recommender"},
        visible=lambda user: Organisation.objects.visible_to(user),
        people=managers,
        context=InstitutionContext,
    ),
)
