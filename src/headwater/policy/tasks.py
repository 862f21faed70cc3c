from procrastinate.contrib.django import app


@app.periodic(cron="7 * * * *")
@app.task(name="headwater.record_indicators", queue="house", queueing_lock="indicators")
def record(timestamp: int) -> None:
    from headwater.policy.services import record_indicators

    record_indicators()
