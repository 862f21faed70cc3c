"""The kernels, asked by name. A worker or a command runs them where it is; a web process keeps one solver process beside it.

No module that a request loads imports NumPy or a kernel: what asks names a function of `headwater.solving`, and only the process that
answers imports it. The solver process starts with the first question, is dropped when it was idle for five minutes and ends with its
web process; it knows no database, so that questions and answers are plain data.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from inspect import isgenerator
from multiprocessing import get_context, parent_process
from typing import Any

IDLE = 300.0
"""Seconds after which a solver process without a question is dropped."""


class SolverError(Exception):
    """What a kernel refused, in its words; its own exceptions would bring its modules into the web process."""


def here(function: str) -> Callable[..., Any]:
    """Name a function that works for minutes or on the database; a job or a command runs it in its own process.

    Raises:
        RuntimeError: a web process asks for it; it should have asked for a job.
    """
    if _solver.apart:
        raise RuntimeError(f"{function} runs in a job, not in a web process")
    return _named(function)


def solve(function: str, *given: Any) -> Any:
    """Answer a question of plain data with plain data; what a generator yields comes one by one, or as a whole from the process beside."""
    return _solver.ask(function, given) if _solver.apart else _named(function)(*given)


def keep_apart() -> None:
    """Tell that this is a web process. Its solver process starts with the first question."""
    _solver.apart = True


class Solver:
    """The process beside a web process; its threads ask one after the other."""

    def __init__(self) -> None:
        self.apart = False
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._asking = 0
        self._timer: threading.Timer | None = None

    def ask(self, function: str, given: tuple[Any, ...]) -> Any:
        try:
            return self._once(function, given)
        except BrokenProcessPool:  # killed, for want of memory say; the next one starts afresh
            return self._once(function, given)

    def drop(self) -> None:
        """End the process unless somebody asks."""
        with self._lock:
            if self._pool is not None and not self._asking:
                self._pool.shutdown(wait=False)
                self._pool = None

    def _once(self, function: str, given: tuple[Any, ...]) -> Any:
        with self._held() as pool:
            try:
                return pool.submit(_answer, function, given).result()
            except BrokenProcessPool:
                with self._lock:
                    if self._pool is pool:
                        self._pool = None
                raise

    @contextmanager
    def _held(self) -> Iterator[ProcessPoolExecutor]:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin)
            pool = self._pool
            self._asking += 1
        try:
            yield pool
        finally:
            with self._lock:
                self._asking -= 1
                if not self._asking:
                    self._timer = threading.Timer(IDLE, self.drop)
                    self._timer.daemon = True
                    self._timer.start()


_solver = Solver()


def _named(function: str) -> Callable[..., Any]:
    module, name = function.split(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer(function: str, given: tuple[Any, ...]) -> Any:
    try:
        answer = _named(function)(*given)
        return list(answer) if isgenerator(answer) else answer
    except Exception as error:
        raise SolverError(f"{type(error).__name__}: {error}") from None
