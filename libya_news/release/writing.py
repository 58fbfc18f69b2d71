"""Writing a release: its data files, then what describes them, then its manifest; all of it or nothing visible."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from libya_news.records import Document, OutputFile, Release, sha256_hex
from libya_news.sources import SourceFile

from . import documents, index, manifest, staging, versioning
from .diff import diff
from .rows import Rows, content
from .schema import CONFIGS
from .shards import FORMATS
from .store import Store

ROWS_PER_SHARD: Final = {"articles": 10_000, "segments": 200_000}
"""Rows of a data file: some 50 MB of either config, small enough to fetch one, large enough to stream well."""

Tables = Mapping[str, Mapping[str, Rows]]
"""The rows of a release, by split and then by config."""


def publish(release: Release, made: Tables) -> Release:
    """Write all files into a temporary sibling and rename it: a release is seen whole or not at all.

    Returns:
        The record of the release, with its files, and with what changed since the latest version in its store.

    Raises:
        VersionError: the version is too small for what changed.
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with staging.staged(release.path) as folder:
        release = replace(release, files=write_data(folder, made, release.settings))
        release = describe(folder, replace(release, changes=_changes(folder, release)))
    complete(release)
    return release


def complete(release: Release) -> None:
    """Do what is left to do once a release lies in its place: remove what killed processes left, and list it.

    Raises:
        EnvironmentFaultError: the store cannot be written.
    """
    staging.clean(release.path.parent)
    if not _numbered(release):
        return
    store, file = Store(release.path.parent), release.path.with_name(index.FILE_NAME)
    listed = index.to_json(store.index()).encode("utf-8")
    if not (file.exists() and file.read_bytes() == listed):
        store.update(lambda found: found)


def _numbered(release: Release) -> bool:
    """Whether it takes its place among the versions of its store; what is lacking a part does not."""
    return release.path.name == f"{release.name}-{release.version}"


def _changes(folder: Path, release: Release) -> dict[str, Any]:
    """What changed since the latest version, where the new version is large enough for it."""
    store = Store(release.path.parent)
    path = store.before(release) if _numbered(release) else None
    if path is None:
        return release.changes
    with store.opened(path) as old:
        return versioning.check(release.version, diff(old, replace(release, path=folder)), old.version)


def write(folder: Path, release: Release, made: Tables) -> Release:
    """Write the files of a release into an empty folder, and return its record with them."""
    return describe(folder, replace(release, files=write_data(folder, made, release.settings)))


def write_data(folder: Path, made: Tables, settings: Mapping[str, str]) -> tuple[OutputFile, ...]:
    """Write the data files of a release into a folder, in the format that its settings name."""
    suffix = settings.get("format", "parquet")
    return tuple(
        file
        for config in CONFIGS
        for split, tables in made.items()
        for file in _shards(folder, (config, split, suffix), tables[config])
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


def _shards(folder: Path, part: tuple[str, str, str], rows: Rows) -> list[OutputFile]:
    """How many there are is known when all are written; then they get their names."""
    config, split, suffix = part
    (folder / config).mkdir(exist_ok=True)
    made = [
        _shard(folder / f"{config}/{n}.{suffix}", part, some)
        for n, some in enumerate(_cut(rows, ROWS_PER_SHARD[config]))
    ]
    return [_named(folder, file, f"{split}-{n:05d}-of-{len(made):05d}") for n, file in enumerate(made)]


def _cut(rows: Rows, size: int) -> Iterator[pa.Table]:
    """Tables of that many rows, the last of what is left; one without rows where there are none."""
    held: list[pa.RecordBatch] = []
    room, whole = size, 0
    for batch in rows.to_batches():
        while batch.num_rows:
            held.append(batch.slice(0, room))
            room, batch = room - held[-1].num_rows, batch.slice(room)  # noqa: PLW2901
            if not room:
                yield pa.Table.from_batches(held)
                held, room, whole = [], size, whole + 1
    if held or not whole:
        yield pa.Table.from_batches(held, rows.schema)


def _shard(path: Path, part: tuple[str, str, str], rows: pa.Table) -> OutputFile:
    config, split, suffix = part
    content_bytes, content_sha256 = content(rows)
    FORMATS[suffix].write(rows, path)
    digest, size = SourceFile(path, path.name).digest()
    return OutputFile(path.name, config, split, rows.num_rows, size, digest, content_bytes, content_sha256)


def _named(folder: Path, file: OutputFile, stem: str) -> OutputFile:
    """The content's hash in the name makes each version's files different files to every cache."""
    old = Path(file.path)
    path = f"{file.config}/{stem}-{file.content_sha256[:12]}{old.suffix}"
    (folder / file.config / old).rename(folder / path)
    return replace(file, path=path)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
