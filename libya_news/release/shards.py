"""Data files of either format, read in bounded memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from libya_news.errors import DataError, UsageError
from libya_news.outputs import arrow, parquet
from libya_news.records import OutputFile, Release

ROWS_AT_ONCE: Final = {"articles": 1_000, "segments": 10_000}
"""Rows that a file keeps together, the unit of streaming reads: some 5 MB of articles, some 1 MB of segments."""

ROWS_READ: Final = 1_000
"""Rows of a Parquet file that are in memory at once."""


class Writer(Protocol):
    """Writes a data file, one group of rows after the other."""

    def write(self, rows: pa.Table) -> None:
        """Write a group of rows."""

    def close(self) -> None:
        """Complete the file."""


class Format(NamedTuple):
    """A format of data files: what writes one, what reads its schema, and what reads its rows in batches, all columns
    or at least those that are named.
    """

    writer: Callable[[Path, pa.Schema], Writer]
    schema: Callable[[Path], pa.Schema]
    batches: Callable[[Path, list[str] | None], Iterator[pa.RecordBatch]]


def _parquet_batches(path: Path, names: list[str] | None) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from map(_sound, file.iter_batches(batch_size=ROWS_READ, columns=names))


def _arrow_schema(path: Path) -> pa.Schema:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        return reader.schema


def _arrow_batches(path: Path, _: list[str] | None) -> Iterator[pa.RecordBatch]:
    """All columns, since what nobody looks at is hardly read."""
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        yield from map(_sound, map(reader.get_batch, range(reader.num_record_batches)))


def _sound(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch that is what Arrow takes it for: of offsets that lead beyond their text, the process would die."""
    batch.validate(full=True)
    return batch


FORMATS: Final = {
    "parquet": Format(parquet.Writer, pq.read_schema, _parquet_batches),
    "arrow": Format(arrow.Writer, _arrow_schema, _arrow_batches),
}
"""The formats by name; the name is also the suffix of the files."""


def write(table: pa.Table, path: Path, config: str) -> None:
    """Write all rows of a data file at once; its suffix says in which format.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with contextlib.closing(_format(path).writer(path, table.schema)) as writer:
        for start in range(0, table.num_rows, ROWS_AT_ONCE[config]):
            writer.write(table.slice(start, ROWS_AT_ONCE[config]))


def checked(name: str) -> str:
    """The name of a format, where it is one.

    >>> checked("arrow")
    'arrow'

    Raises:
        UsageError: it is none.
    """
    if name not in FORMATS:
        raise UsageError(f"{name!r} is no format of data files.", f"Give one of: {', '.join(FORMATS)}.")
    return name


def _format(path: Path) -> Format:
    return FORMATS[checked(path.suffix.removeprefix("."))]


def schema(release: Release, file: OutputFile) -> pa.Schema:
    """The schema that a data file declares.

    Raises:
        DataError: the file is missing or damaged.
    """
    path = _there(release, file)
    try:
        return _format(path).schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from None


def batches(release: Release, files: Sequence[OutputFile], names: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows of data files in their order, some thousand at a time.

    Args:
        release: the release.
        files: the data files.
        names: columns, where no others are needed; those that a file lacks are left out.

    Raises:
        DataError: a file is missing or damaged.
    """
    for file in files:
        path = _there(release, file)
        try:
            for batch in _format(path).batches(path, list(names) if names else None):
                yield pa.Table.from_batches([batch])
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path, error) from None


def _there(release: Release, file: OutputFile) -> Path:
    """Where a data file lies. What is no file is not opened: a pipe would be waited for."""
    path = release.path / file.path
    if not path.is_file():
        raise _damaged(path, FileNotFoundError("there is no such file"))
    return path


def of(release: Release, config: str, split: str) -> list[OutputFile]:
    """The data files of one config and split, in order."""
    return [file for file in release.files if (file.config, file.split) == (config, split)]


def splits(release: Release) -> list[str]:
    """The splits of a release, in order."""
    return list(dict.fromkeys(file.split for file in release.files))


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read: {error}.", "Get the release anew.")
