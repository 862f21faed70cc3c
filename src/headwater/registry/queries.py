"""Reads of the registry that several apps need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy

from headwater.core.correspondence import OFFICE, Office
from headwater.core.documents import PACKAGE
from headwater.core.i18n import Bilingual, chinese
from headwater.core.names import Named, normal_name
from headwater.registry.models import Person, Region, ReviewGroup


def person_url(user: Any) -> Callable[[Person], str]:
    """Return what gives the address of somebody's record; empty where `user` may not open it."""
    return lambda person: reverse("person", args=[person.pk]) if user.has_perm("registry.person.view", person) else ""


def region_of(code: str) -> Region:
    """Return the region whose package was loaded under `code`."""
    return Region.objects.get(code=code)


def region_code() -> str:
    """Return the code of the region that this house serves (setting HEADWATER_REGION): the name of its package's folder."""
    return Path(settings.CONFIG.region).name


def region_folder() -> Path:
    """Return the folder of the region package of this house."""
    path = Path(settings.CONFIG.region)
    return path if path.is_dir() else PACKAGE / "regions" / path.name


def department_of(region: Region) -> str:
    """Return the name of the region's department, in the reader's language."""
    return str(Bilingual(region.department_zh, (region.office.get("name") or ["", ""])[1]))


def region_here() -> Region | None:
    """Return the region that this house serves; None before its package was loaded."""
    return Region.objects.filter(code=region_code()).first()


def basis_of(region: Region | None, code: str) -> str:
    """Return the rule that the region cites for something, in the reader's language; empty where it cites none."""
    zh, en = (region.bases if region else {}).get(code, ("", ""))
    return str(zh if chinese() or not en else en)


OFFICE_LABELS = {
    "phone": gettext_lazy("联系电话"),
    "email": gettext_lazy("电子邮箱"),
    "address": gettext_lazy("通信地址"),
    "postcode": gettext_lazy("邮政编码"),
    "supervision": gettext_lazy("监督电话"),
}
"""How to reach an office, in the order of printing."""


@OFFICE.under("region")
def office_here() -> Office:
    """Return who signs mails and papers here, in the reader's language."""
    region = region_here()
    if region is None:
        return Office()
    texts = {key: str(Bilingual(*pair)) for key, pair in region.office.items()}
    contact = {str(label): texts[key] for key, label in OFFICE_LABELS.items() if texts.get(key)}
    return Office(system=texts.get("system", ""), name=texts.get("name", "") or region.department_zh, contact=contact)


def group_prefixes() -> dict[str, str]:
    """Return the code of the review group by the discipline codes under which its disciplines are."""
    return {prefix: group.code for group in ReviewGroup.objects.all() for prefix in group.prefixes}


def group_of(code: str, prefixes: Mapping[str, str]) -> str:
    """Return the review group of a discipline: that of the longest of `prefixes` with which its code begins; empty where none does."""
    return prefixes[max(matches, key=len)] if (matches := [p for p in prefixes if code.startswith(p)]) else ""


NAMESAKES = """SELECT t.n, p.id FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t(name, n)
        JOIN registry_person p ON registry_name_keys(p.name_zh, p.name_en) && registry_name_keys(t.name)
    UNION SELECT t.n, f.person_id FROM unnest(%(names)s::text[]) WITH ORDINALITY AS t(name, n)
        JOIN registry_personname f ON registry_name_keys(f.text) && registry_name_keys(t.name)
    ORDER BY 1, 2"""


def namesakes(names: Iterable[Named]) -> dict[Named, list[Person]]:
    """Return the people whom each name can mean, in any writing (2 queries). An institution that none of them has narrows nothing."""
    distinct = list(dict.fromkeys(names))
    with connection.cursor() as cursor:
        cursor.execute(NAMESAKES, {"names": [one.name for one in distinct]})
        pairs = cursor.fetchall()
    people = Person.objects.select_related("organisation").in_bulk({pk for _n, pk in pairs})
    people_by_name: dict[Named, list[Person]] = {one: [] for one in distinct}
    for n, pk in pairs:
        people_by_name[distinct[n - 1]].append(people[pk])
    return {one: [p for p in rows if _at(p, one.institution)] or rows for one, rows in people_by_name.items()}


def _at(person: Person, institution: str) -> bool:
    """Return whether somebody is registered at an institution of which `institution` is the name or a part of it."""
    home = person.organisation
    part = normal_name(institution).casefold()
    return not part or any(part in normal_name(name).casefold() for name in ((home.name_zh, home.name_en) if home else ()))
