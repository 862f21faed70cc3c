"""Reads the versions of an application: those that a reader may see, and who confirmed before the last of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from headwater.calls.models import Application, Participant, Version
from headwater.core.permission import may


def readable(row: Application, user: Any) -> Any:
    """Return the versions that `user` may read. Those who may write in the application read all of them; everybody else who
    sees it reads the submitted ones, and those of a return (with the same content).
    """
    versions = Version.objects.filter(application=row)
    if may(user, "calls.application.write", row):
        return versions
    return versions.filter(kind__in=[Version.Kind.SUBMIT, Version.Kind.RETURN])


def changed_since_confirmed(row: Application) -> list[Participant]:
    """Return the members who have confirmed and after whom somebody else has changed the content."""
    others = Version.objects.filter(
        application=row, at__gt=OuterRef("confirmed_at"), kind__in=[Version.Kind.SAVE, Version.Kind.RESTORE]
    )
    others = others.filter(Q(author=None) | ~Q(author=OuterRef("person__account")))
    return list(row.participants.filter(Exists(others), confirmed_at__isnull=False).select_related("person"))
