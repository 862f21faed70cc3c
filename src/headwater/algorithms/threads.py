"""Work in threads over ranges of rows. The compiled kernels release the interpreter's lock, so that plain threads use every core;
no OpenMP or TBB is needed, and a kernel may run in any thread of a web server or worker.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from headwater.algorithms.progress import Progress, silent


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_ranges(
    work: Callable[[int, int], None],
    total: int,
    *,
    size: int,
    workers: int | None = None,
    progress: Progress = silent,
    done_before: int = 0,
    total_for_progress: int | None = None,
) -> None:
    """Call `work(start, end)` for ranges of `size` that cover 0..total, several at a time; ranges must be independent.

    `progress` is called from the calling thread after ranges end. When it or `work` raises, no further range starts and the error
    is raised here once the running ones have ended.
    """
    workers = max(1, workers or cores())
    whole = total if total_for_progress is None else total_for_progress
    starts = range(0, total, size)
    if workers == 1 or len(starts) <= 1:
        for start in starts:
            end = min(start + size, total)
            work(start, end)
            progress(done_before + end, whole)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = {pool.submit(work, start, min(start + size, total)): min(size, total - start) for start in starts}
        done = 0
        try:
            while waiting:
                ended, _rest = wait(waiting, return_when=FIRST_EXCEPTION, timeout=0.5)
                for future in ended:
                    done += waiting.pop(future)
                    future.result()
                progress(done_before + done, whole)
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
