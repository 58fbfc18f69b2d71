"""How far Daft's native runner reads ahead of who takes its results: why it is not an engine here.

It needs an environment of its own, since Daft 0.7.26 keeps PyArrow below version 26:
``python -m venv daft && daft/bin/pip install daft==0.7.26 && daft/bin/python scripts/benchmarks/daft_reading.py``.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import AsyncIterator
from typing import Any

os.environ["DAFT_ANALYTICS_ENABLED"] = "0"

import daft
import pyarrow as pa
from daft.io.source import DataSource, DataSourceTask
from daft.recordbatch import RecordBatch

BATCH_BYTES = 1 << 20
SCHEMA = pa.schema([("text", pa.large_binary())])
read = 0
"""Batches that were read so far."""


class File(DataSourceTask):  # type: ignore[misc] # Daft is not installed where types are checked
    """A file of so many batches of 1 MB."""

    def __init__(self, batches: int) -> None:
        self._batches = batches

    @property
    def schema(self) -> Any:
        """One column."""
        return daft.Schema.from_pyarrow_schema(SCHEMA)

    async def read(self) -> AsyncIterator[Any]:
        """Its batches, counted as they are read."""
        global read  # noqa: PLW0603 - what is to be measured
        for _ in range(self._batches):
            read += 1
            column = pa.array([os.urandom(BATCH_BYTES)], pa.large_binary())
            batch = pa.RecordBatch.from_arrays([column], schema=SCHEMA)
            yield RecordBatch.from_arrow_record_batches([batch], SCHEMA)


class Files(DataSource):  # type: ignore[misc] # the same
    """One such file."""

    def __init__(self, batches: int) -> None:
        self._batches = batches

    @property
    def name(self) -> str:
        """How it is called in plans."""
        return "files"

    @property
    def schema(self) -> Any:
        """One column."""
        return daft.Schema.from_pyarrow_schema(SCHEMA)

    async def get_tasks(self, pushdowns: Any) -> AsyncIterator[DataSourceTask]:  # noqa: ARG002 - as Daft calls it
        """One task."""
        yield File(self._batches)


def main() -> None:
    """Print how many batches were read before the first result was taken, and the peak memory at the end."""
    batches = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    results = Files(batches).read().iter_partitions(results_buffer_size=2)
    next(results)
    ahead = read
    for _ in results:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{ahead} of {batches} batches were read before the first result was taken; peak memory {peak} MB")


if __name__ == "__main__":
    main()
