"""A Ray cluster, by Ray Data: it reads on whatever node has time, and holds back what nobody takes yet."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

import pyarrow as pa

from libya_news.errors import EnvironmentFaultError, UsageError

BLOCK_BYTES: Final = 2 * 1024 * 1024
"""Size of what is handed from task to task: most of a second's work, so that starting a task costs next to nothing, and
one large file still keeps many processors busy."""

READING_SHARE: Final = 4
"""One reading task for so many processors: reading is some ten times as fast as processing. It takes no processor from
processing, for it mostly waits; and two steps that asked for the same would be run as one, by one worker alone."""

STORE_BYTES: Final = 96 * 1024 * 1024
"""Memory of a cluster of our own, for each processor, for what waits between tasks and on its way back. Beyond half of
it Ray holds up tasks, and beyond all of it writes to disk; with less, it holds up all but one task. Its own default is
30 % of the machine's memory, of which it fills half."""

RETRIES: Final = 3
"""Times that a task is tried again whose process or node was lost; Ray Data's own default is without end."""

HERE: Final = "127.0.0.1"

_NOTHING_LEAVES: Final = {"RAY_USAGE_STATS_ENABLED": "0"}
"""What Ray asks of its surrounding when it is imported, and when a cluster starts."""

_STAYS_HERE: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""A cluster of our own listens on the loopback address alone, and does not look for the one that leads to the world;
on Linux too, whatever the name says."""

PATIENCE: Final = 10
"""Seconds in which a cluster must answer."""

PART: Final = "part"


Read = Callable[[Any], Iterable[pa.RecordBatch]]
"""Gives batches of what is in a part."""

Process = Callable[[pa.RecordBatch], pa.RecordBatch]
"""Gives what becomes of a batch."""

Run = Callable[[Iterable[Any], Read, Process], Iterator[pa.RecordBatch]]
"""Reads parts and processes what is in them: gives results in any order."""


@contextlib.contextmanager
def spread(address: str) -> Iterator[Run]:
    """What reads and processes on the cluster at an address, or on one that this machine runs for as long.

    The cluster is there from the first use on. However that ends, what is under way ends before the cluster is left;
    else Ray crashes.

    Raises:
        UsageError: Ray is not installed.
        EnvironmentFaultError: the cluster cannot be reached, or lost a piece of work again and again.
    """
    with contextlib.ExitStack() as stack:
        yield partial(_run, stack, address)


def _run(
    stack: contextlib.ExitStack, address: str, parts: Iterable[Any], read: Read, process: Process
) -> Iterator[pa.RecordBatch]:
    os.environ.update(_NOTHING_LEAVES if address else {**_NOTHING_LEAVES, **_STAYS_HERE})
    try:
        import ray.data  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise UsageError("Ray is not installed.", "Install libya-news with the extra ray.") from None
    tables = [pa.table({PART: [pickle.dumps(part)]}) for part in parts]
    for context in (_quiet(), _cluster(address), ray.data.DataContext.current(_settings())):
        stack.enter_context(context)
    readers = max(1, int(ray.cluster_resources()["CPU"]) // READING_SHARE)
    rows = _planned(ray.data.from_arrow(tables), read, process, readers)
    made = rows.iter_batches(batch_size=None, batch_format="pyarrow")
    try:
        for table in stack.enter_context(contextlib.closing(iter(made))):
            yield from table.to_batches()
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise EnvironmentFaultError(f"Ray lost a piece of work: {error}.", "Look at the nodes' memory.") from None


def _planned(parts: Any, read: Read, process: Process, readers: int) -> Any:
    """What Ray Data is to do. It warns that another way of naming the retries will come, which is not there yet."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
        rows = parts.map_batches(
            _read, fn_args=(read,), batch_format="pyarrow", num_cpus=0, concurrency=readers, max_retries=RETRIES
        )
        return rows.map_batches(_process, fn_args=(process,), batch_format="pyarrow", max_retries=RETRIES)


def _read(table: pa.Table, read: Read) -> Iterator[pa.Table]:
    parts: list[Any] = table.column(PART).to_pylist()
    for part in parts:
        yield from (pa.Table.from_batches([batch]) for batch in read(pickle.loads(part)))  # noqa: S301 - the driver's


def _process(table: pa.Table, process: Process) -> Iterator[pa.Table]:
    yield from (pa.Table.from_batches([process(batch)]) for batch in table.to_batches())


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[None]:
    """A connection to the cluster at an address, or to one of our own; where this process has one, it is that."""
    import ray  # noqa: PLC0415

    if ray.is_initialized():
        yield
        return
    try:
        _connect(ray, address)
        yield
    finally:
        ray.shutdown(wait_for_processes=True)


def _connect(ray: Any, address: str) -> None:
    minded = signal.getsignal(signal.SIGTERM)
    try:
        if address:
            _join(ray, address)
        else:
            _start(ray)
    except Exception as error:  # noqa: BLE001 - of a node that does not start in time, Ray says nothing narrower
        remedy = "Check the address." if address else "Try again when this machine has less to do, or without --engine."
        said = str(error).rstrip(".")
        raise EnvironmentFaultError(f"No Ray cluster at {address or HERE}: {said}.", remedy) from None
    if callable(minded) and signal.getsignal(signal.SIGTERM) is not minded:  # Ray takes it from whoever minds it
        signal.signal(signal.SIGTERM, minded)


def _join(ray: Any, address: str) -> None:
    if "://" not in address:
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), PATIENCE).close()  # where nobody listens, Ray waits for ever
    ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL)


def _start(ray: Any) -> None:
    # Even the part of Ray's dashboard that is left when it is declined asks addresses of cloud providers on which of
    # their machines it runs. It does not start where its port is taken.
    store = STORE_BYTES * (os.cpu_count() or 1)
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        place = {"dashboard_host": HERE, "dashboard_port": taken.getsockname()[1]}
        ray.init("local", object_store_memory=store, log_to_driver=False, logging_level=logging.CRITICAL, **place)


def _settings() -> Any:
    from ray.data import DataContext  # noqa: PLC0415

    settings = DataContext.get_current().copy()
    settings.target_max_block_size = BLOCK_BYTES
    settings.enable_progress_bars = False
    settings.print_on_execution_start = False
    settings.raise_original_map_exception = True
    return settings


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What Ray Data has to say is said by the error that is raised, and by our own progress."""
    log = logging.getLogger("ray.data")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
