"""What an answer may refer to in the registry: people, organisations, application codes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.core.addresses import is_address, normal
from headwater.core.names import Named, normal_name, read_name, with_institution
from headwater.registry.models import Discipline, Organisation, Person, surviving

NAME, INSTITUTION = 60, 120
"""Characters that the name of somebody, or of an institution, outside the registry may have."""


MOST_NAMESAKES = 50
"""People of one name to choose from; who is not among them is found by name and institution."""


def find_person(text: str) -> list[Person]:
    """People that a line of text can mean: an e-mail, an ORCID, or a name with an institution; at most so many."""
    text = text.strip()
    people = Person.objects.select_related("organisation", "merged_into__organisation").order_by("organisation__name_zh", "pk")
    if is_address(text):
        return surviving(people.filter(email=normal(text))[:MOST_NAMESAKES])
    if text.count("-") == 3:
        return surviving(people.filter(orcid=text)[:MOST_NAMESAKES])
    for one in readings(text):
        if namesakes := surviving(people.called(one.name, one.institution)[:MOST_NAMESAKES]):
            return namesakes
    return []


def readings(text: str) -> list[Named]:
    """How a line may be meant: as it reads, else its last words as the institution, which people write after a blank."""
    words = text.split()[:8]
    cut = [Named(normal_name(" ".join(words[:n])), " ".join(words[n:])) for n in range(len(words) - 1, 0, -1)]
    return [one for one in dict.fromkeys([read_name(text), *cut]) if one.name]


class Registry:
    """Looks up references for one save; each text is asked for once."""

    def __init__(self) -> None:
        self._people: dict[str, list[Person]] = {}
        self._organisations: dict[str, tuple[str, str]] | None = None

    def person(self, entry: Any, *, outside: bool) -> tuple[Any, str]:
        """(the record to store, or what is wrong)."""
        text = _words(entry)
        if text not in self._people:
            self._people[text] = find_person(text)
        people = self._people[text]
        if isinstance(entry, dict) and entry.get("id"):
            people = [p for p in people if p.pk == entry["id"]] or people
        if len(people) == 1:
            one = people[0]
            where = one.organisation.name_zh if one.organisation else ""
            return {"id": one.pk, "name": one.name_zh, "organisation": where}, ""
        if people:
            return None, _("有多个叫“%s”的人，请在姓名后空一格写明单位，或填写其电子邮箱") % text
        if outside:
            name, where = _name_and_institution(entry)
            if len(name) > NAME or len(where) > INSTITUTION:
                return None, _("最多 %d 字") % (NAME if len(name) > NAME else INSTITUTION)
            return {"id": 0, "name": name, "organisation": where}, ""
        return None, _("系统中没有登记“%s”，请填写姓名加单位、电子邮箱或 ORCID") % text[:60]

    def organisation(self, entry: Any, *, outside: bool) -> tuple[Any, str]:
        text = str(entry.get("name", "") if isinstance(entry, dict) else entry).strip()
        if self._organisations is None:
            self._organisations = {}
            for code, zh, en in Organisation.objects.values_list("code", "name_zh", "name_en"):
                for key in (code, zh, en):
                    if key:
                        self._organisations[normal_name(key).casefold()] = (code, zh)
        record = self._organisations.get(normal_name(text).casefold())
        if record:
            return {"code": record[0], "name": record[1]}, ""
        if outside:
            return ({"code": "", "name": text}, "") if len(text) <= INSTITUTION else (None, _("最多 %d 字") % INSTITUTION)
        return None, _("系统中没有登记单位“%s”，请填写全称") % text[:60]

    def discipline(self, entry: Any) -> tuple[Any, str]:
        code = str(entry).strip().split(" ")[0].upper()
        if Discipline.objects.filter(code=code).exists():
            return code, ""
        return None, _("没有这个申请代码：%s") % str(entry)[:40]


def _words(entry: Any) -> str:
    if isinstance(entry, dict):
        return with_institution(str(entry.get("name", "")), str(entry.get("organisation", "")))
    return str(entry).strip()


def _name_and_institution(entry: Any) -> tuple[str, str]:
    """Name and institution of somebody outside the registry."""
    if isinstance(entry, dict):
        return normal_name(str(entry.get("name", ""))), str(entry.get("organisation", "")).strip()
    one = read_name(str(entry))
    return one.name, one.institution
