"""Checking a release against itself: every hash, every count, every offset, and the card against the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any, Final

import pyarrow as pa

from libya_news.errors import DataError
from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.records import Document, OutputFile, Release, sha256_hex
from libya_news.sources import SourceFile

from . import documents, manifest, schema, shards
from .rows import content_of

LISTED: Final = 100
"""Faults that are named; where there are more, something is wrong as a whole, and the first hundred tell what."""

Row = dict[str, Any]


def verify(release: Release) -> list[str]:
    """What is wrong with a release, one line each, at most a hundred; empty where nothing is.

    Every file is hashed and every row read: files that lack or are too many, sizes and hashes, schema, numbers of rows,
    the hash of the content, the order of ids, segments against their articles, offsets, texts and their hashes, counts,
    and every describing file against what the record says.
    """
    checks = (_files, _schemas, _contents, _rows, _documents)
    return list(islice((fault for check in checks for fault in _guarded(check(release))), LISTED))


def _guarded(faults: Iterator[str]) -> Iterator[str]:
    try:
        yield from faults
    except DataError as error:
        yield error.problem


def _files(release: Release) -> Iterator[str]:
    described: tuple[OutputFile | Document, ...] = (*release.files, *release.documents)
    for row in described:
        path = release.path / row.path
        if not path.is_file():
            yield f"{row.path}: the file is missing"
        elif (found := SourceFile(path, row.path).digest()) != (row.sha256, row.bytes):
            yield f"{row.path}: SHA-256 {found[0]} and {found[1]:,} bytes, not {row.sha256} and {row.bytes:,}"
    known = {row.path for row in described} | {manifest.FILE_NAME}
    there = (path.relative_to(release.path).as_posix() for path in sorted(release.path.rglob("*")) if path.is_file())
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
        last = ""
        segments = _each(release, "segments", split)
        for article in _each(release, "articles", split):
            if article["article_id"] <= last:
                yield f"{article['article_id']}: not in the order of ids, or twice"
            last = article["article_id"]
            _tally(counts, article)
            own = list(islice(segments, len(article["segments"])))
            yield from (f"{last}: {fault}" for fault in _article(article, own))
        yield from (f"{row['article_id']}: segment {row['index']} belongs to no article" for row in segments)
    yield from _counted(release, counts)


def _each(release: Release, config: str, split: str) -> Iterator[Row]:
    for batch in shards.batches(release, shards.of(release, config, split)):
        yield from batch.to_pylist()


def _article(article: Row, segments: list[Row]) -> Iterator[str]:
    text = article.get("text")
    if text is not None and sha256_hex(text) != article["text_sha256"]:
        yield "the text does not have its SHA-256"
    end = 0
    for index, (span, row) in enumerate(zip_longest(article["segments"], segments)):
        fault = _segment(article, index, span, row)
        if fault is None and not end <= span["start"] < span["end"]:
            fault = f"offsets {span['start']} to {span['end']} after {end}"
        if fault:
            yield f"segment {index}: {fault}"
        end = span["end"]


def _segment(article: Row, index: int, span: Row, row: Row | None) -> str | None:
    if row is None or (row["article_id"], row["index"]) != (article["article_id"], index):
        return "its row is not where it should be"
    if any(row[name] != value for name, value in span.items()):
        return "its row and the article differ"
    if not (span["kind"] in range(len(KIND_NAMES)) and span["label"] in range(len(LABELS))):
        return f"label {span['label']} or kind {span['kind']} is none"
    if LABEL_OF[KIND_NAMES[span["kind"]]] != LABELS[span["label"]]:
        return f"kind {KIND_NAMES[span['kind']]} is not of label {LABELS[span['label']]}"
    if "text" in article and article["text"][span["start"] : span["end"]] != row["text"]:
        return "its text is not what its offsets cut out"
    return None


def _tally(counts: Counter[tuple[str, str]], article: Row) -> None:
    counts["articles", ""] += 1
    counts["segments", ""] += len(article["segments"])
    counts["languages", article["language"] or "unknown"] += 1
    counts["publishers", article["publisher"] or "unknown"] += 1
    counts.update(("labels", _name(LABELS, span["label"])) for span in article["segments"])
    counts.update(("kinds", _name(KIND_NAMES, span["kind"])) for span in article["segments"])


def _name(names: tuple[str, ...], index: int) -> str:
    return names[index] if index in range(len(names)) else str(index)


def _counted(release: Release, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    for key in ("articles", "segments"):
        if counts[key, ""] != release.counts[key]:
            yield f"{manifest.FILE_NAME}: {release.counts[key]:,} {key}, but the files have {counts[key, '']:,}"
    for key in ("languages", "publishers", "labels", "kinds"):
        found = {name: count for (group, name), count in counts.items() if group == key}
        if found != release.counts[key]:
            yield f"{manifest.FILE_NAME}: counts of {key} are not those of the files"


def _documents(release: Release) -> Iterator[str]:
    """Only where this very code wrote them: other code may word a card otherwise."""
    if release.code != manifest.code():
        return
    for path, text in documents.render(release).items():
        written = release.path / path
        if written.is_file() and written.read_bytes() != text.encode("utf-8"):
            yield f"{path}: does not say what the manifest says"
