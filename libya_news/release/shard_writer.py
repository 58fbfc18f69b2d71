"""Cutting the rows of a release into data files, and writing them while the next rows are made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from libya_news.records import OutputFile
from libya_news.sources import SourceFile

from .rows import content
from .schema import CONFIGS
from .shards import FORMATS, ROWS_AT_ONCE

ROWS_PER_SHARD: Final = {"articles": 10_000, "segments": 200_000}
"""Rows of a data file: some 50 MB of either config, small enough to fetch one, large enough to stream well."""

Part = tuple[str, str]
"""A config and a split."""


class _Written(NamedTuple):
    """A data file that is being written: its place and number of rows, hash and size, size and hash of its content."""

    path: Path
    rows: int
    file: Future[tuple[str, int]]
    content: Future[tuple[int, str]]


class ShardWriter:
    """The data files of a release: as soon as there are rows enough for one, it is written.

    Two threads do so, one the file, one the hash of its rows; both are the work of libraries that let others run
    meanwhile. One shard at a time is being written, so that no more than that is in memory besides the rows to come.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        """Begin to write into a folder, in the format of that name."""
        self._folder, self._suffix = folder, suffix
        self._held: dict[Part, list[pa.RecordBatch]] = {}
        self._shards: dict[Part, list[_Written]] = {}
        self._pool = ThreadPoolExecutor(2)
        self._busy: deque[Future[Any]] = deque()

    def close(self) -> None:
        """Wait for the files that are being written."""
        self._pool.shutdown(cancel_futures=True)

    def add(self, config: str, split: str, batch: pa.RecordBatch) -> None:
        """Take in some rows, in their order.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        held = self._held.setdefault((config, split), [])
        while batch.num_rows:
            room = ROWS_PER_SHARD[config] - sum(some.num_rows for some in held)
            held.append(batch.slice(0, room))
            batch = batch.slice(room)
            if held[-1].num_rows == room:
                self._write((config, split), pa.Table.from_batches(held))
                held.clear()

    def finish(self, config: str, split: str, schema: pa.Schema) -> None:
        """Write what is left of a part; a part without rows has one file without rows.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        held = self._held.pop((config, split), [])
        if held or (config, split) not in self._shards:
            self._write((config, split), pa.Table.from_batches(held, schema))

    def _write(self, part: Part, rows: pa.Table) -> None:
        while self._busy:
            self._busy.popleft().result()
        shards = self._shards.setdefault(part, [])
        path = self._folder / part[0] / f"{part[1]}-{len(shards)}.{self._suffix}"
        path.parent.mkdir(exist_ok=True)
        file, hashed = self._pool.submit(_write, path, rows, part[0]), self._pool.submit(content, rows)
        self._busy.extend((file, hashed))
        shards.append(_Written(path, rows.num_rows, file, hashed))

    def files(self) -> tuple[OutputFile, ...]:
        """All files, in the order of configs and splits, under their names; how many there are is known only now.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        return tuple(self._named())

    def _named(self) -> Iterator[OutputFile]:
        for (config, split), shards in sorted(self._shards.items(), key=lambda item: list(CONFIGS).index(item[0][0])):
            for number, (old, rows, file, hashed) in enumerate(shards):
                (digest, size), (content_bytes, content_sha256) = file.result(), hashed.result()
                stem = f"{split}-{number:05d}-of-{len(shards):05d}"
                # The content's hash in the name makes each version's files different files to every cache.
                path = f"{config}/{stem}-{content_sha256[:12]}{old.suffix}"
                old.rename(self._folder / path)
                yield OutputFile(path, config, split, rows, size, digest, content_bytes, content_sha256)


def _write(path: Path, rows: pa.Table, config: str) -> tuple[str, int]:
    FORMATS[path.suffix.removeprefix(".")].write(rows, path, ROWS_AT_ONCE[config])
    return SourceFile(path, path.name).digest()
