"""Which articles differ between two releases: a merge of their sorted shards, a window of rows at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.errors import DataError
from libya_news.records import Release

from . import shards

Row = dict[str, Any]


class Change(NamedTuple):
    """An article that is not the same in both releases.

    Attributes:
        article_id: its id.
        before: its row in the old release, its split under ``split``; None where the article was added.
        after: the same of the new release; None where the article was removed.
    """

    article_id: str
    before: Row | None
    after: Row | None


def changes(old: Release, new: Release) -> Iterator[tuple[int, list[Change]]]:
    """Walk through two releases side by side, in the order of article ids.

    Yields:
        How many articles of a window are the same in both, and the changes in it. Only columns that both have count.

    Raises:
        DataError: a file is missing or damaged, or its rows are not in order.
    """
    sides = [[_Stream(release, split) for split in shards.splits(release)] for release in (old, new)]
    while bound := _bound([stream for side in sides for stream in side]):
        before, after = (_sorted([stream.take(bound) for stream in side]) for side in sides)
        yield _compared(before, after)


class _Stream:
    """The articles of one split, taken up to an id."""

    def __init__(self, release: Release, split: str) -> None:
        self._what = f"{release.path}, split {split}"
        self._batches = (
            batch.append_column("split", pa.repeat(split, batch.num_rows))
            for batch in shards.batches(release, shards.of(release, "articles", split))
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


def _compared(before: pa.Table | None, after: pa.Table | None) -> tuple[int, list[Change]]:
    if before is None or after is None:
        return 0, [*_alone(before, after=False), *_alone(after, after=True)]
    in_both = pc.is_in(before["article_id"], value_set=after["article_id"].combine_chunks())
    in_old = pc.is_in(after["article_id"], value_set=before["article_id"].combine_chunks())
    found = [
        *_alone(before.filter(pc.invert(in_both)), after=False),
        *_alone(after.filter(pc.invert(in_old)), after=True),
    ]
    common = [name for name in before.column_names if name in after.column_names]
    a, b = (side.select(common).combine_chunks() for side in (before.filter(in_both), after.filter(in_old)))
    edited = [Change(str(a["article_id"][i]), _row(a, i), _row(b, i)) for i in _differing(a, b, 0, a.num_rows)]
    return a.num_rows - len(edited), sorted([*found, *edited], key=lambda change: change.article_id)


def _alone(table: pa.Table | None, *, after: bool) -> list[Change]:
    ids = [] if table is None else _ids(table)
    return [Change(key, None, {"article_id": key}) if after else Change(key, {"article_id": key}, None) for key in ids]


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
