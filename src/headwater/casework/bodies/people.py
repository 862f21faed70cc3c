"""Whom lines of text mean: a name with an institution, an e-mail, an ORCID; all lines of a form at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from headwater.core.addresses import is_address, normal
from headwater.core.names import Named, normal_name
from headwater.forms.answers.references import readings
from headwater.registry.models import Person, surviving
from headwater.registry.queries import namesakes

Found = tuple[Person | None, str]
"""The person, or what is wrong with the line."""


def people_meant(lines: Iterable[str]) -> dict[str, Found]:
    """Return for each line the one person whom it means, by the record that stands for them (some queries, whatever the number of lines)."""
    texts = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    addresses = {t: normal(t) for t in texts if is_address(t)}
    numbers = [t for t in texts if t.count("-") == 3]
    known = Person.objects.filter(Q(email__in=addresses.values()) | Q(orcid__in=numbers)).select_related(
        "organisation", "merged_into__organisation"
    )
    by_mark: dict[str, list[Person]] = {}
    for person in known if addresses or numbers else ():
        for mark in filter(None, (person.email, person.orcid)):
            by_mark.setdefault(mark, []).append(person)
    meanings = {t: readings(t) for t in texts if t not in addresses and t not in numbers}
    by_name = namesakes(n for each in meanings.values() for n in each) if meanings else {}
    found: dict[str, Found] = {}
    for text in texts:
        people = by_mark.get(addresses.get(text, text), []) if text not in meanings else _first(meanings[text], by_name)
        found[text] = _one(text, surviving(people))
    return found


def _first(meanings: list[Named], people: dict[Named, list[Person]]) -> list[Person]:
    """Return the people of the first reading that fits some."""
    for one in meanings:
        if rows := [p for p in people.get(one, []) if _is_at(p, one.institution)]:
            return rows
    return []


def _is_at(person: Person, institution: str) -> bool:
    home, part = person.organisation, normal_name(institution).casefold()
    names = (home.name_zh, home.name_en) if home else ()
    return not part or any(part in normal_name(name).casefold() for name in names)


def _one(text: str, people: list[Person]) -> Found:
    if len(people) == 1:
        return people[0], ""
    if people:
        return None, _("有多个叫“%s”的人，请在姓名后空一格写明单位，或填写其电子邮箱") % text
    return None, _("系统中没有登记“%s”，请填写姓名加单位、电子邮箱或 ORCID") % text[:60]
