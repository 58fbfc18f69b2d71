"""Reading the rows of a release back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from libya_news.errors import DataError
from libya_news.records import Release


def table(release: Release, config: str, split: str) -> pa.Table:
    """All rows of one config and split, in their order.

    Raises:
        DataError: a file is missing or damaged.
    """
    files = [file for file in release.files if (file.config, file.split) == (config, split)]
    try:
        return pa.concat_tables([pq.read_table(release.path / file.path, partitioning=None) for file in files])
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{release.path} cannot be read: {error}.", "Get the release anew.") from None
