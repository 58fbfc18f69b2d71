"""The articles of a build: a build holds some thousand of them in memory, however many there are."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Article, Drop

from .rows import ARTICLES_AT_ONCE, RESULTS, articles, cells, together

FILE_NAME: Final = "articles.arrow"

KEPT_BYTES: Final = 64 << 20
"""What stays in memory; what comes after it goes to disk, so that a small build is not slowed."""

BLOCK_BYTES: Final = 16 << 20
"""What is written to disk at once, and what is handed on at once: a few thousand articles, or one."""

BUCKET_BYTES: Final = 32 << 20
MOST_BUCKETS: Final = 256
"""What is in memory to be put in order, and how many files are open meanwhile: beyond 8 GB, buckets grow."""

Positions = npt.NDArray[np.int64]


def _indices(positions: Positions) -> pa.Int64Array:
    return pa.array(positions, pa.int64())


class Shelf:
    """What was made of articles, in the order in which it came: the first in memory, the others in a file.

    Single columns and articles are read where the file is mapped to memory, each time anew, so that nothing stays. To
    go through all of it in another order, its rows are first divided among files by their place in that order, so that
    each can be sorted in memory (bucket sort; Knuth, The Art of Computer Programming, vol. 3, 5.2.5): two passes over
    the disk, and nothing read at random.
    """

    def __init__(self, folder: Path) -> None:
        """Begin an empty one in a folder that nobody else uses."""
        self.folder = folder
        self._path = folder / FILE_NAME
        self._kept: list[pa.RecordBatch] = []
        self._pending: list[pa.RecordBatch] = []
        self._bytes = [0, 0]
        self._rows: list[int] = []
        self._open = contextlib.ExitStack()
        self._writer: Any = None

    def close(self) -> None:
        """Let go of the file, which nobody needs any more."""
        self._open.close()

    def fill(self, results: Iterable[pa.RecordBatch]) -> tuple[Selection, list[Drop]]:
        """Take in batches of ``RESULTS``, and return the articles in them and the drops.

        The articles are in the order of their ids, one for each text: the one that was published first stands for the
        others, for each of which there is a drop.

        Raises:
            EnvironmentFaultError: the folder cannot be written, or the disk is full.
        """
        drops: list[Drop] = []
        came = self.take_in(_without_drops(results, drops))
        found, twins = _sorted(came)
        return found, drops + twins

    def take_in(self, made: Iterable[pa.RecordBatch]) -> Selection:
        """Take in batches of ``RESULTS`` without drops, and return the articles in them as they came.

        Raises:
            EnvironmentFaultError: the folder cannot be written, or the disk is full.
        """
        for batch in made:
            with self._faults():
                self._add(batch)
        with self._faults():
            if self._pending:
                self._write()
            self._open.close()
            if self._writer is None and self._kept:
                self._kept, self._rows = [together(self._kept)], [sum(self._rows)]
        return Selection(self, np.arange(sum(self._rows)))

    def _add(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        if self._bytes[0] < KEPT_BYTES:
            self._kept.append(batch)
            self._rows.append(batch.num_rows)
            self._bytes[0] += batch.nbytes
            return
        self._pending.append(batch)
        self._bytes[1] += batch.nbytes
        if sum(some.nbytes for some in self._pending) >= BLOCK_BYTES:
            self._write()

    def _write(self) -> None:
        if self._writer is None:
            sink = self._open.enter_context(self._path.open("xb"))
            self._writer = self._open.enter_context(pa.ipc.new_file(sink, RESULTS))
        self._writer.write_batch(together(self._pending))
        self._rows.append(sum(batch.num_rows for batch in self._pending))
        self._pending = []

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

    def column(self, name: str) -> Any:
        """All cells of a column, in the order in which they came."""
        with self._batches() as at:
            chunks = [cells(at(number), name) for number in range(len(self._rows))]
            return pa.chunked_array(chunks, RESULTS.field(name).type).combine_chunks()

    def in_order(self, numbers: Positions, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of the rows of these numbers, in the order of the numbers, some at a time."""
        if self._writer is None:
            sizes = np.concatenate([[0], *(pc.binary_length(cells(batch, "text")) for batch in self._kept)])[1:]
            yield from (self.take(numbers[part], names) for part in _parts(sizes[numbers]))
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
        size = max(1, BUCKET_BYTES * len(rank) // sum(self._bytes), len(numbers) // MOST_BUCKETS)
        ranks: list[list[Positions]] = [[] for _ in range(0, len(numbers), size)]
        with contextlib.ExitStack() as stack:
            schema = pa.schema([RESULTS.field(name) for name in names])
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
        taken = [pa.RecordBatch.from_pylist([], pa.schema([RESULTS.field(name) for name in names]))]
        with self._batches() as at:
            for some in np.split(order, np.flatnonzero(np.diff(of_batch[order])) + 1) if len(order) else ():
                number = int(of_batch[some[0]])
                taken.append(at(number).select(names).take(_indices(numbers[some] - starts[number])))
        return together(taken).take(_indices(np.argsort(order)))

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise EnvironmentFaultError(
                f"Cannot write {self._path.parent}: {error}.", "Check free space and permissions."
            ) from None


def _without_drops(results: Iterable[pa.RecordBatch], drops: list[Drop]) -> Iterator[pa.RecordBatch]:
    """The batches without what was dropped, which is added to the drops."""
    for batch in results:
        drops += (Drop(**row) for row in cells(batch, "drop").drop_null().to_pylist())
        yield batch if batch["drop"].null_count == batch.num_rows else batch.filter(batch["drop"].is_null())


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


def _sorted(came: Selection) -> tuple[Selection, list[Drop]]:
    """The articles in the order of their ids without those whose text another has, and a drop for each of these.

    Of those with the same text the one that was published first stays. In what order they came does not matter.
    """
    ids, sources = (came.shelf.column(name) for name in ("article_id", "source"))
    keys = pa.table({"id": ids, "source": sources, "said": _said(came, ids), "number": pa.array(came.numbers)})
    order: Any = pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
    codes = np.asarray(came.shelf.column("text_sha256").take(order).dictionary_encode().indices)
    first = _earliest(codes, came.column("published_at").take(order))
    stands_for = first[codes]
    twins = np.flatnonzero(stands_for != np.arange(len(codes)))
    rows = [keys.take(order.take(pa.array(at))).to_pylist() for at in (twins, stands_for[twins])]
    drops = [_twin(own, other) for own, other in zip(*rows, strict=True)]
    return came.chosen(np.asarray(order, np.int64)[np.sort(first)]), drops


def _earliest(codes: npt.NDArray[Any], published_at: Any) -> Positions:
    """Of the positions with each code, the one that was published first; of equals the first, undated ones last."""
    dates = pc.fill_null(published_at.cast(pa.int64()), np.iinfo(np.int64).max)
    by_code = np.lexsort((np.asarray(dates), codes))
    return np.asarray(by_code[np.unique(codes[by_code], return_index=True)[1]])


_SAID: Final = (
    "url",
    "publisher",
    "title",
    "authors",
    "published_at",
    "language",
    "encoding",
    "text_sha256",
    "licence",
    "rights_holder",
    "terms",
)
"""What can be said otherwise of an article that is the same as found; all else is made of this and of its text."""


def _said(came: Selection, ids: Any) -> Any:
    """Of articles that share their id, which is rare, a hash of all that can tell them apart."""
    codes = np.asarray(ids.dictionary_encode().indices)
    shared = np.flatnonzero(np.bincount(codes)[codes] > 1)
    said = np.full(len(codes), b"", "S32")
    for some in np.array_split(shared, -(-len(shared) // ARTICLES_AT_ONCE)) if len(shared) else ():
        rows = came.shelf.take(some, _SAID).to_pylist()
        said[some] = [hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest() for row in rows]
    return pa.array(said, pa.binary())


def _twin(own: dict[str, Any], other: dict[str, Any]) -> Drop:
    reason = f"duplicate: {own['source']} has the same text as {other['id']} from {other['source']}"
    return Drop(own["id"], "release", reason)
