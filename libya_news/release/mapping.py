"""What a mapping gives: a slip in a name, or values that say nothing, are no error, and would pass in silence.

It is told from what was made of the articles, whoever made it, on this machine or another, now or when a cache was
filled. What else fills a column hides a slip: a field of a usual name, what a page says, the headline of a text as its
title, a source's facts. Under which name a text stood, what was made of it does not tell: for that, the files are read
once more, as far as the first record that has it where the mapping says.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.pipeline import UNKNOWN
from libya_news.records import Drop, RawArticle
from libya_news.sources import CONTENT, Readings, SourceFile, Strict, read_file

from .rows import cells

_IN_VAIN: Final = "None of the %s articles got its %s from the field %r that it is mapped to. Check name and values."

_NO_TEXT: Final = "No record got its %s from the field %r that it is mapped to. The first: %s: %s."

_LACKING: Final = ("no text", "wrong schema")
"""Why records that lack what is mapped are dropped where only that is read."""

_NOTHING: Final[tuple[Any, ...]] = (None, [], UNKNOWN)
"""What a column has where nobody says anything."""


def watched(results: Iterable[pa.RecordBatch], readings: Readings) -> Iterator[pa.RecordBatch]:
    """The same batches of ``RESULTS``; behind the last, a warning for each field that a mapping names in vain.

    Args:
        results: what was made of articles.
        readings: how their files were read.
    """
    lacking = {pair: 0 for pair in readings.mapped() if pair[0] not in CONTENT}
    reading_of = lru_cache(readings.of_file)
    for batch in results:
        articles = batch.filter(batch["source"].is_valid()) if lacking else batch
        for ours, theirs in list(lacking):
            mapped = [reading_of(source).fields.get(ours) == theirs for source in cells(articles, "source").to_pylist()]
            rows = articles.filter(pa.array(mapped, pa.bool_()))
            lacking[ours, theirs] += rows.num_rows
            if _is_said(rows, ours):
                del lacking[ours, theirs]
        yield batch
    for (ours, theirs), count in lacking.items():
        if count:
            logging.getLogger("libya_news").warning(_IN_VAIN, f"{count:,}", ours, theirs)


def _is_said(rows: pa.RecordBatch, field: str) -> bool:
    """Whether a column has anything in it, and not only languages that were guessed from the texts."""
    if field == "language":
        rows = rows.filter(pc.is_null(rows["language_confidence"]))
    return any(value not in _NOTHING for value in cells(rows, field).to_pylist())


def warn_of_texts(files: Iterable[SourceFile]) -> None:
    """Log under which of the names that a mapping gives to texts or pages no record has any, so that all are others.

    What lies behind a URL is not fetched once more for that.
    """
    mapped: dict[tuple[str, str], list[SourceFile]] = {}
    for file in files:
        for ours in file.reading.fields.keys() & CONTENT if isinstance(file.path, Path) else ():
            mapped.setdefault((ours, file.reading.fields[ours]), []).append(file)
    for (ours, theirs), some in sorted(mapped.items()):
        if first := _first_without(some, ours, theirs):
            logging.getLogger("libya_news").warning(_NO_TEXT, ours, theirs, first.id, first.reason)


def _first_without(files: Iterable[SourceFile], ours: str, theirs: str) -> Drop | None:
    """The first record of some files that has nothing under a name, if none has anything."""
    first = None
    for file in files:
        reading = Strict({ours: theirs}, max_document_bytes=file.reading.max_document_bytes)
        for item in read_file(replace(file, reading=reading)):
            if isinstance(item, RawArticle) and item.position:
                return None
            if first is None and isinstance(item, Drop) and item.reason.startswith(_LACKING):
                first = item
    return first
