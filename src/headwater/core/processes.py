"""Work on the chunks of a large job in several processes, each with its own connection to the database."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context, parent_process
from typing import TypeVar

from django.db import connection
from django.utils.translation import activate, get_language

from headwater.core import clock

WORTH = 4
"""From so many chunks on; the processes need two seconds before their first."""
Chunk = TypeVar("Chunk")
Found = TypeVar("Found")


def spread(work: Callable[[Chunk], Found], chunks: Sequence[Chunk]) -> Iterator[Found]:
    """Run `work` on every chunk, by as many processes as there are processors; results come in the order of the chunks.

    `work`, chunks and results are pickled. What is fixed of clock and language holds there too. Few chunks, one processor or a
    transaction that is under way (the processes would not see it) leave all to this process. The first error ends the work: chunks
    that were done stay done. Processes end with this one.
    """
    cores = os.cpu_count() or 1
    if len(chunks) < WORTH or cores < 2 or connection.in_atomic_block:
        yield from map(work, chunks)
        return
    settings = (str(connection.settings_dict["NAME"]), clock.fixed_moment(), get_language())
    pool = ProcessPoolExecutor(min(cores, len(chunks)), get_context("spawn"), _begin, settings)
    try:
        yield from pool.map(work, chunks)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(database: str, moment: datetime | None, language: str | None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import django

    django.setup()
    connection.settings_dict["NAME"] = database
    clock.fix(moment)
    if language:
        activate(language)


def _end_with_parent() -> None:
    """End this process with its parent: a killed parent closes no pipe that its children hold too, and they would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
