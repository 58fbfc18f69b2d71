"""Parquet files whose bytes depend on nothing but their rows."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


class Writer:
    """Writes a file, one row group after the other, so that no more than that is in memory.

    Content-defined pages let stores that split files by content keep what two versions share only once.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Begin a file that is not there yet.

        Raises:
            OSError: the folder cannot be written.
        """
        self._stream = path.open("xb")
        self._writer = pq.ParquetWriter(
            self._stream,
            schema,
            compression="zstd",
            compression_level=3,
            version="2.6",
            data_page_version="1.0",
            write_page_index=True,
            use_content_defined_chunking=True,
        )

    def write(self, rows: pa.Table) -> None:
        """Write a row group; its rows are combined first, since its bytes depend on how they are cut.

        Raises:
            OSError: the disk is full.
        """
        self._writer.write_table(rows.combine_chunks(), row_group_size=max(1, rows.num_rows))

    def close(self) -> None:
        """Complete the file, and return when it is on disk.

        Raises:
            OSError: the disk is full.
        """
        with self._stream:
            self._writer.close()
            self._stream.flush()
            os.fsync(self._stream.fileno())
