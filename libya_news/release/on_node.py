"""What a node of a cluster does for a build: it reads files, and takes what is in them through the stages.

Every item of a part has a place in it, which goes with it to the end, so that the command can tell when it has all.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Drop, RawArticle
from libya_news.sources import SourceFile, read_file

from . import manifest
from .cache import KEY_BYTES, Keys, are_among, unchanged
from .rows import RESULTS, results, together

BATCH_ITEMS: Final = 256
BATCH_BYTES: Final = 1 << 20
"""What is processed at once: items until either is reached."""

ITEM: Final = "item"

_ENDS: Final[Any] = pa.list_(pa.struct([("items", pa.int32()), ("unchanged", pa.bool_())]))

PLACE: Final = pa.schema([("part", pa.int32()), ("place", pa.int32()), ("key", pa.binary(KEY_BYTES)), ("ends", _ENDS)])
"""What a result is of: the number of the part, the place of the item in it, and its key in the cache, if there is one.
One row more for each part says where its files end. Where a place has no result beside it, the cache has it."""


class Part(NamedTuple):
    """What one task reads: some files, and the number by which what comes of them is known."""

    number: int
    files: Sequence[SourceFile]


class _Row(NamedTuple):
    part: int
    place: int | None
    item: RawArticle | Drop | None
    ends: list[dict[str, int]] | None = None
    key: bytes | None = None


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


def read_part(part: Part, verify: bool) -> Iterator[pa.RecordBatch]:
    """What is in some files, in batches of pickled items: pickles say lone surrogates too, and stay in the cluster.

    Args:
        part: the files.
        verify: whether to look again, when a file was read, if it is still what it was.

    Raises:
        EnvironmentFaultError: a file is not there.
    """
    rows = (pickle.dumps(tuple(row)) for row in _rows(part, verify))
    for group in together_until(((row, len(row)) for row in rows), BATCH_ITEMS, BATCH_BYTES):
        yield pa.record_batch([pa.array(group, pa.large_binary())], names=[ITEM])


def _rows(part: Part, verify: bool) -> Iterator[_Row]:
    place, ends = 0, []
    for file in part.files:
        for item in _read(file):
            yield _Row(part.number, place, item)
            place += 1
        ends.append({"items": place, "unchanged": verify and unchanged(file)})
    yield _Row(part.number, None, None, ends)


def _read(file: SourceFile) -> Iterator[RawArticle | Drop]:
    if isinstance(file.path, Path) and not file.path.exists():
        raise EnvironmentFaultError(
            f"{file.path} is not there on a node of the cluster.", "All nodes must see the sources at the same place."
        )
    return read_file(file)


@dataclass(frozen=True, slots=True, eq=False)
class OnNode:
    """What becomes of items on a node; it can be pickled.

    Attributes:
        process: makes results of articles, a row for each in their order.
        expected: what must be installed on the node.
        keys: gives an item its key in the cache; None where there is no cache.
        known: what ``Cache.known`` gives; these are not processed.
    """

    process: Callable[[Sequence[RawArticle]], pa.RecordBatch]
    expected: str
    keys: Keys | None
    known: npt.NDArray[np.bytes_]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """One batch of ``RESULTS`` with ``PLACE``.

        Raises:
            EnvironmentFaultError: this node has another installation than the process that asks.
        """
        if installed() != self.expected:
            raise EnvironmentFaultError(
                f"A node has {installed()}, and not {self.expected}.", "Install the same everywhere."
            )
        pickles: list[Any] = batch.column(0).to_pylist()
        rows = self._unknown([_Row(*pickle.loads(row)) for row in pickles])  # noqa: S301 - the cluster's own
        rows.sort(key=lambda row: (RawArticle, Drop, type(None)).index(type(row.item)))
        raws = [row.item for row in rows if isinstance(row.item, RawArticle)]
        drops = [row.item for row in rows if isinstance(row.item, Drop)]
        made = [*([self.process(raws)] if raws else []), *([results(drops)] if drops else [])]
        return _placed(together([*made, _nothing(len(rows) - len(raws) - len(drops))]), rows)

    def _unknown(self, rows: list[_Row]) -> list[_Row]:
        """The rows with their keys, and without the items that the cache knows."""
        if self.keys is None:
            return rows
        keys = [self.keys(row.item) if row.item is not None else b"" for row in rows]
        return [
            row._replace(item=None if is_known else row.item, key=key or None)
            for row, key, is_known in zip(rows, keys, are_among(self.known, keys), strict=True)
        ]


def _nothing(count: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(count, field.type) for field in RESULTS], schema=RESULTS)


def _placed(made: pa.RecordBatch, rows: Sequence[_Row]) -> pa.RecordBatch:
    columns = [pa.array([getattr(row, field.name) for row in rows], field.type) for field in PLACE]
    return pa.RecordBatch.from_arrays([*made.columns, *columns], schema=pa.schema([*RESULTS, *PLACE]))


def installed() -> str:
    """What decides the bytes of a release besides its inputs."""
    return json.dumps({**manifest.code(), **manifest.environment()}, sort_keys=True)
