"""Reads the versions of an application: those that a reader may see, and what the application held at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from headwater.calls.contents import content_of
from headwater.calls.models import Application, Participant, Version
from headwater.calls.stores import APPLICATIONS
from headwater.core.permission import may
from headwater.forms.versions import undone

MOST_SHOWN = 200
"""The newest versions are listed; earlier ones stay and can be reached by the address of a comparison."""


@dataclass(frozen=True)
class VersionEntry:
    """A version in the list, with the names it changed and the version before it (0: the beginning)."""

    version: Version
    names: Sequence[str]
    previous: int


def readable(row: Application, user: Any) -> Any:
    """Return the versions that `user` may read. Those who may write in the application read all of them; everybody else who
    sees it reads the submitted ones, and those of a return (with the same content).
    """
    versions = Version.objects.filter(application=row)
    if may(user, "calls.application.write", row):
        return versions
    return versions.filter(kind__in=[Version.Kind.SUBMIT, Version.Kind.RETURN])


def listed(row: Application, user: Any) -> list[VersionEntry]:
    """Return the versions for a reader, the newest first, without the texts they keep."""
    rows = readable(row, user).defer("before", "clashes").select_related("author").order_by("-id")
    rows = rows.annotate(names=RawSQL("ARRAY(SELECT jsonb_object_keys(before))", []))
    rows = list(rows.annotate(clashing=RawSQL("ARRAY(SELECT jsonb_object_keys(clashes))", []))[: MOST_SHOWN + 1])
    earlier = [v.pk for v in rows[1:]] + [0] * bool(rows)
    return [VersionEntry(v, v.names, previous) for v, previous in zip(rows, earlier, strict=True)][:MOST_SHOWN]


def content_after(row: Application, version: int) -> dict[str, Any]:
    """Return what the application held after a version (0: at its beginning), worked out backwards from what it holds now."""
    return undone(APPLICATIONS.of(row.pk), content_of(row), version)


def changed_since_confirmed(row: Application) -> list[Participant]:
    """Return the members who have confirmed and after whom somebody else has changed the content."""
    others = Version.objects.filter(
        application=row, at__gt=OuterRef("confirmed_at"), kind__in=[Version.Kind.SAVE, Version.Kind.RESTORE]
    )
    others = others.filter(Q(author=None) | ~Q(author=OuterRef("person__account")))
    return list(row.participants.filter(Exists(others), confirmed_at__isnull=False).select_related("person"))


def open_clashes(row: Application, user: Any) -> list[Version]:
    """Return the saves of `user` that replaced words of somebody else, of which they have not decided yet and nobody has
    written since.
    """
    versions = Version.objects.filter(application=row, author=user).exclude(clashes={}).select_related("author")
    rows = list(versions.order_by("-id")[:20])
    if not rows:
        return []
    later: dict[str, int] = {}
    for pk, names in (
        Version.objects.filter(application=row, pk__gte=rows[-1].pk)
        .annotate(names=RawSQL("ARRAY(SELECT jsonb_object_keys(before))", []))
        .values_list("pk", "names")
        .order_by("pk")
    ):
        later |= dict.fromkeys(names, pk)
    for v in rows:
        v.clashes = {k: clash for k, clash in v.clashes.items() if later[k] == v.pk and not clash["seen"]}
    return [v for v in rows if v.clashes]
