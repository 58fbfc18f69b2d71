"""Checking a release against itself: every hash, every count, every offset, and the card against the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.errors import DataError
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import DROPS, Document, OutputFile, Release
from libya_news.sources import SourceFile

from . import documents, drops, integrity, manifest, schema, shards
from .counts import OF_ARTICLES, UNKNOWN, different
from .rows import content_of

LISTED: Final = 100
"""Faults that are named; where there are more, something is wrong as a whole, and the first hundred tell what."""


def verify(release: Release) -> list[str]:
    """What is wrong with a release, one line each, at most a hundred; empty where nothing is.

    Every file is hashed and every row read: files that lack or are too many, sizes and hashes, schema, numbers of rows,
    the hash of the content, the order of ids, segments against their articles, offsets, texts and their hashes, counts,
    and every describing file against what the record says.
    """
    checks = (_files, _schemas, _contents, _rows, _drops, _documents)
    return list(islice((fault for check in checks for fault in _guarded(check(release))), LISTED))


def _guarded(faults: Iterator[str]) -> Iterator[str]:
    try:
        yield from faults
    except DataError as error:
        yield error.problem
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        yield f"a check broke off, at what no release should have: {error!r}"


def _files(release: Release) -> Iterator[str]:
    described: tuple[OutputFile | Document, ...] = (*release.files, *release.documents)
    for row in described:
        path = release.path / row.path
        if not path.is_file():
            yield f"{row.path}: the file is missing"
        elif (found := SourceFile(path, row.path).digest()) != (row.sha256, row.bytes):
            yield f"{row.path}: SHA-256 {found[0]} and {found[1]:,} bytes, not {row.sha256} and {row.bytes:,}"
    known = {row.path for row in described} | {manifest.FILE_NAME}
    inside = (path for path in sorted(release.path.rglob("*")) if path.is_symlink() or not path.is_dir())
    there = (path.relative_to(release.path).as_posix() for path in inside)
    yield from (f"{path}: the manifest does not know this file" for path in there if path not in known)


def _schemas(release: Release) -> Iterator[str]:
    for file in release.files:
        found = shards.schema(release, file)
        version = int((found.metadata or {}).get(b"libya_news.schema_version", b"0"))
        if version != release.schema_version:
            yield f"{file.path}: schema version {version}, not {release.schema_version}"
        elif version > schema.SCHEMA_VERSION:
            yield f"{file.path}: schema version {version}; this libya-news knows {schema.SCHEMA_VERSION} and older"
        else:
            wanted = schema.arrow_schema(file.config, release.holds_text, version)
            yield from (f"{file.path}: {fault}" for fault in _columns(found, wanted))


def _columns(found: pa.Schema, wanted: pa.Schema) -> Iterator[str]:
    for name in dict.fromkeys((*wanted.names, *found.names)):
        if name not in found.names:
            yield f"column {name} is missing"
        elif name not in wanted.names:
            yield f"column {name} is not in the schema"
        elif found.field(name).type != wanted.field(name).type:
            yield f"column {name} is {found.field(name).type}, not {wanted.field(name).type}"


def _contents(release: Release) -> Iterator[str]:
    for file in release.files:
        rows, size, digest = content_of(shards.batches(release, [file]))
        if (rows, size, digest) != (file.rows, file.content_bytes, file.content_sha256):
            yield f"{file.path}: {rows:,} rows with content {digest}, not {file.rows:,} with {file.content_sha256}"


def _rows(release: Release) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    for split in shards.splits(release):
        last, segments = "", _Taken(release, split)
        for articles in shards.batches(release, shards.of(release, "articles", split)):
            spans = integrity.spans_of(articles)
            _tally(counts, articles, integrity.columns(spans))
            if articles.num_rows:
                yield from integrity.faults(articles, segments.take(len(spans)), last)
                last = str(articles["article_id"][-1])
        for rest in segments.rest():
            ids = zip(rest["article_id"].to_pylist(), rest["index"].to_pylist(), strict=True)
            yield from (f"{id_}: segment {index} belongs to no article" for id_, index in ids)
    yield from _counted(release, counts)


class _Taken:
    """The segments of a split, taken as many at a time as one needs."""

    def __init__(self, release: Release, split: str) -> None:
        files = shards.of(release, "segments", split)
        if not files:
            raise DataError(f"The manifest names no file with the segments of split {split}.")
        self._batches = shards.batches(release, files)
        self._held = shards.schema(release, files[0]).empty_table()

    def take(self, count: int) -> pa.Table:
        """The next rows, fewer where there are no more."""
        while self._held.num_rows < count and (more := next(self._batches, None)) is not None:
            self._held = pa.concat_tables([self._held, more])
        taken, self._held = self._held.slice(0, count), self._held.slice(count)
        return taken

    def rest(self) -> Iterator[pa.Table]:
        """What nobody took."""
        yield self._held
        yield from self._batches


def _tally(counts: Counter[tuple[str, str]], articles: pa.Table, spans: dict[str, Any]) -> None:
    counts["articles", ""] += articles.num_rows
    counts["segments", ""] += len(spans["label"])
    for group, column in OF_ARTICLES.items():
        for value, count in different(articles[column]):
            counts[group, value or UNKNOWN] += count
    for value, count in different(pc.list_flatten(articles["fixes"])):
        counts["fixes", value] += count
    for group, names in (("labels", LABELS), ("kinds", KIND_NAMES)):
        for value, count in different(spans[group.removesuffix("s")]):
            counts[group, _name(names, value)] += count


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if index in range(len(names)) else str(index)


_SINCE_LATER: Final = frozenset({"fixes"})
"""Groups that the first manifests do not count."""


def _counted(release: Release, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    for key in ("articles", "segments"):
        if counts[key, ""] != release.counts[key]:
            yield f"{manifest.FILE_NAME}: {release.counts[key]:,} {key}, but the files have {counts[key, '']:,}"
    for key in (*OF_ARTICLES, "labels", "kinds", *_SINCE_LATER.intersection(release.counts)):
        found = {name: count for (group, name), count in counts.items() if group == key}
        if found != release.counts[key]:
            yield f"{manifest.FILE_NAME}: counts of {key} are not those of the files"


def _drops(release: Release) -> Iterator[str]:
    """The file is read where there is one, whatever the manifest counts; the first manifests have the drops inside."""
    is_listed = any(document.path == DROPS for document in release.documents)
    where = DROPS if is_listed else manifest.FILE_NAME
    counts: Counter[str] = Counter()
    last = ""
    for drop in drops.in_file(release.path / DROPS) if is_listed else release.drops:
        counts[drop.reason.partition(":")[0]] += 1
        if drop.id < last:
            yield f"{where}: {drop.id} is not in the order of ids"
        if drop.stage not in drops.STAGES:
            yield f"{where}: {drop.id}: {drop.stage!r} is no stage"
        last = drop.id
    if counts != release.counts["drops"]:
        yield f"{manifest.FILE_NAME}: counts of drops are not those of {where}"


def _documents(release: Release) -> Iterator[str]:
    """Only where this very code wrote them: other code may word a card otherwise."""
    if release.code != manifest.code():
        return
    for path, text in documents.render(release).items():
        written = release.path / path
        if written.is_file() and written.read_bytes() != text.encode("utf-8"):
            yield f"{path}: does not say what the manifest says"
