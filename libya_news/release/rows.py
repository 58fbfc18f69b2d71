"""From articles to the rows of each config, as Arrow tables, and the hash of their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Article, Segment

from .schema import CONFIGS, SPAN, arrow_schema

_CLASS_ID = {
    "label": {name: i for i, name in enumerate(LABELS)},
    "kind": {name: i for i, name in enumerate(KIND_NAMES)},
}


def tables(articles: Sequence[Article]) -> dict[str, pa.Table]:
    """One table per config, rows in the order of the articles and of their segments."""
    made = {"articles": map(_article_row, articles), "segments": (row for a in articles for row in _segment_rows(a))}
    return {config: _table(config, rows) for config, rows in made.items()}


def _table(config: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    columns: dict[str, list[Any]] = {column.name: [] for column in CONFIGS[config]}
    for row in rows:
        for name, values in columns.items():
            values.append(row[name])
    schema = arrow_schema(config)
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _article_row(article: Article) -> dict[str, Any]:
    names = [column.name for column in CONFIGS["articles"] if column.name not in ("article_id", "segments")]
    row = {name: getattr(article, name) for name in names}
    return {**row, "article_id": article.id, "segments": [_span(s) for s in article.segments]}


def _segment_rows(article: Article) -> Iterator[dict[str, Any]]:
    for index, segment in enumerate(article.segments):
        text = article.text[segment.start : segment.end]
        yield {**_span(segment), "article_id": article.id, "index": index, "text": text, "language": article.language}


def _span(segment: Segment) -> dict[str, Any]:
    span = {column.name: getattr(segment, column.name) for column in SPAN}
    return {**span, **{name: ids[span[name]] for name, ids in _CLASS_ID.items()}}


def content(table: pa.Table) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a table's rows as canonical JSON lines.

    Class labels stand as their ids, times as ISO 8601, numbers as Python prints them: whatever library version or file
    format holds the rows, the same rows have the same hash.
    """
    size, hashed = 0, hashlib.sha256()
    for batch in table.to_batches(max_chunksize=1_000):
        for row in batch.to_pylist():
            line = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
            data = line.encode("utf-8") + b"\n"
            size += len(data)
            hashed.update(data)
    return size, hashed.hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")
