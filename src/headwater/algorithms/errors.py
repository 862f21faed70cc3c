"""Typed errors of the kernels; each names the row that is wrong."""


class BadInput(ValueError):
    """An argument cannot be used; the message names it and the first offending row."""


class Infeasible(ValueError):
    """The demand cannot be met; `reasons` says why, the smallest set first."""

    def __init__(self, message: str, reasons: list[str]) -> None:
        super().__init__(message)
        self.reasons = reasons
