"""Parquet files whose bytes depend on nothing but their rows."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write(table: pa.Table, path: Path, rows_at_once: int) -> None:
    """Write a table, and return when it is on disk.

    Row groups are cut at a fixed number of rows of the combined table, since the bytes of a Parquet file otherwise
    depend on how its rows happened to arrive in chunks. Content-defined pages let stores that split files by content
    keep what two versions share only once.

    Args:
        table: the rows.
        path: a file that is not there yet.
        rows_at_once: rows of a row group, the unit of streaming reads.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with path.open("xb") as stream:
        pq.write_table(
            table.combine_chunks(),
            stream,
            row_group_size=rows_at_once,
            compression="zstd",
            compression_level=3,
            version="2.6",
            data_page_version="1.0",
            write_page_index=True,
            use_content_defined_chunking=True,
        )
        stream.flush()
        os.fsync(stream.fileno())
