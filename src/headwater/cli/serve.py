"""headwater serve, worker: web processes and the job worker, kept alive by one small parent."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import click

from headwater.config import Config, ConfigError


def check_port(port: int) -> None:
    """Say clearly that a port is taken before anything is built or started.

    Raises:
        ConfigError: another program listens there.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(
                f"port {port} is taken or not allowed ({error.strerror}); choose another with HEADWATER_PORT"
            ) from error


def web_command(config: Config, port: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "headwater.wsgi:application",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(config.web_processes),
        "--threads",
        "4",
        "--worker-class",
        "gthread",
        "--timeout",
        "120",
        "--log-level",
        "warning",
        "--worker-tmp-dir",
        "/dev/shm" if os.path.isdir("/dev/shm") else "/tmp",  # noqa: S108
    ]


def warm_kernels() -> None:
    """Compile the kernels' loops in the background, so that a first round or check need not wait. Their process ends with this one."""
    subprocess.Popen([sys.executable, "-m", "headwater.algorithms.warm", "--aside", "--with-parent"])


def worker_command() -> list[str]:
    return [sys.executable, "-m", "headwater.cli", "worker"]


def serve_all(config: Config, port: int) -> None:
    """Run web and worker until stopped. A child that dies is started again; the database is started again when it was killed."""
    check_port(port)
    children: dict[str, tuple[list[str], subprocess.Popen[bytes]]] = {}
    env = child_environment()
    warm_kernels()
    for name, words in (("web", web_command(config, port)), ("worker", worker_command())):
        children[name] = (words, subprocess.Popen(words, env=env))  # noqa: S603
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(f"Headwater 源头: http://127.0.0.1:{port}  (stop with Ctrl+C)", err=True)
    while not stopping:
        time.sleep(0.5)
        for name, (words, child) in list(children.items()):
            if child.poll() is not None and not stopping:
                click.echo(f"headwater: {name} ended ({child.returncode}); starting it again", err=True)
                revive_database(config)
                time.sleep(1)
                children[name] = (words, subprocess.Popen(words, env=env))  # noqa: S603
        revive_database(config)
    for _words, child in children.values():
        child.terminate()
    for _words, child in children.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)


def child_environment() -> dict[str, str]:
    """Return the environment of web and worker: it has the address of the application's role, and nothing of the owner."""
    from django.conf import settings

    environment = {k: v for k, v in os.environ.items() if k != "HEADWATER_DATABASE_OWNER_URL"}
    return environment | {"HEADWATER_DATABASE_URL": settings.DATABASE_URL}


def revive_database(config: Config) -> None:
    """Start the embedded server again when it was killed; with a database of one's own there is nothing to do."""
    from headwater.database import revive

    revive(config)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="port (default HEADWATER_PORT or 8000)")
def serve(port: int | None) -> None:
    """Bring the tables up to date and serve, with a worker beside the web processes."""
    from headwater.cli.main import setup

    config = setup(migrate=True)
    serve_all(config, port or config.port)


LANES = ("house", "jobs", "exports")
"""Short tasks of the house (mail, seals, checks of uploads), long jobs that people wait for, and files that are made for them:
each has a lane of its own, so that none waits for another kind."""


@click.command()
def worker() -> None:
    """Run background jobs: checks, assignments, mail, sealing, indicators."""
    import asyncio

    from headwater.cli.main import setup

    setup(tables=True)
    from procrastinate import App
    from procrastinate.contrib.django import app

    async def run(ready: App, queue: str, *, signals: bool) -> None:
        await ready.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=1,
            install_signal_handlers=signals,
            listen_notify=True,
            delete_jobs="successful",
        )

    async def work() -> None:
        """All lanes until one ends: then the others end too, and whoever keeps the worker alive starts all anew."""
        with app.replace_connector(app.connector.get_worker_connector()) as ready:
            async with ready.open_async(), asyncio.TaskGroup() as group:
                lanes = [group.create_task(run(ready, queue, signals=queue == "jobs")) for queue in LANES]
                await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
                for lane in lanes:
                    lane.cancel()

    try:
        asyncio.run(work())
    except* Exception as errors:
        raise errors.exceptions[0] from None


COMMANDS = [serve, worker]
