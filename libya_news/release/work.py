"""How articles are processed: in this process or in several, and each only once where a cache remembers it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from libya_news.errors import UsageError
from libya_news.pipeline import Result, Run, Work, process_all
from libya_news.records import RawArticle
from libya_news.sources import StrPath

from .cache import Cache

CHUNK: Final = 16
"""Articles that a worker takes at once: some 0.3 s of work, against less than 1 ms to hand them over."""


@contextlib.contextmanager
def runner(workers: int, cache: StrPath | None, provenance: str = "") -> Iterator[Work]:
    """What reads files and processes articles, in their order.

    Args:
        workers: number of processes, 1 and up; the result is the same for any.
        cache: folder that keeps results from run to run; None for none. It can be deleted at any time.
        provenance: hash of what the files beside the inputs say of them.

    Raises:
        UsageError: there is no worker.
        EnvironmentFaultError: the cache cannot be written.
    """
    if workers < 1:
        raise UsageError(f"{workers} workers can do nothing.", "Give 1 or more.")
    with contextlib.ExitStack() as stack:
        run: Run = process_all
        if workers > 1:
            pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
            run = _Pooled(pool)
        if cache is None:
            yield Work(run=run)
        else:
            known = stack.enter_context(contextlib.closing(Cache(Path(cache), run, provenance)))
            yield Work(known.read, known.run)


class _Pooled:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, raws: Sequence[RawArticle]) -> list[Result]:
        chunks = [raws[start : start + CHUNK] for start in range(0, len(raws), CHUNK)]
        return list(chain.from_iterable(self._pool.map(process_all, chunks)))
