"""From articles to Arrow rows: what becomes of articles on their way, and from there the rows of each config.

What was made of some articles is one record batch of ``RESULTS``: a row for each, with all its columns but those that
are pieces of its text; of what was dropped, the drop alone. These batches are what workers give, what a cache keeps,
what waits on disk, and what data files are cut from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate, islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from libya_news.corpus.language import Guess, guess_part
from libya_news.errors import DataError
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Article, Drop, Mention, Segment, sha256_hex

from . import canonical, pieces
from .schema import CONFIGS, SCHEMA_VERSION, arrow_schema

_CLASS_ID = {
    "label": {name: i for i, name in enumerate(LABELS)},
    "kind": {name: i for i, name in enumerate(KIND_NAMES)},
}

ARTICLES_AT_ONCE: Final = 256
"""Articles whose rows are in memory at once: some 2 MB."""

WRITTEN_BYTES: Final = 8 << 20
"""Of rows whose canonical form is in memory at once."""

_DROP: Final = pa.struct([(field.name, pa.string()) for field in fields(Drop)])


def _loose(config: str) -> list[pa.Field[Any]]:
    return [pa.field(column.name, column.type) for column in CONFIGS[config]]


_OF_SEGMENTS: Final = ("segment_language", "segment_language_confidence")
"""Columns of the config ``segments`` that stand nowhere else."""

_BESIDES: Final = {
    "segment_languages": pa.list_(pa.struct([field for field in _loose("segments") if field.name in _OF_SEGMENTS])),
    "signature": pa.binary(),
    "drop": _DROP,
}


def result_schema() -> pa.Schema:
    """The columns of the config ``articles`` but ``body``, the languages of the segments, the signature by which
    near-duplicates are found, and of what is no article the drop, beside which all is null.
    """
    columns = [field for field in _loose("articles") if field.name != "body"]
    return pa.schema([*columns, *(pa.field(name, kind) for name, kind in _BESIDES.items())])


RESULTS: Final = result_schema()


def results(found: Sequence[Article | Drop]) -> pa.RecordBatch:
    """What was made of some articles, one row for each, in their order.

    >>> results([Drop("a.txt", "read", "empty: the file has no bytes")])["drop"][0].as_py()["stage"]
    'read'
    """
    articles = [one for one in found if isinstance(one, Article)]
    drops = [one for one in found if isinstance(one, Drop)]
    made = _rows_of(articles)
    if not drops:
        return made
    both = together([made, _rows_of_drops(drops)])
    places = {False: iter(range(len(articles))), True: iter(range(len(articles), len(found)))}
    return both.take(pa.array([next(places[isinstance(one, Drop)]) for one in found], pa.int64()))


def _rows_of_drops(drops: Sequence[Drop]) -> pa.RecordBatch:
    told = pa.array(map(asdict, drops), _DROP)
    columns = [told if field.name == "drop" else pa.nulls(len(drops), field.type) for field in RESULTS]
    return pa.RecordBatch.from_arrays(columns, schema=RESULTS)


def together(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of several: at least one, and not so large that the offsets of their texts need more than 32 bits."""
    made: pa.RecordBatch = pa.concat_batches(batches)  # type: ignore[attr-defined] # the stubs lack it
    return made


def cells(batch: pa.RecordBatch | pa.Table, name: str) -> Any:
    """A column; what type it has depends on its name."""
    return batch[name]


def segments_of(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """The segments of all articles, one after the other, from a column that lists them."""
    return pa.RecordBatch.from_struct_array(cells(batch, name).flatten())


def _rows_of(some: Sequence[Article]) -> pa.RecordBatch:
    columns = {field.name: _array(field, some) for field in RESULTS if field.name not in _BESIDES}
    columns["segment_languages"] = _nested(RESULTS.field("segment_languages").type, some, _languages(some))
    columns["signature"] = pa.array([article.signature or None for article in some], pa.binary())
    columns["drop"] = pa.nulls(len(some), _DROP)
    return pa.RecordBatch.from_arrays([columns[name] for name in RESULTS.names], schema=RESULTS)


@dataclass(frozen=True, slots=True)
class InBatches:
    """Articles as batches of ``RESULTS``, each time from the first one on."""

    articles: Iterable[Article]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        articles = iter(self.articles)
        while some := list(islice(articles, ARTICLES_AT_ONCE)):
            yield results(some)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of every config, some at a time; they are made each time that they are asked for.

    Attributes:
        made: batches of ``RESULTS`` without drops.
        schemas: the columns of each config.
    """

    made: Iterable[pa.RecordBatch]
    schemas: Mapping[str, pa.Schema]

    def batches(self) -> Iterator[dict[str, pa.RecordBatch]]:
        """The rows that some articles give, by config, in the order of the articles and of their segments."""
        for batch in self.made:
            segments = _segments(batch)
            rows = {"articles": {**_columns(batch), "body": segments.pop("body")}, "segments": segments}
            yield {
                config: pa.RecordBatch.from_arrays(
                    [_column(rows[config], name) for name in schema.names], schema=schema
                )
                for config, schema in self.schemas.items()
            }


def _columns(rows: pa.RecordBatch) -> dict[str, Any]:
    return dict(zip(rows.schema.names, rows.columns, strict=True))


def _segments(batch: pa.RecordBatch) -> dict[str, Any]:
    """The columns of the rows of all segments, from a batch of ``RESULTS``; and under ``body`` those of the stories."""
    owner = _owners(batch)
    spans = _columns(segments_of(batch, "segments"))
    starts, ends, kinds = (np.asarray(spans[name]) for name in ("start", "end", "kind"))
    text = pieces.cut(batch["text"], owner, starts, ends)
    first = np.searchsorted(owner, np.arange(batch.num_rows))
    return {
        **spans,
        **_columns(segments_of(batch, "segment_languages")),
        "article_id": batch["article_id"].take(owner),
        "index": pa.array(np.arange(len(owner)) - first[owner]),
        "language": batch["language"].take(owner),
        "text": text,
        "body": pieces.stories(text, owner, kinds, batch.num_rows),
    }


def _owners(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """For each segment the number of its article in the batch."""
    return np.asarray(cells(batch, "segments").value_parent_indices(), np.int64)


def _column(rows: Mapping[str, Any], name: str) -> Any:
    """A column by name; the hash of a segment's text is made where it is asked for, since only few releases have it."""
    if name in rows:
        return rows[name]
    return pa.array(map(sha256_hex, rows["text"].to_pylist()), pa.string())


def tables(made: Iterable[pa.RecordBatch], with_text: bool = True, version: int = SCHEMA_VERSION) -> Rows:
    """The rows of each config.

    Args:
        made: batches of ``RESULTS`` without drops, in the order of the rows.
        with_text: whether the rows hold texts, or their hashes alone.
        version: the version of the schema whose columns they have.
    """
    return Rows(made, {config: arrow_schema(config, with_text, version) for config in CONFIGS})


def without_headline(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of ``RESULTS`` without the titles that are the headline of their text."""
    segments = segments_of(batch, "segments")
    headlines = np.flatnonzero(np.asarray(cells(segments, "kind")) == _CLASS_ID["kind"]["headline"])
    owners, first = np.unique(_owners(batch)[headlines], return_index=True)
    told = zip(owners.tolist(), segments.take(headlines[first]).to_pylist(), strict=True)
    headline = {row: batch["text"][row].as_py()[span["start"] : span["end"]] for row, span in told}
    titles = [None if title == headline.get(row) else title for row, title in enumerate(batch["title"].to_pylist())]
    return batch.set_column(
        batch.schema.get_field_index("title"), RESULTS.field("title"), pa.array(titles, pa.string())
    )


def articles(table: pa.Table | pa.RecordBatch) -> Iterator[Article]:
    """The articles behind rows of the config ``articles``; where it holds no text, theirs is empty."""
    rows = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    rows = rows.select([name for name in rows.column_names if name not in _BESIDES])
    for batch in rows.to_batches(max_chunksize=1_000):
        yield from map(_article, batch.to_pylist())


def _article(row: Mapping[str, Any]) -> Article:
    try:
        return _made(row)
    except (TypeError, IndexError) as error:
        problem = f"{row['article_id']}: its row is not as the schema says: {error}."
        raise DataError(problem, "Get the release anew.") from None


def _made(row: Mapping[str, Any]) -> Article:
    known = {name: row[name] for name in _ARTICLE_FIELDS if name in row}
    lists = {name: tuple(known[name]) for name in ("authors", "fixes")}
    mentions = tuple(Mention(**mention) for mention in known.get("topic_mentions") or ())
    segments = tuple(
        Segment(**{**span, "label": LABELS[span["label"]], "kind": KIND_NAMES[span["kind"]]})
        for span in row["segments"]
    )
    made = {"id": row["article_id"], "segments": segments, "topic_mentions": mentions}
    return Article(**{"text": "", **known, **lists, **made})


_ARTICLE_FIELDS = frozenset(field.name for field in fields(Article)) - {"id", "segments"}


Spans = Mapping[str, Sequence[Any]]
"""The attributes of the segments of some articles, each as a column."""


def _spans(some: Sequence[Article]) -> Spans:
    segments = [segment for article in some for segment in article.segments]
    spans = dict(zip(Segment._fields, zip(*segments, strict=True), strict=True)) if segments else {}
    return {name: [*map(_CLASS_ID[name].get, cells)] if name in _CLASS_ID else cells for name, cells in spans.items()}


def _languages(some: Sequence[Article]) -> Spans:
    """The language of each segment, and how sure that is."""
    guesses = [guess for article in some for guess in article.segment_languages or _guessed(article)]
    return {name: [guess and guess[place] for guess in guesses] for place, name in enumerate(_OF_SEGMENTS)}


def _guessed(article: Article) -> tuple[Guess | None, ...]:
    """The languages of the segments of an article that comes from a release."""
    whole = Guess(article.language, article.language_confidence) if article.language else None
    return tuple(guess_part(article.text[s.start : s.end], whole) for s in article.segments)


def _array(field: pa.Field[Any], some: Sequence[Article]) -> Any:
    """The cells of a column of articles: the attribute of its name, for the most part."""
    if field.name == "segments":
        return _nested(field.type, some, _spans(some))
    if field.name == "topic_mentions":
        return pa.array(([mention._asdict() for mention in article.topic_mentions] for article in some), field.type)
    name = {"article_id": "id"}.get(field.name, field.name)
    return pa.array([getattr(article, name) for article in some], field.type)


def _nested(kind: Any, some: Sequence[Article], spans: Spans) -> Any:
    fields = list(kind.value_type)
    structs = pa.StructArray.from_arrays([pa.array(spans.get(f.name, ()), f.type) for f in fields], fields=fields)
    return pa.ListArray.from_arrays(_ends(some), structs, type=kind)


def _ends(some: Sequence[Article]) -> Any:
    return pa.array(accumulate((len(article.segments) for article in some), initial=0), pa.int32())


def content(table: pa.Table) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a table's rows as canonical JSON lines.

    Class labels stand as their ids, times as ISO 8601, numbers as Python prints them: whatever library version or file
    format holds the rows, the same rows have the same hash.
    """
    return content_of([table])[1:]


def _at_once(table: pa.Table) -> int:
    return max(1, WRITTEN_BYTES * table.num_rows // max(1, table.nbytes))


def content_of(tables: Iterable[pa.Table]) -> tuple[int, int, str]:
    """Number of rows of several tables, and the ``content`` of all of them together."""
    count, size, hashed = 0, 0, hashlib.sha256()
    for batch in (batch for table in tables for batch in table.to_batches(max_chunksize=_at_once(table))):
        count += batch.num_rows
        lines = canonical.lines(batch)
        size += len(lines)
        hashed.update(lines)
    return count, size, hashed.hexdigest()
