"""Arrow IPC files whose bytes depend on nothing but their rows, and which are read in place, without a copy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pyarrow as pa

ROWS_PER_BATCH: Final = 1_000
"""Rows of a record batch, as in a Parquet row group: some 10 MB of articles, some 300 kB of segments."""


def write(table: pa.Table, path: Path) -> None:
    """Write a table, and return when it is on disk. Nothing is compressed, so that the file can be mapped to memory.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with path.open("xb") as stream:
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=ROWS_PER_BATCH)
        stream.flush()
        os.fsync(stream.fileno())
