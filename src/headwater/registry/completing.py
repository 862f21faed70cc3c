"""What an institution completes of its own people: the facts for which rules send an applicant to it, and nothing else.

Identity documents, names, sanctions, studies and the mark of fund staff stay with the officers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, authorise, command
from headwater.core.errors import Reason, refuse_if
from headwater.registry.models import Employment, Person, TitleHeld
from headwater.registry.posts import place
from headwater.registry.qualifications import known_degrees, one_of_degrees, senior_titles
from headwater.registry.standing import OLDEST


@dataclass(frozen=True)
class Profile:
    """What is on record of a person. An empty value: nothing is."""

    sex: str = ""
    birth_date: date | None = None
    highest_degree: str = ""
    title: str = ""
    title_since: date | None = None
    kind: str = ""
    post: str = ""
    post_since: date | None = None


def profile_of(person: Person) -> Profile:
    """Return what is on record of a person: the title with its day, the latest post with the person's institution."""
    title = person.titles.filter(title=person.title).first()
    post = person.employments.filter(organisation=person.organisation).order_by("-since", "-pk").first()
    return Profile(
        person.sex,
        person.birth_date,
        person.highest_degree,
        person.title,
        title.since if title else None,
        post.kind if post else "",
        post.post if post else "",
        post.since if post else None,
    )


def is_proven(person: Person) -> bool:
    """Return whether sex and birth date were read from an identity document."""
    return bool(person.id_hash and person.birth_date and person.sex)


def complete_person(*, person: Person, values: Mapping[str, Any], actor: Actor) -> None:
    """Complete a person of one's own institution. `values` has fields of `Profile`: an empty value clears one, a missing one stays.

    The event names what was changed, not the values: they are personal data.

    Raises:
        Refused: a day or a degree that cannot be, what an identity document has proven, or a post that would be without its day.
    """
    with command(actor, "registry.person.complete", person, name="registry.complete_person") as log:
        row = Person.objects.select_for_update().get(pk=person.pk)
        authorise(actor, "registry.person.complete", row)
        before = profile_of(row)
        new = replace(before, **values)
        refuse_if(_mistakes(row, before, new))
        names = {name for name in values if getattr(new, name) != getattr(before, name)}
        for name in ("sex", "birth_date", "highest_degree"):
            setattr(row, name, getattr(new, name))
        if {"title", "title_since"} & names:
            _hold(row, new)
        row.save(update_fields=["sex", "birth_date", "highest_degree", "title", "is_senior"])
        if {"kind", "post", "post_since"} & names and row.organisation and new.post_since:
            place(Employment(person=row, organisation=row.organisation, kind=new.kind, post=new.post, since=new.post_since))
        if names:
            log(row, after={"changed": sorted(names)})


def _hold(row: Person, new: Profile) -> None:
    if new.title != row.title:
        row.title, row.is_senior = new.title, new.title in senior_titles()
    if new.title_since:
        defaults = {"since": new.title_since, "senior": row.is_senior}
        TitleHeld.objects.update_or_create(person=row, title=new.title, defaults=defaults)
    else:
        row.titles.filter(title=new.title).update(since=None)


def _mistakes(row: Person, before: Profile, new: Profile) -> Iterator[Reason]:
    if is_proven(row):
        for name in ("sex", "birth_date"):
            if getattr(new, name) != getattr(before, name):
                yield Reason(_("来自身份证件，单位不能修改；有误的请联系主管部门"), field=name)
    if new.highest_degree not in (*(degrees := known_degrees()), ""):
        yield Reason(one_of_degrees(degrees), field="highest_degree")
    if new.birth_date and not date(1900, 1, 1) <= new.birth_date <= clock.add_months(clock.today(), -12 * 16):
        yield Reason(_("请核对出生日期"), field="birth_date")
    for name in ("title_since", "post_since"):
        day = getattr(new, name)
        if day and day != getattr(before, name) and not OLDEST <= day <= clock.today():
            yield Reason(_("日期应在 %s 至今天之间") % OLDEST, field=name)
    if new.title_since and not new.title:
        yield Reason(_("请填写职称；没有职称的，请同时清空取得日期"), field="title")
    if (new.kind or before.kind) and not new.post_since:
        yield Reason(_("请填写任职起始日期"), field="post_since")
    if (new.post or new.post_since or before.kind) and not new.kind:
        yield Reason(_("请选择任职类型；已登记的任职不能在这里清空"), field="kind")
