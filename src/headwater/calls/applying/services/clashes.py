"""Settles a place of an application in which two people wrote."""

from __future__ import annotations

from headwater.calls.models import Application
from headwater.calls.stores import APPLICATIONS
from headwater.core.command import Actor, command
from headwater.forms.lookback import settle_clash


def decide_clash(*, application: Application, version: int, name: str, actor: Actor) -> None:
    """Let the author of a save that replaced another writer's words keep it as it is: the question is not asked again."""
    with command(actor, "calls.application.write", application, name="calls.decide_clash") as log:
        if settle_clash(APPLICATIONS.of(application.pk), version=version, name=name, actor=actor):
            log(application, after={"version": version, "field": name})
