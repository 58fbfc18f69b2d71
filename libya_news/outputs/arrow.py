"""Arrow IPC files whose bytes depend on nothing but their rows, and which are read in place, without a copy."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa


class Writer:
    """Writes a file, one record batch after the other. Nothing is compressed, so that it can be mapped to memory."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Begin a file that is not there yet.

        Raises:
            OSError: the folder cannot be written.
        """
        self._stream = path.open("xb")
        self._writer = pa.ipc.new_file(self._stream, schema)

    def write(self, rows: pa.Table) -> None:
        """Write a record batch; its rows are copied first, since its bytes depend on how they are cut.

        Raises:
            OSError: the disk is full.
        """
        self._writer.write_table(rows.combine_chunks().take(pa.array(range(rows.num_rows), pa.int64())))

    def close(self) -> None:
        """Complete the file, and return when it is on disk.

        Raises:
            OSError: the disk is full.
        """
        with self._stream:
            self._writer.close()
            self._stream.flush()
            os.fsync(self._stream.fileno())
