"""Typed errors of the kernels; each names the row that is wrong."""

from __future__ import annotations

from collections.abc import Iterable


class BadInput(ValueError):
    """An argument cannot be used; the message names it and the first offending row."""


class Reasons(list[str]):
    """Why there is no answer; `proven`: that these reasons contradict one another is proven, otherwise they are what came nearest to it."""

    def __init__(self, reasons: Iterable[str], *, proven: bool) -> None:
        super().__init__(reasons)
        self.proven = proven


class Infeasible(ValueError):
    """No answer keeps every rule; `reasons` is a smallest set of rules that cannot hold together, and says whether that is proven."""

    def __init__(self, message: str, reasons: Iterable[str], *, proven: bool) -> None:
        super().__init__(message)
        self.reasons = Reasons(reasons, proven=proven)


class Cancelled(RuntimeError):
    """Raised by a progress callback to stop a kernel; nothing was changed."""
