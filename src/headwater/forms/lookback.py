"""Versions as they are read: those of a list, those whose author has not decided yet between two words, restoring one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.translation import gettext as _
from headwater.forms.answers.merging import same
from headwater.forms.stores import Subject

if TYPE_CHECKING:
    from headwater.forms.writing import Writing

RESTORE = "restore"
MOST_SHOWN = 200
"""The newest versions are listed; earlier ones stay and can be reached by the address of a comparison."""
MOST_CLASHES = 20


@dataclass(frozen=True)
class VersionEntry:
    """A version in the list, with the names it changed and the version before it (0: the beginning)."""

    version: Any
    names: Sequence[str]
    previous: int


def listed(versions: QuerySet[Any]) -> list[VersionEntry]:
    """Return versions, the newest first, without the texts they keep."""
    rows = versions.defer("before", "clashes").select_related("author").order_by("-id")
    rows = rows.annotate(names=RawSQL("ARRAY(SELECT jsonb_object_keys(before))", []))
    found = list(rows.annotate(clashing=RawSQL("ARRAY(SELECT jsonb_object_keys(clashes))", []))[: MOST_SHOWN + 1])
    earlier = [v.pk for v in found[1:]] + [0] * bool(found)
    return [VersionEntry(v, v.names, previous) for v, previous in zip(found, earlier, strict=True)][:MOST_SHOWN]


def open_clashes(subject: Subject, account: Any) -> list[Any]:
    """Return the saves of `account` that replaced words of somebody else, of which they have not decided yet and nobody has
    written since.
    """
    versions = subject.rows(subject.store.versions)
    rows = list(versions.filter(author=account).exclude(clashes={}).select_related("author").order_by("-id")[:MOST_CLASHES])
    if not rows:
        return []
    later: dict[str, int] = {}
    named = versions.filter(pk__gte=rows[-1].pk).annotate(names=RawSQL("ARRAY(SELECT jsonb_object_keys(before))", []))
    for pk, names in named.values_list("pk", "names").order_by("pk"):
        later |= dict.fromkeys(names, pk)
    for v in rows:
        v.clashes = {k: clash for k, clash in v.clashes.items() if later[k] == v.pk and not clash["seen"]}
    return [v for v in rows if v.clashes]


def settle_clash(subject: Subject, *, version: int, name: str, actor: Actor) -> bool:
    """Let the author of a save that replaced another writer's words keep it as it is: the question is not asked again.

    Call inside a command; returns whether there was such a question.
    """
    versions = subject.rows(subject.store.versions)
    entry = versions.select_for_update().filter(pk=version, author=actor.account).first()
    if entry is None or name not in entry.clashes:
        return False
    entry.clashes[name]["seen"] = True
    entry.save(update_fields=["clashes"])
    return True


def restore(writing: Writing, *, version: int, names: Sequence[str], actor: Actor, side: str = "after") -> list[str]:
    """Set names (none: all that differ) back to what they held after a version, or before it. The restoring is a save like any
    other.

    `side` "both" puts the words of both writers, where the version replaced somebody's; returns the names that changed.

    Raises:
        Refused: nothing to restore, no such version, or what any save refuses.
    """
    now, then = writing.content(), writing.content_after(version) if side == "after" else _replaced(writing, version, side)
    known = [n for n in writing.fields if n in {**then, **now} and (not names or n in names)]
    values = writing.values_of(then, [n for n in known if not same(then.get(n), now.get(n))])
    if not values:
        raise Refused.because(_("内容没有差别，不需要恢复"))
    return sorted(writing.save(values, actor=actor, kind=RESTORE).before)


def _replaced(writing: Writing, version: int, side: str) -> dict[str, Any]:
    """What a version replaced: the other's words, or those of both."""
    entry = writing.subject.rows(writing.subject.store.versions).filter(pk=version).first()
    if entry is None:
        return {}
    return dict(entry.before) if side == "before" else {k: c["both"] for k, c in entry.clashes.items()}
