"""What the worker does for registers without being asked."""

from procrastinate.contrib.django import app


@app.periodic(cron="15 1 * * *")  # UTC: a morning hour in the region
@app.task(name="headwater.keep_registers", queue="jobs", queueing_lock="keep_registers")
def keep_registers(timestamp: int) -> None:
    """Remind of states that end, and give roles to keepers whose account was opened since."""
    from headwater.core.command import system
    from headwater.registers.services.reminding import grant_late, remind_of_terms

    grant_late(actor=system("worker"))
    remind_of_terms(actor=system("worker"))
