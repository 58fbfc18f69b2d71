"""Which articles differ between two releases: a merge of their sorted shards, a window of rows at a time."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.errors import DataError
from libya_news.records import Release

from . import shards
from .lone import Lone, Row


class Change(NamedTuple):
    """An article that is not the same in both releases.

    Attributes:
        article_id: its id, the new one where it was corrected.
        before: its row in the old release, its split under ``split``; None where the article was added.
        after: the same of the new release; None where the article was removed.
    """

    article_id: str
    before: Row | None
    after: Row | None


def changes(old: Release, new: Release) -> Iterator[tuple[int, list[Change]]]:
    """Walk through two releases side by side, in the order of article ids; what one alone has comes last.

    Yields:
        How many articles of a window are the same in both, and the changes in it. Only columns that both have count.

    Raises:
        DataError: a file is missing or damaged, or its rows are not in order.
        EnvironmentFaultError: what one alone has found no room on the disk.
    """
    first = [next(file for file in release.files if file.config == "articles") for release in (old, new)]
    schemas = [shards.schema(release, file) for release, file in zip((old, new), first, strict=True)]
    names = [name for name in schemas[0].names if name in schemas[1].names]
    sides = [[_Stream(release, split, names) for split in shards.splits(release)] for release in (old, new)]
    empty = [_with_split(schema.empty_table(), names, "") for schema in schemas]
    with tempfile.TemporaryDirectory(prefix="libya_news.") as folder:
        places = [Path(tempfile.mkdtemp(dir=folder)) for _ in sides]
        lone = [Lone(*each) for each in zip((old, new), places, empty, strict=True)]
        while bound := _bound([stream for side in sides for stream in side]):
            before, after = (_sorted([stream.take(bound) for stream in side]) for side in sides)
            yield _compared(_parted(before, after, lone[0]), _parted(after, before, lone[1]))
        yield from ((0, [change]) for change in _apart(*lone))


def _with_split(rows: pa.Table, names: Sequence[str], split: str) -> pa.Table:
    return rows.select(names).append_column("split", pa.repeat(split, rows.num_rows))


class _Stream:
    """The articles of one split, taken up to an id."""

    def __init__(self, release: Release, split: str, names: Sequence[str]) -> None:
        self._what = f"{release.path}, split {split}"
        self._batches = (
            _with_split(batch, names, split)
            for batch in shards.batches(release, shards.of(release, "articles", split), names)
            if batch.num_rows
        )
        self._last = ""
        self.rows: pa.Table | None = next(self._batches, None)

    @property
    def last(self) -> str:
        return "" if self.rows is None else str(self.rows["article_id"][-1])

    def take(self, bound: str) -> pa.Table | None:
        """The rows up to that id; what is behind them is read as soon as they are used up."""
        if self.rows is None:
            return None
        count = bisect_right(_ids(self.rows), bound)
        taken = self.rows.slice(0, count)
        self._check(taken)
        self.rows = self.rows.slice(count) if count < self.rows.num_rows else next(self._batches, None)
        return taken

    def _check(self, taken: pa.Table) -> None:
        ids = [self._last, *_ids(taken)]
        if any(a >= b for a, b in pairwise(ids)):
            raise DataError(f"{self._what}: the articles are not in the order of their ids.", "Get the release anew.")
        self._last = ids[-1]


def _bound(streams: Sequence[_Stream]) -> str | None:
    return min((stream.last for stream in streams if stream.rows is not None), default=None)


def _sorted(tables: Sequence[pa.Table | None]) -> pa.Table | None:
    there = [table for table in tables if table is not None and table.num_rows]
    if len(there) <= 1:
        return there[0] if there else None
    return pa.concat_tables(there, promote_options="default").sort_by("article_id")


def _parted(rows: pa.Table | None, others: pa.Table | None, lone: Lone) -> pa.Table | None:
    """The rows whose ids the other side has too; the others are put aside."""
    if rows is None:
        return None
    known = pa.array([] if others is None else _ids(others), pa.string())
    in_both = pc.is_in(rows["article_id"], value_set=known)
    lone.add(rows.filter(pc.invert(in_both)))
    return rows.filter(in_both).combine_chunks()


def _compared(a: pa.Table | None, b: pa.Table | None) -> tuple[int, list[Change]]:
    if a is None or b is None:
        return 0, []
    edited = [Change(str(a["article_id"][i]), _row(a, i), _row(b, i)) for i in _differing(a, b, 0, a.num_rows)]
    return a.num_rows - len(edited), edited


def _apart(old: Lone, new: Lone) -> Iterator[Change]:
    """What became of the articles that one release alone has: corrected, removed or added."""
    removed, added = old.all(), new.all()
    before, after = (old.known(), new.known()) if removed and added else ({}, {})
    both = [place for place in after if place in before]
    a, b = ([known[place] for place in both] for known in (before, after))
    for was, now in zip(old.rows(a), new.rows(b), strict=True):
        yield Change(now["article_id"], was, now)
    yield from (Change(key, {"article_id": key}, None) for key in _without(removed, a))
    yield from (Change(key, None, {"article_id": key}) for key in _without(added, b))


def _without(ids: Sequence[str], positions: Sequence[int]) -> Iterator[str]:
    left = set(range(len(ids))).difference(positions)
    return (key for position, key in enumerate(ids) if position in left)


def _ids(table: pa.Table) -> list[str]:
    return [str(key) for key in table["article_id"].to_pylist()]


def _row(table: pa.Table, index: int) -> Row:
    return dict(table.slice(index, 1).to_pylist()[0])


def _differing(a: pa.Table, b: pa.Table, start: int, count: int) -> Iterator[int]:
    """Indexes of rows that differ. Halves that are equal are told at once, so few changes cost few comparisons."""
    if count == 0 or a.slice(start, count).equals(b.slice(start, count)):
        return
    if count == 1:
        yield start
        return
    half = count // 2
    yield from _differing(a, b, start, half)
    yield from _differing(a, b, start + half, count - half)
