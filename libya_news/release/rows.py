"""From articles to the rows of each config, as Arrow tables, and the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any, Final

import pyarrow as pa

from libya_news.corpus.language import Guess, guess_part
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Article, Segment, sha256_hex

from . import canonical
from .schema import CONFIGS, SCHEMA_VERSION, arrow_schema

_CLASS_ID = {
    "label": {name: i for i, name in enumerate(LABELS)},
    "kind": {name: i for i, name in enumerate(KIND_NAMES)},
}


ARTICLES_AT_ONCE: Final = 100
"""Articles that are in memory at once: some 1 MB. With ten times as many, Python spends a tenth of a build on looking
through them for garbage."""


ROWS_AT_ONCE: Final = 1_000
"""Rows whose canonical form is in memory at once: some 10 MB."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of every config, made of articles as they are asked for: neither articles nor rows are all in memory.

    Attributes:
        articles: gone through each time that the rows are asked for, once for all configs.
        schemas: the columns of each config.
    """

    articles: Iterable[Article]
    schemas: Mapping[str, pa.Schema]

    def batches(self) -> Iterator[dict[str, pa.RecordBatch]]:
        """The rows that some articles give, by config, in the order of the articles and of their segments."""
        articles = iter(self.articles)
        while some := list(islice(articles, ARTICLES_AT_ONCE)):
            spans = _spans(some)
            yield {
                config: pa.RecordBatch.from_arrays(
                    [_array(config, field, some, spans) for field in schema], schema=schema
                )
                for config, schema in self.schemas.items()
            }


def tables(articles: Iterable[Article], with_text: bool = True, version: int = SCHEMA_VERSION) -> Rows:
    """The rows of each config.

    Args:
        articles: in the order of the rows.
        with_text: whether the rows hold texts, or their hashes alone.
        version: the version of the schema whose columns they have.
    """
    return Rows(articles, {config: arrow_schema(config, with_text, version) for config in CONFIGS})


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


Spans = Mapping[str, Sequence[Any]]
"""The attributes of the segments of some articles, each as a column."""


def _spans(some: Sequence[Article]) -> Spans:
    segments = [segment for article in some for segment in article.segments]
    spans = dict(zip(Segment._fields, zip(*segments, strict=True), strict=True)) if segments else {}
    return {name: [*map(_CLASS_ID[name].get, cells)] if name in _CLASS_ID else cells for name, cells in spans.items()}


def _array(config: str, field: pa.Field[Any], some: Sequence[Article], spans: Spans) -> Any:
    """The cells of one column: what is computed for it, or else the attribute of its name."""
    if field.name == "segments":
        return _nested(field.type, some, spans)
    compute = _COMPUTED[config].get(field.name)
    if compute:
        return pa.array(compute(some), field.type)
    of_articles = config == "articles"
    return pa.array([getattr(a, field.name) for a in some] if of_articles else spans.get(field.name, ()), field.type)


def _nested(kind: Any, some: Sequence[Article], spans: Spans) -> Any:
    fields = list(kind.value_type)
    ends = accumulate((len(article.segments) for article in some), initial=0)
    structs = pa.StructArray.from_arrays([pa.array(spans.get(f.name, ()), f.type) for f in fields], fields=fields)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs, type=kind)


def _texts(some: Sequence[Article]) -> list[str]:
    return [article.text[s.start : s.end] for article in some for s in article.segments]


def _languages(some: Sequence[Article], place: int) -> list[Any]:
    return [guess and guess[place] for article in some for guess in article.segment_languages or _guessed(article)]


@lru_cache(maxsize=ARTICLES_AT_ONCE)
def _guessed(article: Article) -> tuple[Guess | None, ...]:
    """The languages of the segments of an article that comes from a release; two columns ask for them."""
    whole = Guess(article.language, article.language_confidence) if article.language else None
    return tuple(guess_part(article.text[s.start : s.end], whole) for s in article.segments)


_COMPUTED: Final[dict[str, dict[str, Callable[[Sequence[Article]], list[Any]]]]] = {
    "articles": {"article_id": lambda some: [article.id for article in some]},
    "segments": {
        "article_id": lambda some: [article.id for article in some for _ in article.segments],
        "index": lambda some: [index for article in some for index in range(len(article.segments))],
        "language": lambda some: [article.language for article in some for _ in article.segments],
        "segment_language": lambda some: _languages(some, 0),
        "segment_language_confidence": lambda some: _languages(some, 1),
        "text": _texts,
        "text_sha256": lambda some: list(map(sha256_hex, _texts(some))),
    },
}
"""How the cells of a column are made where they are no attribute of an article, or of a segment."""


def content(table: pa.Table) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a table's rows as canonical JSON lines.

    Class labels stand as their ids, times as ISO 8601, numbers as Python prints them: whatever library version or file
    format holds the rows, the same rows have the same hash.
    """
    return content_of([table])[1:]


def content_of(tables: Iterable[pa.Table]) -> tuple[int, int, str]:
    """Number of rows of several tables, and the ``content`` of all of them together."""
    count, size, hashed = 0, 0, hashlib.sha256()
    for batch in (batch for table in tables for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE)):
        count += batch.num_rows
        lines = canonical.lines(batch)
        size += len(lines)
        hashed.update(lines)
    return count, size, hashed.hexdigest()
