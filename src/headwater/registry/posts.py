"""Import of posts: what the table says of a period takes the place of what was on record for the same person and institution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.core.command import Actor, command
from headwater.core.sheets import RowError
from headwater.registry.models import Employment, Organisation, Person
from headwater.registry.services import record_employment
from headwater.registry.standing import WHO, People, Ready, about_people, organisation_of, required_day
from headwater.registry.tables import IMPORTS, UNITS, Column, Importable, ImportResult, Row, parse_rows, pick, too_long

POSTS = (
    *WHO,
    Column("organisation", "单位", True, UNITS),
    Column("kind", "任职类型", True, ("类型",)),
    Column("post", "岗位"),
    Column("since", "起始日期", True, ("入职日期",)),
    Column("until", "截止日（含）", False, ("截止日期", "截止日", "离职日期")),
)
KINDS = {"全职": "full", "双聘": "dual", "柔性": "flexible", "博士后": "postdoc"}
KINDS |= {k.value: k.value for k in Employment.Kind}
ONE_DAY = timedelta(days=1)
Posts = defaultdict[tuple[int, int], list[Employment]]
"""Posts by person and institution."""


def import_posts(*, name: str, content: bytes, actor: Actor, dry_run: bool = True, skip_bad: bool = False) -> ImportResult:
    """Import posts. A table of people registers everybody as full-time: who is not is told here, and then not full-time as well.

    Raises:
        Refused: the file as a whole cannot be read.
    """
    table = parse_rows(name, content, POSTS)
    people = People(table.rows)
    hosts = {o.name_zh: o for o in Organisation.objects.filter(name_zh__in={r["organisation"] for r in table.rows})}
    posts: Posts = defaultdict(list)
    file_posts: Posts = defaultdict(list)
    for e in Employment.objects.filter(person__in=people.ids, organisation__in=hosts.values()).order_by("since", "pk"):
        posts[e.person_id, e.organisation_id].append(e)

    def read(number: int, row: Row, person: Person, errors: list[RowError]) -> tuple[Any, dict[str, Any], Any]:
        new = _post(number, row, person, organisation_of(number, row, hosts, errors), errors)
        if new is None:
            return None, {}, None
        key = (new.person_id, new.organisation_id)
        post = _same_post(new, [e for e in posts[key] if e not in file_posts[key]])
        if any(_meet(new, e) for e in file_posts[key] if e is not post):
            errors.append(RowError(number, "起始日期", row["since"], _("与文件中前面一行的任职时间重叠")))
            return None, {}, None
        new.post = new.post or (post.post if post else "")  # an empty cell leaves what is on record
        changes = _fit(new, post, posts[key])
        file_posts[key].append(post or new)
        return (key, new.since), {"touched": changes}, post

    return about_people(table, people, read, _write_posts, actor, dry_run, skip_bad)


def _post(number: int, row: Row, person: Person, host: Organisation | None, errors: list[RowError]) -> Employment | None:
    kind = pick(number, "任职类型", row["kind"], KINDS, errors)
    since = required_day(number, "起始日期", row["since"], errors)
    until = required_day(number, "截止日（含）", row["until"], errors) if row.get("until") else None
    post = row.get("post", "")
    errors += too_long(number, {"post": post}, POSTS, Employment)
    if since and until and until < since:
        errors.append(RowError(number, "截止日（含）", row["until"], _("不能早于起始日期")))
    if errors or host is None or kind is None or since is None:
        return None
    return Employment(person=person, organisation=host, kind=kind, post=post, since=since, until=until)


def _meet(one: Employment, other: Employment) -> bool:
    return one.since <= (other.until or date.max) and other.since <= (one.until or date.max)


def _same_post(new: Employment, posts: Sequence[Employment]) -> Employment | None:
    """Return the post that a row corrects: it began on the same day, or is of that time and of the same kind or began later."""
    overlaps = [e for e in posts if _meet(new, e)]
    same = [e for e in posts if e.since == new.since]
    return next(iter([*same, *(e for e in overlaps if e.kind == new.kind), *(e for e in overlaps if e.since > new.since)]), None)


def _fit(new: Employment, post: Employment | None, posts: list[Employment]) -> list[Employment]:
    """Make room for `new`: it replaces `post`; another post of that time ends before it, and goes on after it where it lasted longer.
    Returns what is to be written; of a post that `new` covers no day is left.
    """
    changes: list[Employment] = []
    for e in [e for e in posts if e is not post and _meet(new, e)]:
        after = new.until + ONE_DAY if new.until and (e.until is None or e.until > new.until) else None
        changes.append(e)
        if after and e.since >= new.since:
            e.since = after
            continue
        if after:
            rest = {"kind": e.kind, "post": e.post, "since": after, "until": e.until}
            changes.append(Employment(person=new.person, organisation=new.organisation, **rest))
        e.until = new.since - ONE_DAY
        if e.until < e.since:
            posts.remove(e)
    if post:
        post.kind, post.post, post.since, post.until = new.kind, new.post, new.since, new.until
    posts.extend(e for e in (*changes, *([] if post else [new])) if e.pk is None)
    return [*changes, post or new]


def place(new: Employment) -> None:
    """Record one post as a table would. Call inside a command."""
    posts = list(Employment.objects.filter(person=new.person, organisation=new.organisation).order_by("since", "pk"))
    rows = _fit(new, _same_post(new, posts), posts)
    _correct(rows)
    Employment.objects.bulk_create(_fresh(rows))


def _correct(rows: Sequence[Employment]) -> list[Employment]:
    """Write what `_fit` changed of the posts on record, which are returned; those of which no day is left are deleted."""
    old = [e for e in rows if e.pk and (e.until is None or e.since <= e.until)]
    Employment.objects.filter(pk__in={e.pk for e in rows if e.pk} - {e.pk for e in old}).delete()
    Employment.objects.bulk_update(old, ["kind", "post", "since", "until"], batch_size=1000)
    return old


def _fresh(rows: Sequence[Employment]) -> list[Employment]:
    return [e for e in rows if e.pk is None and (e.until is None or e.since <= e.until)]


def _write_posts(ready: Ready, actor: Actor) -> None:
    with command(actor, "registry.import", name="registry.import_posts") as log:
        rows = list({id(e): e for values, _post in ready for e in values["touched"]}.values())
        log.many(_correct(rows), {"imported": True})
        record_employment(rows=_fresh(rows), actor=actor)
        log(None, after={"rows": len(ready)})


IMPORTS.add("posts", Importable(gettext_lazy("任职"), POSTS, import_posts))
