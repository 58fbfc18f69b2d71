"""From articles to the rows of each config, as Arrow tables, and the hash of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import pyarrow as pa

from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Article, Segment, sha256_hex

from .schema import SCHEMA_VERSION, SPAN, arrow_schema, columns

_CLASS_ID = {
    "label": {name: i for i, name in enumerate(LABELS)},
    "kind": {name: i for i, name in enumerate(KIND_NAMES)},
}


def tables(articles: Sequence[Article], with_text: bool = True, version: int = SCHEMA_VERSION) -> dict[str, pa.Table]:
    """One table per config, rows in the order of the articles and of their segments.

    Args:
        articles: in the order of their ids.
        with_text: whether the texts are in them, or hashes in their place.
        version: the version of the schema whose columns they have.
    """
    names = [column.name for column in columns("articles", True, version) if column.name not in _OWN]
    made = {
        "articles": (_article_row(article, names) for article in articles),
        "segments": (row for article in articles for row in _segment_rows(article)),
    }
    return {config: _table(rows, arrow_schema(config, with_text, version)) for config, rows in made.items()}


_OWN = ("article_id", "segments")
"""Columns of an article that are no attributes of its record."""


def _table(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    values: dict[str, list[Any]] = {name: [] for name in schema.names}
    for row in rows:
        for name, cells in values.items():
            cells.append(row[name])
    return pa.table([pa.array(values[field.name], field.type) for field in schema], schema=schema)


def articles(table: pa.Table) -> Iterator[Article]:
    """The articles behind the rows of the config ``articles``; where it holds no text, theirs is empty."""
    for batch in table.to_batches(max_chunksize=1_000):
        for row in batch.to_pylist():
            yield _article(row)


def _article(row: Mapping[str, Any]) -> Article:
    known = {name: row[name] for name in _ARTICLE_FIELDS if name in row}
    lists = {name: tuple(known[name]) for name in ("authors", "fixes")}
    segments = tuple(
        Segment(**{**span, "label": LABELS[span["label"]], "kind": KIND_NAMES[span["kind"]]})
        for span in row["segments"]
    )
    return Article(**{"text": "", **known, **lists, "id": row["article_id"], "segments": segments})


_ARTICLE_FIELDS = frozenset(field.name for field in fields(Article)) - {"id", "segments"}


def _article_row(article: Article, names: Sequence[str]) -> dict[str, Any]:
    row = {name: getattr(article, name) for name in names}
    return {**row, "article_id": article.id, "segments": [_span(s) for s in article.segments]}


def _segment_rows(article: Article) -> Iterator[dict[str, Any]]:
    for index, segment in enumerate(article.segments):
        text = article.text[segment.start : segment.end]
        known = {"article_id": article.id, "index": index, "language": article.language}
        yield {**_span(segment), **known, "text": text, "text_sha256": sha256_hex(text)}


def _span(segment: Segment) -> dict[str, Any]:
    span = {column.name: getattr(segment, column.name) for column in SPAN}
    return {**span, **{name: ids[span[name]] for name, ids in _CLASS_ID.items()}}


def content(table: pa.Table) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a table's rows as canonical JSON lines.

    Class labels stand as their ids, times as ISO 8601, numbers as Python prints them: whatever library version or file
    format holds the rows, the same rows have the same hash.
    """
    return content_of([table])[1:]


def content_of(tables: Iterable[pa.Table]) -> tuple[int, int, str]:
    """Number of rows of several tables, and the ``content`` of all of them together."""
    count, size, hashed = 0, 0, hashlib.sha256()
    for batch in (batch for table in tables for batch in table.to_batches(max_chunksize=1_000)):
        count += batch.num_rows
        for row in batch.to_pylist():
            line = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
            data = line.encode("utf-8") + b"\n"
            size += len(data)
            hashed.update(data)
    return count, size, hashed.hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")
