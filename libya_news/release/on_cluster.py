"""The work of a build on a Ray cluster: files are read and articles processed wherever there is time."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from libya_news.engines import ray
from libya_news.errors import EnvironmentFaultError
from libya_news.records import Drop, RawArticle
from libya_news.sources import SourceFile, read_file

from . import manifest
from .rows import RESULTS, results, together

PART_FILES: Final = 256
PART_BYTES: Final = 64 << 20
"""What one task reads: files until either is reached, enough of them that a task is worth it."""

BATCH_ITEMS: Final = 64
BATCH_BYTES: Final = 1 << 20
"""What is processed at once: items until either is reached."""

ITEM: Final = "item"


@dataclass(frozen=True, slots=True)
class OnCluster:
    """A Ray cluster that takes files through the stages.

    Attributes:
        process: makes results of articles; it can be pickled.
        address: of the cluster; empty for one of this machine.
    """

    process: Callable[[Sequence[RawArticle]], pa.RecordBatch]
    address: str

    def made(self, files: Iterable[tuple[SourceFile, int]]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        """What becomes of files, each with its size in bytes; how many of them were read is not known meanwhile.

        Raises:
            UsageError: Ray is not installed.
            EnvironmentFaultError: the cluster cannot be reached, has another installation, does not see the files, or
                lost a piece of work again and again.
        """
        process = partial(process_batch, process=self.process, expected=installed())
        parts = together_until(((_located(file), size) for file, size in files), PART_FILES, PART_BYTES)
        for batch in ray.run(parts, read_part, process, address=self.address):
            yield batch.cast(RESULTS), 0, 0


def together_until(sized: Iterable[tuple[Any, int]], count: int, size: int) -> Iterator[list[Any]]:
    """Things in groups, each of which ends with the one that reaches a number of things or their size in all.

    >>> list(together_until([("a", 1), ("b", 9), ("c", 1)], 2, 9))
    [['a', 'b'], ['c']]
    """
    group: list[Any] = []
    reached = 0
    for thing, more in sized:
        group.append(thing)
        reached += more
        if len(group) >= count or reached >= size:
            yield group
            group, reached = [], 0
    if group:
        yield group


def read_part(files: Iterable[SourceFile]) -> Iterator[pa.RecordBatch]:
    """What is in some files, in batches of pickled items: pickles say lone surrogates too, and stay in the cluster.

    Raises:
        EnvironmentFaultError: a file is not there.
    """
    items = (pickle.dumps(item) for file in files for item in _read(file))
    for group in together_until(((item, len(item)) for item in items), BATCH_ITEMS, BATCH_BYTES):
        yield pa.record_batch([pa.array(group, pa.large_binary())], names=[ITEM])


def _read(file: SourceFile) -> Iterator[RawArticle | Drop]:
    if isinstance(file.path, Path) and not file.path.exists():
        raise EnvironmentFaultError(
            f"{file.path} is not there on a node of the cluster.", "All nodes must see the sources at the same place."
        )
    return read_file(file)


def process_batch(
    batch: pa.RecordBatch, process: Callable[[Sequence[RawArticle]], pa.RecordBatch], expected: str
) -> pa.RecordBatch:
    """What becomes of the items of a batch: one batch of ``RESULTS``.

    Raises:
        EnvironmentFaultError: this node has another installation than the process that asks.
    """
    if installed() != expected:
        raise EnvironmentFaultError(f"A node has {installed()}, and not {expected}.", "Install the same everywhere.")
    pickles: list[Any] = batch.column(0).to_pylist()
    items = [pickle.loads(item) for item in pickles]  # noqa: S301 - the cluster's own
    raws = [item for item in items if isinstance(item, RawArticle)]
    drops = [item for item in items if isinstance(item, Drop)]
    return together([*([process(raws)] if raws else []), *([results(drops)] if drops else [])])


def installed() -> str:
    """What decides the bytes of a release besides its inputs."""
    return json.dumps({**manifest.code(), **manifest.environment()}, sort_keys=True)


def _located(file: SourceFile) -> SourceFile:
    """The file by a path that is the same in every process."""
    return replace(file, path=file.path.absolute()) if isinstance(file.path, Path) else file
