"""Articles from Arrow record batches, as Parquet and Arrow files give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from libya_news.records import Drop, RawArticle

from ._fields import OF_A_RELEASE, article_from, names_in
from ._streams import OpenFile, Refused

BROKEN_TABLE: Final = (pa.ArrowException, OSError, ValueError, MemoryError)
"""What reading a damaged file raises: names that are no UTF-8, and sizes beyond all memory, too."""

BATCH_ROWS: Final = 64
"""Rows that are unpacked at once: few, since each may be as large as a document may be."""


def wanted(schema: pa.Schema, file: OpenFile) -> list[str]:
    """The columns that an article is made of.

    Raises:
        Refused: none holds its text.
    """
    names = names_in(dict.fromkeys(schema.names), file.reading)
    texts = [name for name in (*names["text"], *names["html"]) if name in schema.names]
    if not texts:
        raise Refused(f"wrong schema: no column of text; there are {', '.join(schema.names)}"[:500])
    if not any(_is_text(schema.field(name).type) for name in texts):
        raise Refused(f"wrong schema: column {texts[0]} holds {schema.field(texts[0]).type}, not text")
    known = OF_A_RELEASE.union(*names.values())
    return [field.name for field in schema if field.name in known]


def _is_text(kind: Any) -> bool:
    while pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in (*tests, pa.types.is_string_view, pa.types.is_binary_view))


def articles(batch: pa.RecordBatch, file: OpenFile, first: int) -> Iterator[RawArticle | Drop]:
    """One article a row; ``first`` is the number of the batch's first row in its file."""
    columns = [_values(column) for column in batch.columns]
    for number, row in enumerate(zip(*columns, strict=True), start=first):
        yield article_from(dict(zip(batch.schema.names, row, strict=True)), file, str(number))


def _values(column: Any) -> list[Any]:
    """The values of a column; where Python has no such value (a time in the year 275760), none."""
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, ArithmeticError):
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, ArithmeticError):
        return None
