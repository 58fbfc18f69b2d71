"""Reading the rows of a release back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from libya_news.records import Article, Release

from . import shards
from .rows import articles


@dataclass(frozen=True, slots=True)
class Articles:
    """The articles of a release's split, in their order; they are read anew each time one goes through them."""

    release: Release
    split: str

    def __iter__(self) -> Iterator[Article]:
        for some in shards.batches(self.release, shards.of(self.release, "articles", self.split)):
            yield from articles(some)


def table(release: Release, config: str, split: str) -> pa.Table:
    """All rows of one config and split, in their order.

    Raises:
        DataError: a file is missing or damaged.
    """
    files = shards.of(release, config, split)
    empty = shards.schema(release, files[0]).empty_table()
    return pa.concat_tables([empty, *shards.batches(release, files)])


def rows(release: Release, config: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of all rows of one config, in bounded memory; a column that the release lacks is left out.

    Raises:
        DataError: a file is missing or damaged.
    """
    files = [file for file in release.files if file.config == config]
    for batch in shards.batches(release, files, names):
        yield from batch.select([name for name in names if name in batch.column_names]).to_pylist()
