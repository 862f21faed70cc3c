"""Tasks of the worker for requests."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="4 0 * * *")
@app.task(name="headwater.start_requests", queue="house", queueing_lock="start_requests")
def start_requests(timestamp: int) -> None:
    """Let what was accepted for this day take effect."""
    from headwater.casework.requests.services.accepting import start_due

    start_due()
