"""Typed errors of the kernels; each names the row that is wrong."""

from __future__ import annotations


class BadInput(ValueError):
    """An argument cannot be used; the message names it and the first offending row."""


class Infeasible(ValueError):
    """No answer keeps every rule; `reasons` is a smallest set of rules that cannot hold together."""

    def __init__(self, message: str, reasons: list[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


class Cancelled(RuntimeError):
    """Raised by a progress callback to stop a kernel; nothing was changed."""
