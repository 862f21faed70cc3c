"""The kernels, asked by name. A worker or a command runs them where it is; a web process keeps one solver process beside it, and
another one that typesets papers, so that these do not wait for each other.

No module that a request loads imports NumPy or a kernel: what asks names a function of `headwater.solving`, and only the process that
answers imports it. A process beside starts with the first question, is dropped when it was idle for five minutes and ends with its
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
    return _target(function)


def solve(function: str, *arguments: Any) -> Any:
    """Answer a question of plain data with plain data; what a generator yields comes one by one, or as a whole from the process beside."""
    return _solver.ask(function, arguments) if _solver.apart else _target(function)(*arguments)


def typeset(*arguments: Any) -> Any:
    """Answer what `core.typesetting.typeset` does, from the process beside that typesets where this is a web process."""
    function = "headwater.core.typesetting:typeset"
    return _typesetter.ask(function, arguments) if _solver.apart else _target(function)(*arguments)


def keep_apart() -> None:
    """Tell that this is a web process. What works beside it starts with the first question."""
    _solver.apart = True


class Solver:
    """A process beside a web process; its threads ask one after the other."""

    def __init__(self) -> None:
        self.apart = False
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._questions = 0
        self._timer: threading.Timer | None = None

    def ask(self, function: str, arguments: tuple[Any, ...]) -> Any:
        try:
            return self._once(function, arguments)
        except BrokenProcessPool:  # killed, for want of memory say; the next one starts afresh
            return self._once(function, arguments)

    def drop(self) -> None:
        """End the process unless somebody asks."""
        with self._lock:
            if self._pool is not None and not self._questions:
                self._pool.shutdown(wait=False)
                self._pool = None

    def _once(self, function: str, arguments: tuple[Any, ...]) -> Any:
        with self._lease() as pool:
            try:
                return pool.submit(_answer, function, arguments).result()
            except BrokenProcessPool:
                with self._lock:
                    if self._pool is pool:
                        self._pool = None
                raise

    @contextmanager
    def _lease(self) -> Iterator[ProcessPoolExecutor]:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin)
            pool = self._pool
            self._questions += 1
        try:
            yield pool
        finally:
            with self._lock:
                self._questions -= 1
                if not self._questions:
                    self._timer = threading.Timer(IDLE, self.drop)
                    self._timer.daemon = True
                    self._timer.start()


_solver, _typesetter = Solver(), Solver()


def _target(function: str) -> Callable[..., Any]:
    module, name = function.split(":")
    target: Callable[..., Any] = getattr(import_module(module), name)
    return target


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer(function: str, arguments: tuple[Any, ...]) -> Any:
    try:
        answer = _target(function)(*arguments)
        return list(answer) if isgenerator(answer) else answer
    except Exception as error:
        raise SolverError(f"{type(error).__name__}: {error}") from None
