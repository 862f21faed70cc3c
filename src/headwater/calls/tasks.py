"""Jobs and tasks of calls, made known to the worker."""

from procrastinate.contrib.django import app

from headwater.calls.checking.services import answer_sheets, checking, exports

__all__ = ["answer_sheets", "checking", "exports"]


@app.periodic(cron="*/5 * * * *")
@app.task(name="headwater.take_in", queue="jobs", queueing_lock="take_in")
def take_in(timestamp: int) -> None:
    """Make new applications searchable and comparable before anybody asks for the formal check."""
    from headwater.calls.checking.services.likeness import take_in

    take_in()


@app.periodic(cron="*/10 * * * *")
@app.task(name="headwater.expire_late", queue="jobs", queueing_lock="expire_late")
def expire_late(timestamp: int) -> None:
    """Close what missed its deadline and tell its people, without an officer."""
    from headwater.calls.endorsing.services.endorsement import expire_everywhere
    from headwater.core.command import system

    expire_everywhere(actor=system("worker"))


@app.periodic(cron="40 * * * *")
@app.task(name="headwater.finish_calls", queue="jobs", queueing_lock="finish_calls")
def finish_calls(timestamp: int) -> None:
    """Finish the calls in which everything has ended."""
    from headwater.calls.deciding.services.finishing import finish_everywhere
    from headwater.core.command import system

    finish_everywhere(actor=system("worker"))


@app.periodic(cron="27 3 * * *")
@app.task(name="headwater.join_old_versions", queue="house", queueing_lock="versions")
def join_versions(timestamp: int) -> None:
    """Join old versions, and delete what was kept for people who did not come back: unsaved work, unconfirmed objections."""
    from headwater.calls.deciding.services.objecting import forget_unconfirmed
    from headwater.forms.unsaved import forget_old
    from headwater.forms.versions import join_old_versions

    join_old_versions()
    forget_old()
    forget_unconfirmed()
