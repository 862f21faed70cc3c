"""Typed errors of the kernels; each names the row that is wrong."""


class BadInput(ValueError):
    """An argument cannot be used; the message names it and the first offending row."""
