"""Background jobs: a row with progress for people, a procrastinate task for the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.command import Actor
from headwater.core.errors import Refused
from headwater.core.models import Job
from headwater.core.register import Register

logger = logging.getLogger("headwater.jobs")
MOST_ATTEMPTS = 3
"""A job that so often ended with its worker (out of memory, killed) is not taken up again."""
EXPORTS = "exports"
"""The queue of what only makes files for people: no check waits behind it."""


class Progress:
    """Handed to a job: `progress(done, total, message)` is written at once, so that a page can show it."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, done: int, total: int, message: str = "") -> None:
        Job.objects.filter(pk=self.job.pk).update(done=done, total=total, message=message[:300])


RESULTS: Register[str | Promise] = Register("number of a result")
"""What the numbers of a result are called; a number that has no name here is for the record and is not shown."""


def result_names(**names: str | Promise) -> None:
    for name, label in names.items():
        RESULTS.add(name, label)


Work = Callable[..., dict[str, Any]]


class Kind(NamedTuple):
    """How a kind of job is called, what does it, and the queue (a lane of the worker) in which it waits."""

    label: str | Promise
    work: Work
    queue: str


KINDS: Register[Kind] = Register("kind of job")


def job(kind: str, label: str | Promise, *, queue: str = "jobs") -> Callable[[Work], Work]:
    """Register a function as a kind of job. It takes (progress, actor, **arguments), may run twice, and returns a result."""

    def wrap(function: Work) -> Work:
        KINDS.add(kind, Kind(label, function, queue))
        return function

    return wrap


def kind_words(row: Job) -> str:
    """Return what a job is called, also one of a kind that there is no more."""
    return str(KINDS[row.kind].label) if row.kind in KINDS else _("已停用的任务")


Reach = Callable[[Any], Q]
REACH: Register[Reach] = Register("reach of jobs")
"""What keeps a job of somebody else from an account that may look at jobs: its scope, its own cases."""


def jobs_for(account: Any) -> QuerySet[Job]:
    """Return the jobs of an account, and with `core.job.view` those of others, as far as its scope and own cases let."""
    mine = Q(asked_by=account)
    if account.has_perm("core.job.view"):
        mine |= reduce(and_, (function(account) for function in REACH.values()), Q(pk__isnull=False))
    return Job.objects.filter(mine)


def enqueue(kind: str, *, actor: Actor, **arguments: Any) -> Job:
    """Ask for a job; it starts after the surrounding transaction commits."""
    from headwater.core.tasks import run_job

    row = Job.objects.create(kind=kind, arguments=arguments, asked_by=actor.account)
    transaction.on_commit(lambda: run_job.configure(queue=KINDS[kind].queue).defer(job_id=row.pk))
    return row


def run(job_id: int) -> Job:
    """Run a job to its end; its outcome is in the row. A job that is already done is left alone.

    The attempt is counted before the work begins: who is killed in it cannot count.
    """
    row = Job.objects.get(pk=job_id)
    if row.state == Job.State.DONE:
        return row
    if row.attempts >= MOST_ATTEMPTS:
        return _give_up(row)
    row.state, row.started_at, row.attempts = Job.State.RUNNING, clock.now(), row.attempts + 1
    row.save(update_fields=["state", "started_at", "attempts"])
    actor = Actor(account=row.asked_by, source=f"job:{row.pk}")
    try:
        row.result = KINDS[row.kind].work(Progress(row), actor, **row.arguments)
        row.state, row.message = Job.State.DONE, ""
    except Refused as refused:
        row.state, row.message = Job.State.FAILED, str(refused)[:300]
    except Exception as error:
        logger.exception("job %s (%s) failed", row.pk, row.kind)
        row.state, row.message = Job.State.FAILED, _("系统内部错误，没有完成；请联系系统管理员")
        row.result = {"error": f"{type(error).__name__}: {error}"[:1000]}
    row.ended_at = clock.now()
    row.save(update_fields=["state", "message", "result", "ended_at"])
    return row


def _give_up(row: Job) -> Job:
    """Mark a job failed that never came to its end, and tell who asked for it, once."""
    from headwater.core.services import notify

    def why() -> str:
        return (
            _("已尝试 %d 次，每次后台进程都在完成前中断（可能内存不足），不再重试。请缩小范围后重新提出，或联系系统管理员。")
            % row.attempts
        )

    def head() -> str:
        return _("任务没有完成：%s") % kind_words(row)

    if row.state != Job.State.FAILED:
        row.state, row.message, row.ended_at = Job.State.FAILED, why(), clock.now()
        with transaction.atomic():
            row.save(update_fields=["state", "message", "ended_at"])
            if row.asked_by:
                notify([row.asked_by], title=head, body=why, url=reverse("job", args=[row.pk]))
        logger.error("job %s (%s) given up after %d attempts", row.pk, row.kind, row.attempts)
    return row
