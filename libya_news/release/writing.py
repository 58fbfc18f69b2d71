"""Writing a release: its data files, then what describes them, then its manifest; all of it or nothing visible."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from libya_news.errors import EnvironmentFaultError, ReleaseExistsError
from libya_news.outputs import parquet
from libya_news.records import Document, OutputFile, Release, sha256_hex

from . import documents, manifest
from .rows import content
from .schema import CONFIGS

ROWS_PER_SHARD: Final = {"articles": 10_000, "segments": 200_000}
"""Rows of a data file: some 50 MB of either config, small enough to fetch one, large enough to stream well."""

Tables = Mapping[str, Mapping[str, pa.Table]]
"""The rows of a release, by split and then by config."""


def publish(release: Release, made: Tables) -> Release:
    """Write all files into a temporary sibling and rename it: a release is seen whole or not at all.

    Returns:
        The record of the release, with its files.

    Raises:
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with _environment_faults(release.path), _staging(release.path) as folder:
        release = write(folder, release, made)
        folder.rename(release.path)
        _sync(release.path.parent)
    return release


def write(folder: Path, release: Release, made: Tables) -> Release:
    """Write the files of a release into an empty folder, and return its record with them."""
    return describe(folder, replace(release, files=write_data(folder, made)))


def write_data(folder: Path, made: Tables) -> tuple[OutputFile, ...]:
    """Write the data files of a release into a folder."""
    return tuple(
        file for config in CONFIGS for split, tables in made.items() for file in _shards(folder, config, split, tables)
    )


def describe(folder: Path, release: Release) -> Release:
    """Write what describes the data files of a release, its manifest last, and return its record with them."""
    made = []
    for path, text in documents.render(release).items():
        _write_text(folder / path, text)
        data = text.encode("utf-8")
        made.append(Document(path, len(data), sha256_hex(data)))
    release = replace(release, documents=tuple(made))
    _write_text(folder / manifest.FILE_NAME, manifest.to_json(release))
    return release


@contextlib.contextmanager
def _environment_faults(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and target.exists():
            raise ReleaseExistsError(
                f"{target} was published by somebody else meanwhile.", "Choose a new --version."
            ) from None
        raise EnvironmentFaultError(
            f"Cannot write {target}: {error.strerror}.", "Check free space and permissions."
        ) from None


@contextlib.contextmanager
def _staging(target: Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _shards(folder: Path, config: str, split: str, tables: Mapping[str, pa.Table]) -> Iterator[OutputFile]:
    (folder / config).mkdir(exist_ok=True)
    table, size = tables[config], ROWS_PER_SHARD[config]
    shards = max(1, -(-table.num_rows // size))
    for index in range(shards):
        stem = f"{split}-{index:05d}-of-{shards:05d}"
        yield _shard(folder, (config, split), table.slice(index * size, size), stem)


def _shard(folder: Path, part: tuple[str, str], rows: pa.Table, stem: str) -> OutputFile:
    """The content's hash in the name makes each version's files different files to every cache."""
    content_bytes, content_sha256 = content(rows)
    path = f"{part[0]}/{stem}-{content_sha256[:12]}.parquet"
    parquet.write(rows, folder / path)
    data = (folder / path).read_bytes()
    return OutputFile(path, *part, rows.num_rows, len(data), sha256_hex(data), content_bytes, content_sha256)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
