"""The articles of a build, and its drops: some thousand of them are in memory, however many there are."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Article

from .rows import ARTICLES_AT_ONCE, RESULTS, articles, cells, together

FILE_NAME: Final = "rows.arrow"

KEPT_BYTES: Final = 64 << 20
"""What stays in memory; what comes after it goes to disk, so that a small build is not slowed."""

BLOCK_BYTES: Final = 16 << 20
"""What is written to disk at once, and what is handed on at once: a few thousand articles, or one."""

BUCKET_BYTES: Final = 32 << 20
MOST_BUCKETS: Final = 256
"""What is in memory to be put in order, and how many files are open meanwhile: beyond 8 GB, buckets grow."""

BATCH_BYTES: Final = 4 << 10
"""What a batch takes besides its rows."""

Positions = npt.NDArray[np.int64]


def _indices(positions: Positions) -> pa.Int64Array:
    return pa.array(positions, pa.int64())


class Shelf:
    """Rows in the order in which they came: the first in memory, the others in a file.

    Single columns and articles are read where the file is mapped to memory, each time anew, so that nothing stays. To
    go through all of it in another order, its rows are first divided among files by their place in that order, so that
    each can be sorted in memory (bucket sort; Knuth, The Art of Computer Programming, vol. 3, 5.2.5): two passes over
    the disk, and nothing read at random.
    """

    def __init__(self, folder: Path, schema: pa.Schema | None = None) -> None:
        """Begin an empty one for rows of a schema, ``RESULTS`` if none is given, in a folder that nobody else uses."""
        self.folder = folder
        self._schema = schema or RESULTS
        self._path = folder / FILE_NAME
        self._kept: list[pa.RecordBatch] = []
        self._pending: list[pa.RecordBatch] = []
        self._bytes = {"kept": 0, "pending": 0, "written": 0}
        self._rows: list[int] = []
        self._open = contextlib.ExitStack()
        self._writer: Any = None

    def close(self) -> None:
        """Let go of the file, which nobody needs any more."""
        self._open.close()

    def take_in(self, made: Iterable[pa.RecordBatch]) -> Selection:
        """Take in the last batches, and return all rows as they came: of articles, ``RESULTS`` without drops.

        Raises:
            EnvironmentFaultError: the folder cannot be written, or the disk is full.
        """
        for batch in made:
            self.add(batch)
        with self._faults():
            if self._pending:
                self._write()
            self._open.close()
            if self._writer is None and self._kept:
                self._kept, self._rows = [together(self._kept)], [sum(self._rows)]
        return Selection(self, np.arange(sum(self._rows)))

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in a batch.

        Raises:
            EnvironmentFaultError: the folder cannot be written, or the disk is full.
        """
        if not batch.num_rows:
            return
        where = "kept" if self._bytes["kept"] < KEPT_BYTES else "pending"
        self._bytes[where] += batch.nbytes + BATCH_BYTES
        if where == "kept":
            self._kept.append(batch)
            self._rows.append(batch.num_rows)
            return
        self._pending.append(batch)
        if self._bytes["pending"] >= BLOCK_BYTES:
            with self._faults():
                self._write()

    def _write(self) -> None:
        if self._writer is None:
            sink = self._open.enter_context(self._path.open("xb"))
            self._writer = self._open.enter_context(pa.ipc.new_file(sink, self._schema))
        block = together(self._pending)
        self._writer.write_batch(block)
        self._rows.append(block.num_rows)
        self._bytes["written"] += block.nbytes
        self._bytes["pending"], self._pending = 0, []

    @contextlib.contextmanager
    def _batches(self) -> Iterator[Callable[[int], pa.RecordBatch]]:
        """What gives a batch by its number, for as long as the file is mapped."""
        if self._writer is None:
            yield self._kept.__getitem__
            return
        with pa.memory_map(str(self._path)) as source, pa.ipc.open_file(source) as reader:
            yield (
                lambda number: (
                    self._kept[number] if number < len(self._kept) else reader.get_batch(number - len(self._kept))
                )
            )

    @contextlib.contextmanager
    def _batch(self, number: int) -> Iterator[pa.RecordBatch]:
        """One of them. The file is mapped anew for each, since a few rows map far more of a file than they take."""
        if number < len(self._kept):
            yield self._kept[number]
            return
        with self._batches() as at:
            yield at(number)

    def column(self, name: str) -> Any:
        """All cells of a column, in the order in which they came."""
        return pa.chunked_array(list(self.chunks(name)), self._schema.field(name).type).combine_chunks()

    def chunks(self, name: str) -> Iterator[Any]:
        """The same, some at a time."""
        with self._batches() as at:
            yield from (cells(at(number), name) for number in range(len(self._rows)))

    def in_order(self, numbers: Positions, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of the rows of these numbers, in the order of the numbers, some at a time."""
        if self._writer is None:
            sizes = np.full(len(numbers), sum(self._bytes.values()) // max(1, sum(self._rows)))
            yield from (self.take(numbers[part], names) for part in _parts(sizes))
            return
        with tempfile.TemporaryDirectory(dir=self._path.parent) as folder, self._faults():
            for path, ranks in self._divided(numbers, names, Path(folder)):
                with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
                    rows = together(list(reader))
                order = np.argsort(np.concatenate(ranks))
                for part in _parts(np.full(len(order), rows.nbytes // len(order))):
                    yield rows.take(_indices(order[part]))
                path.unlink()

    def _divided(
        self, numbers: Positions, names: Sequence[str], folder: Path
    ) -> Iterator[tuple[Path, list[Positions]]]:
        """Files of rows that follow each other in the order of the numbers, and the ranks of the rows of each."""
        rank = np.full(sum(self._rows), -1)
        rank[numbers] = np.arange(len(numbers))
        size = max(1, BUCKET_BYTES * len(rank) // sum(self._bytes.values()), len(numbers) // MOST_BUCKETS)
        ranks: list[list[Positions]] = [[] for _ in range(0, len(numbers), size)]
        with contextlib.ExitStack() as stack:
            schema = pa.schema([self._schema.field(name) for name in names])
            paths = [folder / str(bucket) for bucket in range(len(ranks))]
            writers = [stack.enter_context(pa.ipc.new_stream(str(path), schema)) for path in paths]
            for own, batch in zip(np.split(rank, np.cumsum(self._rows)[:-1]), self._blocks(), strict=True):
                for bucket in np.unique(own[own >= 0] // size):
                    rows = np.flatnonzero((own >= 0) & (own // size == bucket))
                    writers[bucket].write_batch(batch.select(names).take(_indices(rows)))
                    ranks[bucket].append(own[rows])
        yield from zip(paths, ranks, strict=True)

    def _blocks(self) -> Iterator[pa.RecordBatch]:
        """All batches, those of the file read anew, so that none stays in memory."""
        yield from self._kept
        with pa.OSFile(str(self._path), "rb") as source, pa.ipc.open_file(source) as reader:
            yield from map(reader.get_batch, range(reader.num_record_batches))

    def take(self, numbers: Positions, names: Sequence[str]) -> pa.RecordBatch:
        """Some columns of the rows of these numbers, in the order of the numbers."""
        starts = np.cumsum([0, *self._rows])
        of_batch = np.searchsorted(starts, numbers, side="right") - 1
        order = np.argsort(of_batch, kind="stable")
        taken = [pa.RecordBatch.from_pylist([], pa.schema([self._schema.field(name) for name in names]))]
        for some in np.split(order, np.flatnonzero(np.diff(of_batch[order])) + 1) if len(order) else ():
            number = int(of_batch[some[0]])
            with self._batch(number) as batch:
                taken.append(batch.select(names).take(_indices(numbers[some] - starts[number])))
        return together(taken).take(_indices(np.argsort(order)))

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise EnvironmentFaultError(
                f"Cannot write {self._path.parent}: {error}.", "Check free space and permissions."
            ) from None


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Some of the articles on a shelf, in an order. To go through it gives batches of ``RESULTS`` in that order.

    Attributes:
        shelf: holds them.
        numbers: which they are, counted as they came.
        clusters: for each the id of the article that stands for it and its near-duplicates; None where none were
            looked for.
        relabelled: what is done to each batch before it is handed out whole; None for nothing.
    """

    shelf: Shelf
    numbers: Positions
    clusters: Any = None
    relabelled: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        where, done = RESULTS.get_field_index("cluster"), 0
        for batch in self.select(*RESULTS.names):
            if self.clusters is not None:
                batch = batch.set_column(where, RESULTS.field(where), self.clusters.slice(done, batch.num_rows))  # noqa: PLW2901
            yield self.relabelled(batch) if self.relabelled else batch
            done += batch.num_rows

    def select(self, *names: str) -> Iterator[pa.RecordBatch]:
        """The same with a few columns alone, as they came."""
        return self.shelf.in_order(self.numbers, names)

    def column(self, name: str) -> Any:
        """All cells of a column."""
        return self.shelf.column(name).take(_indices(self.numbers))

    def article(self, position: int) -> Article:
        """The article at a position."""
        (found,) = articles(self.shelf.take(self.numbers[position : position + 1], RESULTS.names))
        return found

    def texts(self, positions: Sequence[int]) -> list[str]:
        """The texts at some positions, in the order of the positions."""
        found: list[str] = cells(self.shelf.take(self.numbers[list(positions)], ["text"]), "text").to_pylist()
        return found

    def chosen(self, positions: Sequence[int] | Positions) -> Selection:
        """The articles at these positions, in their order."""
        at = np.asarray(positions, np.int64)
        clusters = None if self.clusters is None else self.clusters.take(_indices(at))
        return replace(self, numbers=self.numbers[at], clusters=clusters)


def _parts(sizes: Positions) -> Iterator[Positions]:
    """Positions that are handed on together: so many, and not too large."""
    start, ends = 0, np.cumsum(sizes)
    while start < len(ends):
        before = ends[start - 1] if start else 0
        last = max(start + 1, int(np.searchsorted(ends, before + BLOCK_BYTES, side="right")))
        yield np.arange(start, min(last, start + ARTICLES_AT_ONCE, len(ends)))
        start = min(last, start + ARTICLES_AT_ONCE)
