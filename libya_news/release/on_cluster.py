"""The work of a build on a Ray cluster: files are read and articles processed wherever there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.engines import ray
from libya_news.errors import EnvironmentFaultError
from libya_news.records import RawArticle
from libya_news.sources import SourceFile

from .cache import KEY_BYTES, Cache
from .on_node import PLACE, OnNode, Part, installed, read_part, together_until
from .rows import RESULTS, cells

PART_FILES: Final = 256
PART_BYTES: Final = 64 << 20
"""What one task reads: files until either is reached, enough of them that a task is worth it."""

Sized = tuple[SourceFile, int]
"""A file and its size in bytes."""


@dataclass(frozen=True, slots=True)
class OnCluster:
    """A Ray cluster that takes files through the stages.

    What the cache knows of a file does not go there; what it knows of an article in another file, a node is told, and
    leaves it. What comes back is remembered as it comes, so that a run that broke off goes on from there.

    Attributes:
        process: makes results of articles; it can be pickled.
        run: reads and processes on the cluster.
        cache: what is known already; None for no cache.
    """

    process: Callable[[Sequence[RawArticle]], pa.RecordBatch]
    run: ray.Run
    cache: Cache | None

    def made(self, files: Iterable[Sized]) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        """What becomes of files, in any order, each time with the number of files and of bytes that are done.

        Raises:
            UsageError: Ray is not installed.
            EnvironmentFaultError: the cluster cannot be reached, has another installation, does not see the files,
                lost a piece of work again and again, or did not give back every result once.
        """
        number, done, others = 0, 0, []
        for file, size in files:
            if self.cache is not None and (keys := self.cache.whole(file)):
                yield from ((batch, number, done) for batch in self.cache.recall(keys))
                number, done = number + 1, done + size
            else:
                others.append((file, size))
        if others:
            yield from self._sent(others, number, done)

    def _sent(self, files: Sequence[Sized], number: int, done: int) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        parts = [_Sent(some) for some in together_until(((file, file[1]) for file in files), PART_FILES, PART_BYTES)]
        for batch in self._run(parts):
            yield from ((made, number, done) for made in self._results(batch))
            for part in _completed(batch, parts):
                number, done = number + len(part.files), done + sum(size for _, size in part.files)
                for file, keys in part.remembered():
                    if self.cache is not None:
                        self.cache.remember(file, keys)
        if lacking := sum(not part.is_complete for part in parts):
            raise EnvironmentFaultError(f"Of {len(parts)} parts, Ray did not give back all of {lacking}.", _REMEDY)

    def _run(self, parts: Sequence[_Sent]) -> Iterator[pa.RecordBatch]:
        keys, known = (None, np.empty(0, "S1")) if self.cache is None else (self.cache.keys, self.cache.known())
        node = OnNode(self.process, installed(), keys, known)
        sent = (Part(at, [_located(file) for file, _ in part.files]) for at, part in enumerate(parts))
        return self.run(sent, partial(read_part, verify=self.cache is not None), node)

    def _results(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The results in a batch, which are remembered, and those of the items that the cache knows."""
        made, known = _which(batch)
        if made.num_rows:
            results = made.select(RESULTS.names).cast(RESULTS)
            if self.cache is not None:
                self.cache.keep(cells(made, "key").to_pylist(), results)
            yield results
        if self.cache is not None:
            yield from self.cache.recall(cells(known, "key").to_pylist())


_REMEDY: Final = "Run the same command again; with --cache, it goes on where it stopped."


def _which(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """The rows with a result, and those of items that were left since they are known."""
    made: Any = pc.or_(batch["article_id"].is_valid(), batch["drop"].is_valid())
    known: Any = pc.and_not(batch["place"].is_valid(), made)
    return batch.filter(made), batch.filter(known)


class _Sent:
    """A part that was sent, and what came back of it.

    Attributes:
        files: its files with their sizes.
        is_complete: whether there is a result for every item in them.
    """

    def __init__(self, files: Sequence[Sized]) -> None:
        self.files, self.is_complete = files, False
        self._ends: list[dict[str, Any]] | None = None
        self._count = 0
        self._came, self._keys = bytearray(), bytearray()

    def take(self, place: int | None, key: bytes | None, ends: list[dict[str, Any]] | None) -> None:
        """Take in a row.

        Raises:
            EnvironmentFaultError: it came before.
        """
        if place is None and self._ends is None:
            self._ends = ends
        elif place is None or self.is_complete or self._came[place : place + 1] == b"\1":
            raise EnvironmentFaultError("Ray gave back a result twice.", _REMEDY)
        else:
            more = max(0, place + 1 - len(self._came))
            self._came += bytes(more)
            self._keys += bytes(more * KEY_BYTES)
            self._came[place], self._count = 1, self._count + 1
            self._keys[place * KEY_BYTES : (place + 1) * KEY_BYTES] = key or bytes(KEY_BYTES)
        self.is_complete = self._ends is not None and self._count == self._ends[-1]["items"] == len(self._came)

    def remembered(self) -> Iterator[tuple[SourceFile, bytes]]:
        """Files that did not change while they were read, each with the keys of its items; they are held no longer."""
        keys, start = bytes(self._keys), 0
        self._came, self._keys = bytearray(), bytearray()
        for (file, _), end in zip(self.files, self._ends or (), strict=True):
            stop = end["items"] * KEY_BYTES
            if end["unchanged"]:
                yield file, keys[start:stop]
            start = stop


def _completed(batch: pa.RecordBatch, parts: Sequence[_Sent]) -> Iterator[_Sent]:
    """Give each part its rows of a batch: the parts of which this was the last."""
    columns = (cells(batch, name).to_pylist() for name in PLACE.names)
    for at, place, key, ends in zip(*columns, strict=True):
        parts[at].take(place, key, ends)
        if parts[at].is_complete:
            yield parts[at]


def _located(file: SourceFile) -> SourceFile:
    """The file by a path that is the same in every process."""
    return replace(file, path=file.path.absolute()) if isinstance(file.path, Path) else file
