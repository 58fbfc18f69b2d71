"""What went in and did not come out: told one after the other, so that some thousand are in memory, however many."""

from __future__ import annotations

import contextlib
import heapq
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from libya_news.errors import DataError
from libya_news.outputs.parquet import Writer
from libya_news.pipeline import ID_DIGITS
from libya_news.records import DROPS, Document, Drop
from libya_news.sources import SourceFile

from .rows import cells
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

STAGES: Final = ("read", "normalize", "corpus", "release", "rehydrate")

READ_AT_ONCE: Final = 1_000
"""Rows of a file that are in memory at once."""

MOST_CHARACTERS: Final = 8_000
MOST_BYTES: Final = 4 * MOST_CHARACTERS
"""Of a value: what is longer, as where it has an endless address in it, is cut when it is written. Most have some
hundred, and with the longest names of files that we take, some thousand."""


class Told(Collection[Drop]):
    """Drops in the order of ids and reasons."""

    def __init__(self, count: int, begin: Callable[[], Iterator[Drop]]) -> None:
        """So many drops, and what gives them from the first one on."""
        self._count, self._begin = count, begin

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Drop]:
        return self._begin()

    def __contains__(self, drop: object) -> bool:
        return any(drop == one for one in self)


def rows(drops: Iterable[Drop]) -> pa.RecordBatch:
    """Drops as a batch of ``SCHEMA``."""
    columns = list(zip(*map(attrgetter(*SCHEMA.names), drops), strict=True)) or [()] * len(SCHEMA)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=SCHEMA)


def at_stage(ids: Any, stage: str, reasons: Any) -> pa.RecordBatch:
    """A batch of ``SCHEMA``: what was dropped at one stage."""
    columns = (ids, pa.repeat(stage, len(ids)), reasons)
    whole = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in columns]
    return pa.RecordBatch.from_arrays(whole, schema=SCHEMA)


def shelf(folder: Path) -> Shelf:
    """An empty shelf for rows of ``SCHEMA``, in a folder of its own below another one."""
    return Shelf(Path(tempfile.mkdtemp(dir=folder)), SCHEMA)


def on_disk(folder: Path, batches: Iterable[pa.RecordBatch]) -> Told:
    """The drops of batches of ``SCHEMA``, of which the first are in memory and the others below a folder."""
    with contextlib.closing(shelf(folder)) as held:
        held.take_in(batches)
    return on_shelf(held)


def on_shelf(shelf: Shelf) -> Told:
    """The drops on a shelf, whose rows are of ``SCHEMA``."""
    order = _order(shelf)
    return Told(len(order), lambda: _each(shelf.in_order(order, SCHEMA.names)))


def _order(shelf: Shelf) -> Positions:
    """Positions in the order of ids; reasons are looked at where several have the same id, some at a time."""
    large = [chunk.cast(pa.large_string()) for chunk in shelf.chunks("id")]  # all together may have more than 2 GB
    ids = pa.chunked_array(large, pa.large_string()).combine_chunks()
    order = np.array(pc.sort_indices(ids), np.int64)
    ids = ids.take(pa.array(order, pa.int64()))
    same = np.append(False, np.asarray(pc.equal(ids[1:], ids[:-1])))
    shared = np.flatnonzero(same | np.append(same[1:], False))
    for some in _parts(shared, np.flatnonzero(~same[shared])):
        reasons = shelf.take(order[some], ["reason"])["reason"]
        told = pa.table({"id": ids.take(pa.array(some, pa.int64())), "reason": reasons})
        order[some] = order[some][np.asarray(pc.sort_indices(told, _KEYS))]
    return order


def _parts(places: Positions, begins: Positions) -> Iterator[Positions]:
    """Places in parts of some thousand; each begins at one of some positions."""
    at = np.searchsorted(begins, np.arange(AT_ONCE, len(places), AT_ONCE))
    yield from np.split(places, np.unique(begins[at[at < len(begins)]]))


_KEYS: Final[list[tuple[str, Literal["ascending", "descending"]]]] = [("id", "ascending"), ("reason", "ascending")]


def published(folder: Path, count: int) -> Collection[Drop]:
    """The drops of a release that lies in a folder; to go through them raises DataError where they cannot be read."""
    return Told(count, partial(in_file, folder / DROPS)) if count else ()


def in_file(path: Path) -> Iterator[Drop]:
    """The drops in a file, which anybody may have written.

    Raises:
        DataError: they cannot be read.
    """
    try:
        with _opened(path) as file:
            yield from _each(map(_plain, file.iter_batches(READ_AT_ONCE)))
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Get the release anew.") from None


def _opened(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise FileNotFoundError("there is no such file")
    if pq.read_schema(path).remove_metadata() != SCHEMA.remove_metadata():
        raise ValueError("it has other columns than id, stage and reason")
    return pq.ParquetFile(path, read_dictionary=SCHEMA.names)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch as it was written; each value is looked at before it is repeated as often as a file says."""
    for column in map(partial(cells, batch), SCHEMA.names):
        if column.null_count or (pc.max(pc.binary_length(column.dictionary)).as_py() or 0) > MOST_BYTES:
            raise ValueError("a row lacks a value, or has an endless one")
    return batch.cast(SCHEMA)


def _each(batches: Iterable[pa.RecordBatch]) -> Iterator[Drop]:
    for batch in batches:
        yield from map(Drop, *(column.to_pylist() for column in batch.columns))


def merged(some: Collection[Drop], others: Collection[Drop]) -> Told:
    """The drops of two collections that are in order."""
    return Told(len(some) + len(others), lambda: heapq.merge(some, others, key=lambda drop: (drop.id, drop.reason)))


def silenced(drops: Collection[Drop], erased: Collection[str]) -> Collection[Drop]:
    """The same drops; those of an erased article, or of another copy of it, say nothing of where that came from.

    >>> list(silenced([Drop("a.txt", "release", f"duplicate: a.txt has the same text as {'0' * 20}")], {"0" * 20}))[0]
    Drop(id='a.txt', stage='release', reason='duplicate: of 00000000000000000000, which was erased')
    """
    if not erased:
        return drops
    return Told(len(drops), lambda: (silent(drop, erased) for drop in drops))


def silent(drop: Drop, erased: Collection[str]) -> Drop:
    """A drop that tells of none of some articles where it came from."""
    found = named(drop, erased)
    if not (found and _TELLING.search(drop.reason)):
        return drop
    what = "it was erased" if found == drop.id else f"of {found}, which was erased"
    return replace(drop, reason=f"{drop.reason.partition(':')[0]}: {what}")


def named(drop: Drop, ids: Collection[str]) -> str | None:
    """Which of some articles a drop is of, or names."""
    return next((id_ for id_ in (*_ID.findall(drop.reason), drop.id) if id_ in ids), None)


def twin(drop: Drop) -> str:
    """Which article stayed of several with the same text; empty where that is not why one was dropped."""
    return found[2] if (found := _COPY.match(drop.reason)) else ""


def place(drop: Drop) -> str:
    """Where an article stood that was dropped; empty where its drop does not say so.

    >>> place(Drop("0" * 20, "release", f"duplicate: in/a.txt has the same text as {'1' * 20} from in/b.txt"))
    'in/a.txt'
    """
    found = _COPY.match(drop.reason) or _PLACE.search(drop.reason)
    return found[1] if found else ""


_ID: Final = re.compile(rf"\b[0-9a-f]{{{ID_DIGITS}}}\b")
_PLACE: Final = re.compile(r" \(([^()]+)\)$")
_COPY: Final = re.compile(rf"duplicate: (.+) has the same text as ({_ID.pattern})", re.DOTALL)
_TELLING: Final = re.compile(rf"^(?:duplicate|missing|differs): (?!of |it was )|{_PLACE.pattern}")
"""Reasons that tell where something came from, or how it was found."""


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
            writer.write(pa.Table.from_batches([rows(map(_cut, some))]))
    digest, size = SourceFile(path, DROPS).digest()
    return (Document(DROPS, size, digest),)


def _cut(drop: Drop) -> Drop:
    """The order of ids is the same where they are cut."""
    if max(len(drop.id), len(drop.reason)) <= MOST_CHARACTERS:
        return drop
    return Drop(drop.id[:MOST_CHARACTERS], drop.stage, drop.reason[:MOST_CHARACTERS])
