"""Jobs and tasks of calls, made known to the worker."""

from procrastinate.contrib.django import app

from headwater.calls.services import checking, exports

__all__ = ["checking", "exports"]


@app.periodic(cron="*/5 * * * *")
@app.task(name="headwater.take_in", queue="jobs", queueing_lock="take_in")
def take_in(timestamp: int) -> None:
    """What was received becomes searchable and comparable before anybody asks for the formal check."""
    from headwater.calls.services.likeness import take_in

    take_in()
