"""Locks the rows that a change of an application waits for: the application as its author works on it, and the people whose
work is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from headwater.calls.models import Application, ApplicationQuerySet
from headwater.calls.states import State
from headwater.calls.workflow import before_deadline
from headwater.core.errors import Refused
from headwater.core.prepared import Prepared


def _locked(pk: int, *without: str) -> ApplicationQuerySet:
    rows = Application.objects.filter(pk=pk).select_for_update(of=("self",))
    return rows.select_related("call__scheme", "host", "leader", "discipline", "second_discipline").defer(
        "call__scheme__definition", *without
    )


LOCKED = Prepared(lambda pk: _locked(pk, "call__guide_zh", "call__guide_en"))
"""An application for its author to work on: locked, with what the rules ask for."""


def lock(application: Application) -> Application:
    row = LOCKED.one(application.pk)
    if row is None:
        raise Application.DoesNotExist
    return row


def lock_draft(application: Application) -> Application:
    row = lock(application)
    if row.state != State.DRAFT:
        raise Refused.because(_("申请书已提交，不能再修改；可请依托单位退回"))
    late = before_deadline(row)
    if late:
        raise Refused([late])
    return row


PEOPLE = """SELECT id FROM registry_person WHERE id IN (SELECT coalesce(merged_into_id, id) FROM registry_person WHERE id = ANY(%s)
    OR id IN (SELECT person_id FROM calls_participant WHERE application_id = %s)) ORDER BY id FOR NO KEY UPDATE"""


def lock_people(people: Sequence[int], *, members_of: int = 0) -> None:
    """Wait for whoever else counts what these people (and the members of an application) have, so that no two count the same."""
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [list(people), members_of])
