"""Commands on works: enter, mend, say who an author is, take away. Claims are in `claiming`, merging in `merging`, files in `importing`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from headwater.core.command import Actor, Log, command
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.registry.models import Person, Work, WorkAuthor, WorkClaim, WorkIdentifier, records_of
from headwater.registry.services import reason_of
from headwater.registry.works.claiming import answer_claims, claim_works, withdraw_claims
from headwater.registry.works.identifiers import read_all
from headwater.registry.works.importing.taking import import_works
from headwater.registry.works.matching import find_alike, find_same, with_people
from headwater.registry.works.permissions import Reach, reach_of
from headwater.registry.works.searching import forget_works, index_works
from headwater.registry.works.values import NewWork, made_plain, problems, row_of
from headwater.registry.works.writing import facts_of, insert_authors, insert_identifiers, insert_works, kept

__all__ = [
    "add_works",
    "answer_claims",
    "change_work",
    "claim_works",
    "import_works",
    "link_author",
    "remove_work",
    "unlink_author",
    "withdraw_claims",
]


def add_works(*, works: Sequence[NewWork], actor: Actor, origin: str = Work.Origin.TYPED, distinct: bool = False) -> list[int]:
    """Enter works and return their keys, in a number of statements that does not depend on how many there are.

    Printed names that can mean only one of the people for whom the actor answers are taken to mean them. `distinct` says that
    somebody has looked: none is the work of the same title, kind and year that is on record.

    Raises:
        Refused: what is wrong with a work; a number that is on record (code "same"); the same title, kind and year (code "alike"); or
            a work of nobody for whom the actor answers.
    """
    with command(actor, "registry.works.add", name="registry.add_works") as log:
        reach = reach_of(actor.account)
        plain = with_people([made_plain(w) for w in works], reach)
        refuse_if(reason for work in plain for reason in problems(work))
        refuse_if(_strangers(plain, reach))
        refuse_if(_known(plain))
        if not distinct:
            refuse_if(_alike(plain))
        keys = _inserted(plain, origin, actor)
        for key, work in zip(keys, plain, strict=True):
            log.add("registry.work", key, None, facts_of(work))
        index_works(keys)
    return keys


def _inserted(works: Sequence[NewWork], origin: str, actor: Actor) -> list[int]:
    try:
        with transaction.atomic():
            return insert_works(works, origin=origin, account=actor.account)
    except IntegrityError as error:
        raise Refused.because(_("有的编号刚刚由他人登记，请重新核对"), code="same") from error


def _strangers(works: Sequence[NewWork], reach: Reach) -> Iterator[Reason]:
    """Yield the works of which nobody is an author for whom somebody answers."""
    if reach.everybody:
        return
    people = set(records_of(reach.people().values_list("pk", flat=True)))
    for work in works:
        if not people & {a.person for a in work.authors}:
            whom = _("作者中没有本单位登记的人员") if reach.hosts else _("作者中没有您本人的姓名")
            yield Reason(_("%(why)s：请核对署名，或填写英文署名的写法") % {"why": whom}, field="authors", code="stranger")


def _known(works: Sequence[NewWork]) -> Iterator[Reason]:
    identifiers = [read_all(w.identifiers)[0] for w in works]
    seen: set[tuple[str, str]] = set()
    same = find_same(identifiers)
    records = Work.objects.in_bulk([key for keys in same for key in keys])
    for work, keys, values in zip(works, same, identifiers, strict=True):
        pairs = set(values.items())
        if keys or pairs & seen:
            title = records[keys[0]].title if keys else work.title
            yield Reason(_("编号已登记：%s") % title, field=f"id_{next(iter(values))}", code="same")
        seen |= pairs


def _alike(works: Sequence[NewWork]) -> Iterator[Reason]:
    for work, keys in zip(works, find_alike(works), strict=True):
        if keys:
            yield Reason(_("已有同题名、同年份、同类别的成果：%s") % work.title, field="distinct", code="alike")


def change_work(*, work: Work, to: NewWork, revision: int, actor: Actor) -> None:
    """Mend a work: its texts, identifiers and authors are afterwards those of `to`.

    Raises:
        Refused: what is wrong with it, somebody else changed it since `revision`, or a number is on record for another work.
    """
    with command(actor, "registry.works.mend", work, name="registry.change_work") as log:
        row = Work.objects.select_for_update().get(pk=work.pk)
        if row.revision != revision:
            raise Refused.because(_("您打开之后他人已修改，请刷新后重新填写"), code="changed")
        reach = reach_of(actor.account)
        plain = with_people([made_plain(to)], reach)[0]
        refuse_if(problems(plain))
        before = kept(row)
        _keep_reach(before, plain, reach)
        others = [key for key in find_same([read_all(plain.identifiers)[0]])[0] if key != row.survivor_id]
        if others:
            text = _("编号已登记：%s") % Work.objects.get(pk=others[0]).title
            raise Refused([Reason(text, field=f"id_{next(iter(plain.identifiers))}", code="same")])
        put_work(row, before, plain, log)
        index_works([row.pk])


def _keep_reach(before: NewWork, after: NewWork, reach: Reach) -> None:
    """Refuse to say of people for whom the actor does not answer that they are authors, or that they are none any more."""
    if reach.everybody:
        return
    mine = set(records_of(reach.people().values_list("pk", flat=True)))
    changed = {a.person for a in before.authors} ^ {a.person for a in after.authors}
    if strangers := {p for p in changed if p and p not in mine}:
        names = "、".join(str(p) for p in Person.objects.filter(pk__in=strangers))
        raise Refused([Reason(_("不能增减他人的署名对应关系：%s") % names, field="authors")])


def put_work(row: Work, before: NewWork, after: NewWork, log: Log) -> None:
    """Write what differs between a work on record and as it is to be, with one event that says what. The row is locked."""
    old, new = row_of(before), row_of(after)
    changes = {name: value for name, value in new.items() if old[name] != value}
    for name, value in changes.items():
        setattr(row, name, value)
    row.revision += 1
    row.save(update_fields=[*changes, "revision"])
    numbers = read_all(after.identifiers)[0]
    had = dict(before.identifiers)
    if numbers != had:
        gone = [scheme for scheme, value in had.items() if numbers.get(scheme) != value]
        WorkIdentifier.objects.filter(work=row, scheme__in=gone).delete()
        insert_identifiers([(row.pk, {s: v for s, v in numbers.items() if had.get(s) != v})])
    if list(before.authors) != list(after.authors):
        WorkAuthor.objects.filter(work=row).delete()
        insert_authors((row.pk, n, author) for n, author in enumerate(after.authors, start=1))
    facts = facts_of(before), facts_of(after)
    names = [name for name in {**facts[0], **facts[1]} if facts[0].get(name) != facts[1].get(name)]
    log(row, **{when: {n: f[n] for n in names if n in f} for when, f in zip(("before", "after"), facts, strict=True)})


def link_author(*, work: Work, position: int, person: Person, actor: Actor) -> None:
    """Say who the author at a place is.

    Raises:
        Refused: no such place, somebody is named there already, the person is an author already, or somebody other than an officer says
            so of a person for whom they do not answer or whose name is another one.
    """
    with command(actor, "registry.works.add", name="registry.link_author") as log:
        row = Work.objects.select_for_update().get(pk=work.pk)
        before = kept(row)
        if not 1 <= position <= len(before.authors) or before.authors[position - 1].person:
            raise Refused.because(_("这一位作者已有对应人员，或不存在"), field="person")
        if {a.person for a in before.authors} & set(records_of([person.pk])):
            raise Refused.because(_("此人已是这项成果的作者"), field="person")
        reach = reach_of(actor.account)
        author = before.authors[position - 1]
        if not reach.everybody:
            alone = replace(before, authors=[replace(author, person=None)])
            if with_people([alone], reach)[0].authors[0].person not in records_of([person.pk]):
                raise Refused.because(_("署名与您所负责的人员姓名不符；确为同一人的，请由项目主管办理"), field="person")
        authors = [*before.authors]
        authors[position - 1] = replace(author, person=person.survivor_id)
        put_work(row, before, replace(before, authors=authors), log)


def unlink_author(*, work: Work, person: Person, reason: str, actor: Actor) -> None:
    """Say that an author is somebody else than this person; a work that is nobody's then, and that nobody claims, goes.

    Raises:
        Refused: no reason.
    """
    with command(actor, "registry.works.manage", name="registry.unlink_author") as log:
        ground = reason_of(reason)
        row = Work.objects.select_for_update().get(pk=work.pk)
        theirs = set(records_of([person.pk]))
        before = kept(row)
        authors = [replace(a, person=None) if a.person in theirs else a for a in before.authors]
        log(row, before={"title": before.title, "person": person.pk}, after={"reason": ground})
        if any(a.person for a in authors) or row.claims.exists() or row.merged.exists():
            put_work(row, before, replace(before, authors=authors), log)
        else:
            _delete(row)


def remove_work(*, work: Work, reason: str, actor: Actor) -> None:
    """Take away a work that was entered by mistake.

    Raises:
        Refused: no reason, or it is or was claimed, or another record points to it.
    """
    with command(actor, "registry.works.mend", work, name="registry.remove_work") as log:
        ground = reason_of(reason)
        row = Work.objects.select_for_update().get(pk=work.pk)
        if WorkClaim.objects.filter(work=row).exists() or row.merged.exists():
            raise Refused.because(_("有认领记录或合并关系的成果不能删除"), code="claimed")
        log(row, before=facts_of(kept(row)) | {"entered_by": row.entered_by_id}, after={"reason": ground})
        _delete(row)


def _delete(row: Work) -> None:
    forget_works([row.pk])
    row.delete()
