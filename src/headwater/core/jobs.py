"""Background jobs: a row with progress for people, a procrastinate task for the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.models import Job

logger = logging.getLogger("headwater.jobs")


class Progress:
    """Handed to a job: `progress(done, total, message)` is written at once, so that a page can show it."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, done: int, total: int, message: str = "") -> None:
        Job.objects.filter(pk=self.job.pk).update(done=done, total=total, message=message[:300])


RESULTS: dict[str, str | Promise] = {}
"""What the numbers of a result are called; a number that has no name here is for the record and is not shown."""


def result_names(**names: str | Promise) -> None:
    RESULTS.update(names)


Kind = Callable[..., dict[str, Any]]
KINDS: dict[str, tuple[str | Promise, Kind]] = {}


def job(kind: str, label: str | Promise) -> Callable[[Kind], Kind]:
    """Register a function as a kind of job. It takes (progress, actor, **arguments), may run twice, and returns a result."""

    def wrap(function: Kind) -> Kind:
        KINDS[kind] = (label, function)
        return function

    return wrap


def enqueue(kind: str, *, actor: Actor, **arguments: Any) -> Job:
    """Ask for a job; it starts after the surrounding transaction commits."""
    from headwater.core.tasks import run_job

    row = Job.objects.create(kind=kind, arguments=arguments, asked_by=actor.account)
    transaction.on_commit(lambda: run_job.defer(job_id=row.pk))
    return row


def run(job_id: int) -> Job:
    """Run a job to its end; its outcome is in the row. A job that is already done is left alone."""
    row = Job.objects.get(pk=job_id)
    if row.state == Job.State.DONE:
        return row
    row.state, row.started_at = Job.State.RUNNING, clock.now()
    row.save(update_fields=["state", "started_at"])
    actor = Actor(account=row.asked_by, source=f"job:{row.pk}")
    try:
        row.result = KINDS[row.kind][1](Progress(row), actor, **row.arguments)
        row.state, row.message = Job.State.DONE, ""
    except Refused as refused:
        row.state, row.message = Job.State.FAILED, str(refused)[:300]
    except Exception as error:
        logger.exception("job %s (%s) failed", row.pk, row.kind)
        row.state, row.message = Job.State.FAILED, f"{type(error).__name__}: {error}"[:300]
    row.ended_at = clock.now()
    row.save(update_fields=["state", "message", "result", "ended_at"])
    return row
