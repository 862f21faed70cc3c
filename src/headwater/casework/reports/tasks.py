"""What the worker does about reports without being asked."""

from procrastinate.contrib.django import app


@app.periodic(cron="25 0 * * *")  # UTC: a morning hour in the region
@app.task(name="headwater.follow_reports", queue="jobs", queueing_lock="follow_reports")
def follow_reports(timestamp: int) -> None:
    """Remind writers, do what follows from late reports, and put what the house knows by now in the place of self-reported figures."""
    from headwater.casework.reports.services.following import follow_up, remind_writers
    from headwater.casework.reports.services.replacing import replace_figures
    from headwater.core.command import system

    remind_writers(actor=system("worker"))
    follow_up(actor=system("worker"))
    replace_figures(actor=system("worker"))
