"""Open projects that come by a request: the committee has considered it, the director agrees, and it stands among the projects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.bases.labs.committees import met
from headwater.bases.models import OpenProject
from headwater.bases.rows.declared import ROWS, holds_of
from headwater.bases.rows.services import write
from headwater.core.command import Log
from headwater.core.errors import Reason, refuse_if
from headwater.forms.answers.references import INSTITUTION, NAME
from headwater.registers.declared import Effect, Guard, Weighing
from headwater.registers.kinds import kind_of
from headwater.registry.models import Person

CONSIDERED = "considered_on"
"""The question of the request that says when the committee considered the project."""


def committee_considered(entries: Any, weighing: Weighing) -> dict[int, Reason]:
    """The committee of the base met with a quorum on the day that the request names (1 query)."""
    text = weighing.values.get(CONSIDERED)
    day = date.fromisoformat(str(text)) if text else None
    held = met(entries, day, day) if day else set()
    words = _("委员会在 %s 没有达到法定人数的会议：请填写审议这一课题的会议日期") % (day or "—")
    return {e.pk: Reason(words, field=CONSIDERED, code="committee_considered") for e in entries if e.pk not in held}


def open_project(entries: Any, weighing: Weighing, log: Log) -> None:
    """List what a request asks for among the open projects of its base."""
    table = ROWS["projects"]
    for entry in entries:
        row = project_of(entry, weighing.values)
        row.request_id = weighing.request or None
        holds = holds_of(kind_of(entry), table.code)
        refuse_if(reason for _n, reason in table.weigh(entry, [row], holds) if holds)  # type: ignore[arg-type]
        write(table, [row], [{}], log)


def project_of(entry: Any, values: Any) -> OpenProject:
    """Return the project that the answers of a request describe."""
    row = OpenProject(entry=entry, title=str(values.get("title", ""))[:200], amount_fen=values.get("amount") or 0)
    leader = values.get("leader") or {}
    found = Person.objects.filter(pk=leader.get("id") or 0).first()
    row.person = found.survivor if found else None
    row.name = "" if found else str(leader.get("name", ""))[:NAME]
    row.institution = str(leader.get("organisation", ""))[:INSTITUTION]
    row.since, row.until = (date.fromisoformat(str(values[name])) for name in ("starts_on", "ends_on"))
    return row


def people_in(values: Any) -> Iterable[int]:
    """Return the keys of the persons whom a request names as leaders: they approve nothing about it."""
    leader = values.get("leader")
    return [leader["id"]] if isinstance(leader, dict) and leader.get("id") else []


GUARDS = {"committee_considered": Guard(gettext_lazy("委员会已审议"), committee_considered)}
EFFECTS = {"open_project": Effect(gettext_lazy("列入开放课题"), open_project)}
