"""What an institution completes of its own people: the facts for which rules send an applicant to it, and nothing else.

Identity documents, names, sanctions, studies and the mark of fund staff stay with the officers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor, authorise, command
from headwater.core.errors import Reason, refuse_if
from headwater.registry.imports import DEGREES, SENIOR_TITLES
from headwater.registry.models import Employment, Person, TitleHeld
from headwater.registry.posts import place
from headwater.registry.standing import OLDEST


@dataclass(frozen=True)
class Profile:
    """Empty values leave what is on record."""

    sex: str = ""
    birth_date: date | None = None
    highest_degree: str = ""
    title: str = ""
    title_since: date | None = None
    kind: str = ""
    post: str = ""
    post_since: date | None = None


def profile_of(person: Person) -> Profile:
    """What is on record: the title with its day, the latest post with the person's institution."""
    held = person.titles.filter(title=person.title).first()
    post = person.employments.filter(organisation=person.organisation).order_by("-since", "-pk").first()
    return Profile(
        person.sex,
        person.birth_date,
        person.highest_degree,
        person.title,
        held.since if held else None,
        post.kind if post else "",
        post.post if post else "",
        post.since if post else None,
    )


def is_proven(person: Person) -> bool:
    """Whether sex and birth date were read from an identity document."""
    return bool(person.id_hash and person.birth_date and person.sex)


def complete_person(*, person: Person, given: Profile, actor: Actor) -> None:
    """Complete a person of one's own institution. The event names what was changed, not the values: they are personal data.

    Raises:
        Refused: a day or a degree that cannot be, or what an identity document has proven.
    """
    with command(actor, "registry.person.complete", person, name="registry.complete_person") as log:
        row = Person.objects.select_for_update().get(pk=person.pk)
        authorise(actor, "registry.person.complete", row)
        before = profile_of(row)
        refuse_if(_mistakes(row, before, given))
        changed = {name: value for name, value in vars(given).items() if value and value != getattr(before, name)}
        for name in ("sex", "birth_date", "highest_degree"):
            setattr(row, name, changed.get(name, getattr(row, name)))
        if {"title", "title_since"} & set(changed):
            _hold(row, given.title or before.title, given.title_since)
        row.save(update_fields=["sex", "birth_date", "highest_degree", "title", "is_senior"])
        if {"kind", "post", "post_since"} & set(changed) and row.organisation and given.post_since:
            place(
                Employment(
                    person=row, organisation=row.organisation, kind=given.kind, post=given.post or before.post, since=given.post_since
                )
            )
        if changed:
            log(row, after={"changed": sorted(changed)})


def _hold(row: Person, title: str, since: date | None) -> None:
    if title != row.title:
        row.title, row.is_senior = title, title in SENIOR_TITLES
    if since:
        TitleHeld.objects.update_or_create(person=row, title=title, defaults={"since": since, "senior": row.is_senior})


def _mistakes(row: Person, before: Profile, given: Profile) -> Iterator[Reason]:
    if is_proven(row):
        for name in ("sex", "birth_date"):
            if getattr(given, name) and getattr(given, name) != getattr(before, name):
                yield Reason(_("来自身份证件，单位不能修改；有误的请联系主管部门"), field=name)
    if given.highest_degree not in DEGREES:
        yield Reason(_("应为 博士、硕士、学士 或 无"), field="highest_degree")
    if given.birth_date and not date(1900, 1, 1) <= given.birth_date <= clock.add_months(clock.today(), -12 * 16):
        yield Reason(_("请核对出生日期"), field="birth_date")
    for name in ("title_since", "post_since"):
        day = getattr(given, name)
        if day and day != getattr(before, name) and not OLDEST <= day <= clock.today():
            yield Reason(_("日期应在 %s 至今天之间") % OLDEST, field=name)
    if given.title_since and not (given.title or before.title):
        yield Reason(_("请填写职称"), field="title")
    if given.kind and not given.post_since:
        yield Reason(_("请填写任职起始日期"), field="post_since")
    if (given.post or given.post_since) and not given.kind:
        yield Reason(_("请选择任职类型"), field="kind")
