"""What of the registry can be looked up while somebody types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.lookups import Lookup, Text, declare
from headwater.core.names import with_institution
from headwater.core.permission import SIGNED_IN
from headwater.registry.models import Discipline, Organisation, Person

NAMES = ("code", "name_zh", "name_en")


def _code(record: Any) -> str:
    return str(record.code)


def _code_and_name(record: Any) -> str:
    return f"{record.code} {named(record)}"


def _first_word(text: str) -> str:
    """Return the code of "B0101 有机化学"."""
    return text.partition(" ")[0]


def _parent(discipline: Discipline) -> str:
    return named(discipline.parent)


def _with_home(person: Person) -> str:
    return with_institution(person.name_zh, person.organisation.name_zh if person.organisation else "")


def institutions(
    code: str,
    label: Text,
    action: str,
    visible: Callable[[Any], QuerySet[Organisation]],
    first: Callable[[Any], Sequence[int]] | None = None,
) -> Lookup:
    """Return a look-up of institutions, found by code and by name in either language."""
    options: dict[str, Any] = {"fields": NAMES, "order": "name_sounds", "names": ("name_zh",)}
    return declare(Lookup(code, label, action, visible, **options, value=named, single=_code, note=_code, first=first))


def _disciplines(code: str, label: Text, visible: Callable[[Any], QuerySet[Discipline]]) -> Lookup:
    """Return a look-up of disciplines; a value holds the code and the name, and the code alone is read back."""
    options: dict[str, Any] = {"fields": NAMES, "order": "code", "names": ("code",), "related": ("parent",)}
    return declare(
        Lookup(code, label, SIGNED_IN, visible, **options, value=_code_and_name, single=_code, note=_parent, key=_first_word)
    )


ORGANISATIONS = institutions("organisations", _("单位"), SIGNED_IN, lambda user: Organisation.objects.visible_to(user))
CODES = _disciplines("codes", _("申请代码"), lambda _user: Discipline.objects.filter(level=2))
FIELDS = _disciplines("fields", _("学科"), lambda _user: Discipline.objects.all())
PEOPLE = declare(
    Lookup(
        code="people",
        label=_("人员"),
        action="registry.people.list",
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
