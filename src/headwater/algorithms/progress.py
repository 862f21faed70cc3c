"""How a kernel tells how far it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (done, total) about once a second; it may raise, best `Cancelled`: the kernel stops and leaves its inputs as they were."""


def silent(done: int, total: int) -> None:
    """The progress of nobody."""
