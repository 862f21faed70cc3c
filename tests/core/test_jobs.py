"""Jobs: which lane they wait in, and how often one that takes its worker with it is begun."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection

from headwater.cli import serve
from headwater.core import jobs, tasks
from headwater.core.exports import ask_export
from headwater.core.jobs import MOST_ATTEMPTS, Progress
from headwater.core.models import Job, Notification
from tests.make import actor, client


class Begun(list[int]):
    """The jobs that were begun; once `cured` they come to their end."""

    cured = False


@pytest.fixture
def deadly() -> Iterator[Begun]:
    """A kind of job that ends its worker, as the system does when memory runs out; what it has begun."""
    begun = Begun()

    def work(progress: Progress, actor: Any) -> dict[str, Any]:
        begun.append(progress.job.pk)
        if not begun.cured:
            raise SystemExit(137)
        return {"n": 1}

    with jobs.KINDS.reopened():
        jobs.job("test.deadly", "致命任务")(work)
        yield begun


def kill(pk: int) -> None:
    with pytest.raises(SystemExit):
        jobs.run(pk)


@pytest.mark.django_db
def test_a_job_that_ends_its_worker_three_times_is_given_up_and_told(deadly: list[int]) -> None:
    row = jobs.enqueue("test.deadly", actor=actor("officer"))
    for n in range(MOST_ATTEMPTS):
        kill(row.pk)
        found = Job.objects.get(pk=row.pk)
        assert (found.state, found.attempts) == (Job.State.RUNNING, n + 1)
    for _again in range(2):
        assert jobs.run(row.pk).state == Job.State.FAILED
    assert len(deadly) == MOST_ATTEMPTS
    found = Job.objects.get(pk=row.pk)
    assert "已尝试 3 次" in found.message
    assert found.ended_at is not None
    note = Notification.objects.get(account=found.asked_by, title__contains="致命任务")
    assert note.body == found.message
    assert "已尝试 3 次" in client("officer").get(note.url).content.decode()


@pytest.mark.django_db
def test_a_job_whose_worker_was_killed_once_is_done_the_second_time(deadly: Begun) -> None:
    row = jobs.enqueue("test.deadly", actor=actor("officer"))
    kill(row.pk)
    deadly.cured = True
    found = jobs.run(row.pk)
    assert (found.state, found.result, found.attempts) == (Job.State.DONE, {"n": 1}, 2)


def waiting() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, (args->>'job_id')::int FROM procrastinate_jobs WHERE task_name = 'headwater.run_job'")
        return list(cursor.fetchall())


@pytest.mark.django_db
def test_an_archive_waits_where_no_check_waits_behind_it(django_capture_on_commit_callbacks: Any, deadly: list[int]) -> None:
    before = set(waiting())
    with django_capture_on_commit_callbacks(execute=True):
        archive = ask_export(what="calls.applications", items=[1], title="x", actor=actor("officer"))
        other = jobs.enqueue("test.deadly", actor=actor("officer"))
    assert set(waiting()) - before == {("exports", archive.pk), ("jobs", other.pk)}


class Ready:
    """Stands for the queue's app: a lane runs until it is cancelled; `ending` ends by itself."""

    def __init__(self, ending: str) -> None:
        self.ending, self.lanes, self.cancelled = ending, dict[str, int](), set[str]()

    @asynccontextmanager
    async def open_async(self) -> Any:
        yield

    async def run_worker_async(self, *, queues: list[str], concurrency: int, **_more: Any) -> None:
        self.lanes[queues[0]] = concurrency
        try:
            await asyncio.sleep(0.01 if queues[0] == self.ending else 60)
        except asyncio.CancelledError:
            self.cancelled.add(queues[0])
            raise


@pytest.mark.parametrize("ending", ["house", "jobs", "exports"])
def test_every_queue_has_a_lane_and_a_lane_that_ends_ends_the_worker(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Nobody would start a single lane again; a worker that ends is started anew."""
    from procrastinate.contrib.django import app

    ready = Ready(ending)

    @contextmanager
    def replaced(_connector: Any) -> Iterator[Ready]:
        yield ready

    monkeypatch.setattr("headwater.cli.main.setup", lambda tables: None)
    monkeypatch.setattr(app, "replace_connector", replaced, raising=False)
    monkeypatch.setattr("procrastinate.contrib.django.app.connector.get_worker_connector", lambda: None)
    with ThreadPoolExecutor(1) as other:  # a browser of an earlier test may have left a loop running in this thread
        done = other.submit(CliRunner().invoke, serve.worker, catch_exceptions=False).result()
    assert done.exit_code == 0
    queues = {t.queue for t in app.tasks.values() if t.name.startswith("headwater.")} | {q for _l, _w, q in jobs.KINDS.values()}
    assert set(ready.lanes) == queues == {"house", "jobs", "exports"}
    assert set(ready.lanes.values()) == {1}
    assert ready.cancelled == queues - {ending}


@pytest.mark.django_db
def test_checks_of_files_take_turns_with_seals_and_mail(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from headwater.core import uploads
    from headwater.core.models import StoredFile

    fine = {"owner_type": "x.y", "owner_id": 1, "kind": "k", "name": "a.pdf", "size": 1, "content_type": "x", "state": "checking"}
    StoredFile.objects.filter(state="checking").update(state="fine")
    StoredFile.objects.bulk_create([StoredFile(**fine, sha256=f"{n:064}") for n in range(50)])
    monkeypatch.setattr(tasks, "CHECK_SECONDS", 0.0)
    left = []
    for _turn in range(3):
        asked: list[int] = []
        monkeypatch.setattr(uploads, "_defer_check", lambda asked=asked: asked.append(1))
        with django_capture_on_commit_callbacks(execute=True):
            tasks.check_new_files(timestamp=0)
        left.append((StoredFile.objects.filter(state="checking").count(), len(asked)))
    assert left == [(30, 1), (10, 1), (0, 0)]
