"""Tasks of notices, made known to the worker."""

from procrastinate.contrib.django import app


@app.periodic(cron="*/10 * * * *")
@app.task(name="headwater.end_notices", queue="jobs", queueing_lock="end_notices")
def end_notices(timestamp: int) -> None:
    """End the notices whose period is over."""
    from headwater.casework.notices.services.ending import end_everywhere
    from headwater.core.command import system

    end_everywhere(actor=system("worker"))


@app.periodic(cron="47 3 * * *")
@app.task(name="headwater.forget_claims", queue="house", queueing_lock="claims")
def forget_claims(timestamp: int) -> None:
    """Delete objections that were never confirmed."""
    from headwater.casework.notices.objecting import forget_unconfirmed

    forget_unconfirmed()
