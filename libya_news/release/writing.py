"""Writing a release: its data files, then what describes them, then its manifest; all of it or nothing visible."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from libya_news.records import Document, OutputFile, Release, sha256_hex

from . import documents, drops, folders, index, manifest, staging, versioning
from .counts import Tally
from .diff import diff
from .rows import Rows
from .shard_writer import ShardWriter
from .store import Store

Tables = Mapping[str, Rows]
"""The rows of a release, by split."""


def publish(release: Release, made: Tables, beside: Path, check: staging.Check = staging.unchecked) -> Release:
    """Write all files into a temporary sibling and rename it: a release is seen whole or not at all.

    Args:
        release: its record, without files.
        made: its rows.
        beside: folder of the documents that are not made from its record: see ``documents.carried``.
        check: raises where it must not appear after all; called when all is written, while nobody writes the store.

    Returns:
        The record of the release, with its files, and with what changed since the latest version in its store.

    Raises:
        VersionError: the version is too small for what changed.
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with staging.staged(release.path, check) as folder:
        files, tally = write_data(folder, made, release.settings)
        release = replace(release, files=files, counts=tally.counts(release.drops))
        release = describe(folder, replace(release, changes=_changes(folder, release)), beside)
    complete(release)
    return release


def complete(release: Release) -> None:
    """Do what is left to do once a release lies in its place: remove what killed processes left, and list it.

    Logged as a warning is a path that ``load_dataset`` takes for a pattern.

    Raises:
        EnvironmentFaultError: the store cannot be written.
    """
    staging.clean(release.path.parent)
    folders.warn_of_pattern(release.path)
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
    """What changed since the latest version, where the new version is large enough for it.

    One of the same version that somebody else published meanwhile is none that it follows.
    """
    if release.path.exists():
        raise staging.taken(release.path)
    store = Store(release.path.parent)
    path = store.before(release) if _numbered(release) else None
    if path is None:
        return release.changes
    with store.opened(path) as old:
        return versioning.check(release.version, diff(old, replace(release, path=folder)), old.version)


def write(folder: Path, release: Release, made: Tables, beside: Path) -> Release:
    """Write the files of a release into an empty folder, as ``publish`` does, and return its record with them."""
    files, tally = write_data(folder, made, release.settings)
    return describe(folder, replace(release, files=files, counts=tally.counts(release.drops)), beside)


def write_data(folder: Path, made: Tables, settings: Mapping[str, str]) -> tuple[tuple[OutputFile, ...], Tally]:
    """Write the data files of a release into a folder, in the format that its settings name, and count its rows."""
    tally = Tally()
    with contextlib.closing(ShardWriter(folder, settings.get("format", "parquet"))) as shards:
        for split, rows in made.items():
            for batches in rows.batches():
                tally.add(batches["articles"])
                for config, batch in batches.items():
                    shards.add(config, split, batch)
            for config, schema in rows.schemas.items():
                shards.finish(config, split, schema)
        return shards.files(), tally


def describe(folder: Path, release: Release, beside: Path) -> Release:
    """Write what describes the data files of a release, its manifest last, and return its record with them.

    Raises:
        DataError: what lies ``beside`` is missing or damaged.
    """
    carried, told = documents.carried(release, beside), drops.write(folder, release.drops)
    kept = tuple(document for document in release.documents if document.path in carried)
    release = replace(release, documents=(*kept, *told), drops=drops.published(release.path, len(release.drops)))
    made = {path: text.encode("utf-8") for path, text in documents.render(release).items()} | carried
    with ThreadPoolExecutor() as pool:  # most of the time goes by with waiting for the disk
        list(pool.map(lambda path: _write(folder / path, made[path]), made))
    rows = (Document(path, len(data), sha256_hex(data)) for path, data in made.items())
    release = replace(release, documents=(*rows, *told))
    _write(folder / manifest.FILE_NAME, manifest.to_json(release).encode("utf-8"))
    return release


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
