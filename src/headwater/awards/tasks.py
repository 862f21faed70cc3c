"""What the worker does for agreements without being asked."""

from procrastinate.contrib.django import app


@app.periodic(cron="*/10 * * * *")
@app.task(name="headwater.lapse_agreements", queue="jobs", queueing_lock="lapse_agreements")
def lapse_agreements(timestamp: int) -> None:
    """End the awards whose time for signing is over."""
    from headwater.awards.services.giving_up import lapse_everywhere
    from headwater.core.command import system

    lapse_everywhere(actor=system("worker"))


@app.periodic(cron="5 1 * * *")  # UTC: a morning hour in the region
@app.task(name="headwater.remind_signers", queue="jobs", queueing_lock="remind_signers")
def remind_signers(timestamp: int) -> None:
    """Remind the next signers before the end."""
    from headwater.awards.services.giving_up import remind_signers
    from headwater.core.command import system

    remind_signers(actor=system("worker"))
