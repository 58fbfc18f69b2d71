"""The processes of this machine, by the standard library's pool."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any

from libya_news.errors import EnvironmentFaultError

Begin = Callable[[Callable[[Any], Any], Any], Callable[[], Any]]
"""Begins with a function of an argument, and returns what waits for its value."""


@contextlib.contextmanager
def spread(workers: int) -> Iterator[Begin]:
    """A number of processes. One is this process itself, which works when it is waited for: another would take a second
    or two to start.

    However it ends, all processes have ended then, whatever they were doing.

    Raises:
        EnvironmentFaultError: a process was killed.
    """
    if workers == 1:
        yield partial
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker)
    # Ctrl-C, and whatever else a signal raises, interrupts the main thread. So another one starts processes and ends
    # them: what it has begun it carries through, and no process is forgotten.
    with ThreadPoolExecutor(1, initializer=_hold_back) as keeper:

        def begin(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
            return keeper.submit(pool.submit, function, argument).result().result

        try:
            yield begin
        except BrokenProcessPool:
            raise EnvironmentFaultError(
                "A worker process was killed, as a rule for want of memory.",
                "Use fewer --workers, or free some memory.",
            ) from None
        finally:
            keeper.submit(_end, pool).result()


def _hold_back() -> None:
    """Hold Ctrl-C back in this thread: a process that it starts holds it back for good, from its first step on.

    For Ctrl-C reaches all processes of a terminal, and the one that started the others ends them.
    """
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _begin_worker() -> None:
    """Let a process neither mind Ctrl-C, nor outlive the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)


def _end(pool: ProcessPoolExecutor) -> None:
    """End all processes of a pool at once: what they do, and what waits in its pipes, is of use no longer."""
    for process in list((pool._processes or {}).values()):  # noqa: SLF001 - terminate_workers came with Python 3.14
        process.kill()
    # One that was killed while it handed something over leaves a half, whose rest would be waited for without end.
    pool._result_queue._writer.close()  # type: ignore[attr-defined] # noqa: SLF001
    if sys.version_info < (3, 11):  # so does there what waits for a process to take it (CPython issue 94777)
        pool._call_queue._reader.close()  # noqa: SLF001
    pool.shutdown(cancel_futures=True)
