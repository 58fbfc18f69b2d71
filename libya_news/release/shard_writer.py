"""Cutting the rows of a release into data files, and writing them while the next rows are made."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from libya_news.records import OutputFile
from libya_news.sources import SourceFile

from . import canonical
from .schema import CONFIGS
from .shards import FORMATS, ROWS_AT_ONCE, Writer

ROWS_PER_SHARD: Final = {"articles": 10_000, "segments": 200_000}
"""Rows of a data file: some 50 MB of either config, small enough to fetch one, large enough to stream well."""

WAITING: Final = 4
"""Groups of rows that wait to be written: a few thousand articles, or some ten thousand segments."""

Part = tuple[str, str]
"""A config and a split."""


class _Shard:
    """A data file that is being written, and the hash of its rows."""

    def __init__(self, path: Path, make: Callable[[], Writer]) -> None:
        self.path, self.rows, self.content_bytes = path, 0, 0
        self._make = make
        self._writer: Writer | None = None
        self._hash = hashlib.sha256()

    def write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = self._make()
        if rows.num_rows:
            self._writer.write(rows)

    def digest(self, rows: pa.Table) -> None:
        for batch in rows.combine_chunks().to_batches():
            lines = canonical.lines(batch)
            self.content_bytes += len(lines)
            self._hash.update(lines)

    def close(self) -> tuple[str, int]:
        self.release()
        return SourceFile(self.path, self.path.name).digest()

    def release(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    @property
    def content_sha256(self) -> str:
        return self._hash.hexdigest()


class ShardWriter:
    """The data files of a release: rows are written as soon as there are enough for a group.

    For each config, one thread writes its files, and one makes the hashes of their rows; both is the work of libraries
    that let others run meanwhile. Some groups wait to be written, and no more are in memory.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        """Begin to write into a folder, in the format of that name."""
        self._folder, self._suffix = folder, suffix
        self._held: dict[Part, list[pa.RecordBatch]] = {}
        self._shards: dict[Part, list[_Shard]] = {}
        self._closed: dict[Path, Future[tuple[str, int]]] = {}
        self._writing = {config: ThreadPoolExecutor(1) for config in CONFIGS}
        self._hashing = {config: ThreadPoolExecutor(1) for config in CONFIGS}
        self._waiting: deque[Future[Any]] = deque()

    def close(self) -> None:
        """Wait for what is being written; what waits is given up."""
        for pool in (*self._writing.values(), *self._hashing.values()):
            pool.shutdown(cancel_futures=True)
        for shard in (shard for shards in self._shards.values() for shard in shards):
            with contextlib.suppress(OSError):  # told already, where it is why nothing more is written
                shard.release()

    def add(self, config: str, split: str, batch: pa.RecordBatch) -> None:
        """Take in some rows, in their order.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        held = self._held.setdefault((config, split), [])
        while batch.num_rows:
            room = self._room((config, split)) - sum(some.num_rows for some in held)
            held.append(batch.slice(0, room))
            batch = batch.slice(room)
            if held[-1].num_rows == room:
                self._write((config, split), pa.Table.from_batches(held))
                held.clear()

    def _room(self, part: Part) -> int:
        """Rows of the next group."""
        shards = self._shards.get(part)
        left = ROWS_PER_SHARD[part[0]] - (shards[-1].rows if shards else 0)
        return min(ROWS_AT_ONCE[part[0]], left or ROWS_PER_SHARD[part[0]])

    def finish(self, config: str, split: str, schema: pa.Schema) -> None:
        """Write what is left of a part; a part without rows has one file without rows.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        held = self._held.pop((config, split), [])
        if held or (config, split) not in self._shards:
            self._write((config, split), pa.Table.from_batches(held, schema))
        self._end((config, split))

    def _write(self, part: Part, rows: pa.Table) -> None:
        while len(self._waiting) >= WAITING:
            self._waiting.popleft().result()
        shards = self._shards.setdefault(part, [])
        if not shards or shards[-1].rows == ROWS_PER_SHARD[part[0]]:
            self._end(part)
            shards.append(self._begun(part, len(shards), rows.schema))
        shards[-1].rows += rows.num_rows
        self._waiting.append(self._writing[part[0]].submit(shards[-1].write, rows))
        self._waiting.append(self._hashing[part[0]].submit(shards[-1].digest, rows))

    def _begun(self, part: Part, number: int, schema: pa.Schema) -> _Shard:
        path = self._folder / part[0] / f"{part[1]}-{number}.{self._suffix}"
        path.parent.mkdir(exist_ok=True)
        return _Shard(path, lambda: FORMATS[self._suffix].writer(path, schema))

    def _end(self, part: Part) -> None:
        """Complete the last file of a part."""
        for shard in self._shards[part][-1:]:
            if shard.path not in self._closed:
                self._closed[shard.path] = self._writing[part[0]].submit(shard.close)

    def files(self) -> tuple[OutputFile, ...]:
        """All files, in the order of configs and splits, under their names; how many there are is known only now.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        while self._waiting:
            self._waiting.popleft().result()
        return tuple(self._named())

    def _named(self) -> Iterator[OutputFile]:
        for (config, split), shards in sorted(self._shards.items(), key=lambda item: list(CONFIGS).index(item[0][0])):
            for number, shard in enumerate(shards):
                digest, size = self._closed[shard.path].result()
                stem = f"{split}-{number:05d}-of-{len(shards):05d}"
                # The content's hash in the name makes each version's files different files to every cache.
                path = f"{config}/{stem}-{shard.content_sha256[:12]}{shard.path.suffix}"
                shard.path.rename(self._folder / path)
                told = (shard.rows, size, digest, shard.content_bytes, shard.content_sha256)
                yield OutputFile(path, config, split, *told)
