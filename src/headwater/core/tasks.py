"""Tasks of the worker. Each is idempotent: a killed worker's task is taken up again and does no harm."""

from __future__ import annotations

from procrastinate.contrib.django import app

from headwater.core import exports, list_files, mails

__all__ = ["exports", "list_files"]
CHECK_SECONDS = 5.0


@app.task(name="headwater.run_job", queue="jobs", pass_context=False)
def run_job(job_id: int) -> None:
    from headwater.core import jobs

    jobs.run(job_id)


@app.periodic(cron="* * * * *")
@app.task(name="headwater.seal_events", queue="house", queueing_lock="seal")
def seal(timestamp: int) -> None:
    from headwater.core.sealing import seal_events

    seal_events()


@app.periodic(cron="* * * * *")
@app.task(name="headwater.send_mail", queue="house", queueing_lock="mail")
def send_mail(timestamp: int) -> None:
    mails.send_outbox()


@app.periodic(cron="* * * * *")
@app.task(name="headwater.retry_stalled", queue="house", queueing_lock="stalled")
async def retry_stalled(timestamp: int) -> None:
    """A worker that was killed left its job "doing": it is taken up again; every job may run twice."""
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30):
        await app.job_manager.retry_job(stalled)


@app.periodic(cron="7 * * * *")
@app.task(name="headwater.tidy", queue="house", queueing_lock="tidy")
def tidy(timestamp: int) -> None:
    """Remove exports whose days are over, files that a kill left behind, counts of minutes and sessions that are over."""
    from headwater.core.exports import remove_expired, remove_leftovers
    from headwater.core.rates import forget_old
    from headwater.core.sign_ins import forget_sign_ins

    remove_expired()
    remove_leftovers()
    forget_old()
    forget_sign_ins()


@app.periodic(cron="* * * * *")
@app.task(name="headwater.check_files", queue="house", queueing_lock="check_files")
def check_new_files(timestamp: int) -> None:
    """Look into new files for some seconds; the rest asks for another turn, behind seals and mail that came meanwhile."""
    from headwater.core.command import system
    from headwater.core.uploads import ask_for_check, check_files, files_wait

    check_files(actor=system("check_files"), seconds=CHECK_SECONDS)
    if files_wait():
        ask_for_check()


@app.periodic(cron="17 3 * * *")
@app.task(name="headwater.remove_orphans", queue="house", queueing_lock="orphans")
def remove_orphans(timestamp: int) -> None:
    from headwater.core.uploads import forget_stale

    forget_stale()


@app.periodic(cron="37 2 * * *")
@app.task(name="headwater.watch", queue="house", queueing_lock="watch")
def watch_evidence(timestamp: int) -> None:
    """Look at what is new and at a part of the rest, then send the head of the chain out of the house."""
    from headwater.core.verifying import mail_head, watch

    watch()
    mail_head()
