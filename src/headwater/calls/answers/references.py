"""What an answer may refer to in the registry: people, organisations, application codes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.core.addresses import is_address, normal
from headwater.registry.models import Discipline, Organisation, Person

NAME, INSTITUTION = 60, 120
"""Characters that the name of somebody, or of an institution, outside the registry may have."""


MOST_NAMESAKES = 50
"""People of one name to choose from; who is not among them is found by name and institution."""


def find_person(text: str) -> list[Person]:
    """People that a line of text can mean: an e-mail, an ORCID, or a name with an institution; at most so many."""
    text = text.strip()
    people = Person.objects.select_related("organisation").order_by("organisation__name_zh", "pk")
    if is_address(text):
        return list(people.filter(email=normal(text))[:MOST_NAMESAKES])
    if text.count("-") == 3:
        return list(people.filter(orcid=text)[:MOST_NAMESAKES])
    name, _blank, organisation = text.partition(" ")
    rows = people.filter(name_zh=name.strip())
    if organisation.strip():
        rows = rows.filter(organisation__name_zh__contains=organisation.strip())
    return list(rows[:MOST_NAMESAKES])


class Registry:
    """Looks up references for one save; each text is asked for once."""

    def __init__(self) -> None:
        self._people: dict[str, list[Person]] = {}
        self._organisations: dict[str, tuple[str, str]] | None = None

    def person(self, given: Any, *, outside: bool) -> tuple[Any, str]:
        """(the record to store, or what is wrong)."""
        text = _words(given)
        if text not in self._people:
            self._people[text] = find_person(text)
        found = self._people[text]
        if isinstance(given, dict) and given.get("id"):
            found = [p for p in found if p.pk == given["id"]] or found
        if len(found) == 1:
            one = found[0]
            where = one.organisation.name_zh if one.organisation else ""
            return {"id": one.pk, "name": one.name_zh, "organisation": where}, ""
        if found:
            return None, _("有多个叫“%s”的人，请在姓名后空一格写明单位，或填写其电子邮箱") % text
        if outside:
            name, _blank, where = text.partition(" ")
            where = where.strip()
            if len(name) > NAME or len(where) > INSTITUTION:
                return None, _("最多 %d 字") % (NAME if len(name) > NAME else INSTITUTION)
            return {"id": 0, "name": name, "organisation": where}, ""
        return None, _("系统中没有登记“%s”，请填写姓名加单位、电子邮箱或 ORCID") % text[:60]

    def organisation(self, given: Any, *, outside: bool) -> tuple[Any, str]:
        text = str(given.get("name", "") if isinstance(given, dict) else given).strip()
        if self._organisations is None:
            self._organisations = {}
            for code, zh, en in Organisation.objects.values_list("code", "name_zh", "name_en"):
                for key in (zh, en):
                    if key:
                        self._organisations[key.casefold()] = (code, zh)
        found = self._organisations.get(text.casefold())
        if found:
            return {"code": found[0], "name": found[1]}, ""
        if outside:
            return ({"code": "", "name": text}, "") if len(text) <= INSTITUTION else (None, _("最多 %d 字") % INSTITUTION)
        return None, _("系统中没有登记单位“%s”，请填写全称") % text[:60]

    def discipline(self, given: Any) -> tuple[Any, str]:
        code = str(given).strip().split(" ")[0].upper()
        if Discipline.objects.filter(code=code).exists():
            return code, ""
        return None, _("没有这个申请代码：%s") % str(given)[:40]


def _words(given: Any) -> str:
    if isinstance(given, dict):
        return f"{given.get('name', '')} {given.get('organisation', '')}".strip()
    return str(given).strip()
