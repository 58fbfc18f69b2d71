"""The processes of this machine, by the standard library's pool."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import Any

from libya_news.errors import EnvironmentFaultError

Begin = Callable[[Callable[[Any], Any], Any], Callable[[], Any]]
"""Begins with a function of an argument, and returns what waits for its value."""


@contextlib.contextmanager
def spread(workers: int) -> Iterator[Begin]:
    """A number of processes. One is this process itself, which works when it is waited for: another would take a second
    or two to start.

    Raises:
        EnvironmentFaultError: a process was killed.
    """
    if workers == 1:
        yield partial
        return
    # Ctrl-C reaches all processes of a terminal; this one alone minds it, and then ends the others.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))

    def begin(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
        with _deaf():
            return pool.submit(function, argument).result

    try:
        yield begin
    except BrokenProcessPool:
        if sys.version_info < (3, 11):  # what waits in its pipe would wait for ever there (CPython issue 94777)
            pool._call_queue._reader.close()  # noqa: SLF001
        raise EnvironmentFaultError(
            "A worker process was killed, as a rule for want of memory.", "Use fewer --workers, or free some memory."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: a process that begins meanwhile holds it back for good, from its first step on."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
