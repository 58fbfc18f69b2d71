"""Reading the rows of a release back."""

from __future__ import annotations

import pyarrow as pa

from libya_news.records import Release

from . import shards


def table(release: Release, config: str, split: str) -> pa.Table:
    """All rows of one config and split, in their order.

    Raises:
        DataError: a file is missing or damaged.
    """
    files = shards.of(release, config, split)
    empty = shards.schema(release, files[0]).empty_table()
    return pa.concat_tables([empty, *shards.batches(release, files)])
