"""Calls played side by side by two processes, as people in different places would."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from django.db import DatabaseError, connection

from headwater.demo.plan import DemoError
from headwater.demo.year import Season

PR_SET_PDEATHSIG = 1
Order = tuple[int, str, tuple[Any, ...]]


class CrewError(Exception):
    """A process of the crew failed; the message holds its traceback."""


class Crew:
    """Plays the seasons of `home` in this process and those of `away` in a forked one.

    A step of a season touches its own call only, so the result does not depend on which process is faster; a step that
    looks at other calls is given to `alone`. Where a fork is not safe (macOS) or there is one core, all runs here, with the
    same result.
    """

    def __init__(self, home: Sequence[Season], away: Sequence[Season]) -> None:
        self.home, self.away = list(home), list(away)
        self.pipe: Connection | None = None
        if not sys.platform.startswith("linux") or (os.cpu_count() or 1) < 2:
            return
        gc.freeze()  # keeps the pages of what exists shared between the two
        connection.close()
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(self.away, theirs, self.pipe), daemon=True)
        self.process.start()
        theirs.close()

    def together(self, step: str, *args: Any, only: Sequence[Season] | None = None) -> None:
        """Every season (or those of `only`) does `step`; returns when all have."""
        seasons = [*self.home, *self.away] if only is None else only
        away = [(self.away.index(s), step, args) for s in seasons if s in self.away]
        if self.pipe is not None:
            with self._alive():
                self.pipe.send(away)
        for season in seasons:
            if season in self.home or self.pipe is None:
                getattr(season, step)(*args)
        self._wait()

    def alone(self, season: Season, step: str, *args: Any) -> None:
        """One season does `step` while nothing else happens."""
        self.together(step, *args, only=[season])

    def disband(self) -> None:
        if self.pipe is not None:
            self.pipe.close()
            self.process.join()
            self.pipe = None

    def _wait(self) -> None:
        if self.pipe is None:
            return
        with self._alive():
            problem = self.pipe.recv()
        if problem is not None:
            raise problem

    @contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise DemoError("the second process of the demo was killed; run the command again") from error


def _work(seasons: Sequence[Season], pipe: Connection, other_end: Connection) -> None:
    """The forked process: does what it is told until the pipe closes; it dies with the first process, in the middle of a step.

    A step that went on by itself would write into the demo that the next run of the command builds.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    other_end.close()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the first process has ended: so does this one
        while True:
            orders: list[Order] = pipe.recv()
            pipe.send(_outcome(seasons, orders))


def _outcome(seasons: Sequence[Season], orders: Sequence[Order]) -> Exception | None:
    """Carry out the orders; an error travels as it is when it concerns the database, else with its traceback."""
    try:
        for index, step, args in orders:
            getattr(seasons[index], step)(*args)
    except DatabaseError as error:
        return type(error)(str(error))
    except Exception:
        return CrewError(traceback.format_exc())
    return None
