"""Tasks of bodies, made known to the worker."""

from procrastinate.contrib.django import app


@app.periodic(cron="20 8 * * *")
@app.task(name="headwater.remind_of_sittings", queue="jobs", queueing_lock="sittings")
def remind_of_sittings(timestamp: int) -> None:
    """Remind members of the sittings that come soon."""
    from headwater.casework.bodies.services.calling import remind

    remind()
