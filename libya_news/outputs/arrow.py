"""Arrow IPC files whose bytes depend on nothing but their rows, and which are read in place, without a copy."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa


def write(table: pa.Table, path: Path, rows_at_once: int) -> None:
    """Write a table, and return when it is on disk. Nothing is compressed, so that the file can be mapped to memory.

    Args:
        table: the rows.
        path: a file that is not there yet.
        rows_at_once: rows of a record batch.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with path.open("xb") as stream:
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=rows_at_once)
        stream.flush()
        os.fsync(stream.fileno())
