"""What went in and did not come out: told one after the other, so that some thousand are in memory, however many."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from libya_news.errors import DataError
from libya_news.outputs.parquet import Writer
from libya_news.records import DROPS, Document, Drop
from libya_news.sources import SourceFile

from .shelf import Positions, Shelf

AT_ONCE: Final = 10_000
"""Drops of a row group, and in memory at once: some 2 MB."""

SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.string(), False, {"description": "article id, or a place such as news.jsonl:17"}),
        pa.field("stage", pa.string(), False, {"description": "read, normalize, corpus, release or rehydrate"}),
        pa.field("reason", pa.string(), False, {"description": "a stable word, then detail after a colon"}),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Told(Collection[Drop]):
    """Drops in the order of ids and reasons.

    Attributes:
        count: how many there are.
        begin: gives them, from the first one on.
    """

    count: int
    begin: Callable[[], Iterator[Drop]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Drop]:
        return self.begin()

    def __contains__(self, drop: object) -> bool:
        return any(drop == one for one in self)


def rows(drops: Iterable[Drop]) -> pa.RecordBatch:
    """Drops as a batch of ``SCHEMA``."""
    columns = list(zip(*map(astuple, drops), strict=True)) or [()] * len(SCHEMA)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=SCHEMA)


def at_stage(ids: Any, stage: str, reasons: Any) -> pa.RecordBatch:
    """A batch of ``SCHEMA``: what was dropped at one stage."""
    columns = (ids, pa.repeat(stage, len(ids)), reasons)
    whole = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in columns]
    return pa.RecordBatch.from_arrays(whole, schema=SCHEMA)


def on_shelf(shelf: Shelf) -> Told:
    """The drops on a shelf, whose rows are of ``SCHEMA``."""
    order = _order(shelf)
    return Told(len(order), lambda: _each(shelf.in_order(order, SCHEMA.names)))


def _order(shelf: Shelf) -> Positions:
    """Positions in the order of ids; reasons are in memory where several have the same id, which is rare."""
    ids = shelf.column("id")
    order = np.array(pc.sort_indices(ids), np.int64)
    ids = ids.take(pa.array(order))
    same = np.asarray(pc.equal(ids[1:], ids[:-1]))
    shared = np.flatnonzero(np.append(same, False) | np.append(False, same))
    told = pa.table({"id": ids.take(pa.array(shared)), "reason": shelf.take(order[shared], ["reason"])["reason"]})
    order[shared] = order[shared][np.asarray(pc.sort_indices(told, _KEYS))]
    return order


_KEYS: Final[list[tuple[str, Literal["ascending", "descending"]]]] = [("id", "ascending"), ("reason", "ascending")]


def in_memory(batches: Sequence[pa.RecordBatch]) -> Told:
    """The drops of batches of ``SCHEMA``."""
    whole = pa.Table.from_batches(batches, SCHEMA).sort_by(_KEYS)
    return Told(whole.num_rows, lambda: _each(whole.to_batches(max_chunksize=AT_ONCE)))


def published(folder: Path, count: int) -> Told:
    """The drops of a release that lies in a folder; to go through them raises DataError where they cannot be read."""
    return Told(count, partial(_in_file, folder / DROPS) if count else lambda: iter(()))


def _in_file(path: Path) -> Iterator[Drop]:
    try:
        with pq.ParquetFile(path) as file:
            yield from _each(file.iter_batches(AT_ONCE, columns=SCHEMA.names))
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Get the release anew.") from None


def _each(batches: Iterable[pa.RecordBatch]) -> Iterator[Drop]:
    for batch in batches:
        yield from map(Drop, *(column.to_pylist() for column in batch.columns))


def merged(some: Collection[Drop], others: Collection[Drop]) -> Told:
    """The drops of two collections that are in order."""
    return Told(len(some) + len(others), lambda: heapq.merge(some, others, key=lambda drop: (drop.id, drop.reason)))


def write(folder: Path, drops: Collection[Drop]) -> tuple[Document, ...]:
    """Write the file of a release that tells its drops, where there are any, and describe it.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    if not drops:
        return ()
    path, rest = folder / DROPS, iter(drops)
    with contextlib.closing(Writer(path, SCHEMA)) as writer:
        while some := list(islice(rest, AT_ONCE)):
            writer.write(pa.Table.from_batches([rows(some)]))
    digest, size = SourceFile(path, DROPS).digest()
    return (Document(DROPS, size, digest),)
