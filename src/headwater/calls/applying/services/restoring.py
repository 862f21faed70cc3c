"""Restores an earlier version, and settles a place in which two people wrote."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from headwater.calls.applying.services.applications import save_fields
from headwater.calls.contents import BASIC, PRIVATE, content_of, questions_of, values_of
from headwater.calls.models import Application, Version
from headwater.calls.versions import content_after
from headwater.core.command import Actor, command
from headwater.core.errors import Refused
from headwater.forms.answers.merging import same
from headwater.registry.models import is_own


def restore(*, application: Application, version: int, names: Sequence[str], actor: Actor, side: str = "after") -> list[str]:
    """Set names (none: all that differ) back to what they held after a version, or before it. The restoring is a save like any
    other.

    `side` "both" puts the words of both writers, where the version replaced somebody's; returns the names that changed.

    Raises:
        Refused: nothing to restore, no such version, or what any save refuses.
    """
    row = Application.objects.select_related("call__scheme", "leader", "discipline", "second_discipline").get(pk=application.pk)
    own = actor.account is None or is_own(actor.account, row.leader)
    now = content_of(row)
    if side == "after":
        then = content_after(row, version)
    else:
        replaced = Version.objects.filter(application=row, pk=version).first()
        then = (
            {}
            if replaced is None
            else replaced.before
            if side == "before"
            else {k: c["both"] for k, c in replaced.clashes.items()}
        )
    ordered_names = [*BASIC, *questions_of(row)]
    differing = (
        [n for n in ordered_names if n in names and n in {**then, **now}]
        if names
        else [n for n in ordered_names if n in {**then, **now}]
    )
    differing = [n for n in differing if not same(then.get(n), now.get(n)) and (own or n not in PRIVATE)]
    values = {k: v for k, v in values_of(then, differing).items() if k != "starts_on" or v is not None}
    if not values:
        raise Refused.because(_("内容没有差别，不需要恢复"))
    return sorted(save_fields(application=row, values=values, actor=actor, kind=Version.Kind.RESTORE).changes.before)


def decide_clash(*, application: Application, version: int, name: str, actor: Actor) -> None:
    """Let the author of a save that replaced another writer's words keep it as it is: the question is not asked again."""
    with command(actor, "calls.application.write", application, name="calls.decide_clash") as log:
        entry = Version.objects.select_for_update().filter(application=application, pk=version, author=actor.account).first()
        if entry and name in entry.clashes:
            entry.clashes[name]["seen"] = True
            entry.save(update_fields=["clashes"])
            log(application, after={"version": version, "field": name})
