"""Articles from Arrow record batches, as Parquet and Arrow files give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.records import Drop, RawArticle

from ._fields import OF_A_RELEASE, article_from, as_usual, listed, names_in
from ._nested import MAX_DEPTH, brought_up
from ._streams import Budget, OpenFile, Refused

BROKEN_TABLE: Final = (pa.ArrowException, OSError, ValueError, MemoryError)
"""What reading a damaged file raises: names that are no UTF-8, and sizes beyond all memory, too."""

BATCH_ROWS: Final = 64
"""Rows that are unpacked at once: few, since each may be as large as a document may be."""

BATCH_BYTES: Final = 1 << 26
"""Bytes of values that are unpacked at once, or one row: as many as a document may have."""

ROW_BYTES: Final = 1 << 10
"""What a row costs, whatever is in it: an article or a drop takes about so much memory. Half a million rows of nothing
fit into some hundred bytes of a file, and a drop is made of each."""

_VALUE_BYTES: Final = 16
"""Of a number, a time, or one more text in a list."""

_OBJECT_BYTES: Final = 1 << 8
"""Of an object beside its values: Python takes some 200 for one of few names."""


def wanted(schema: pa.Schema, file: OpenFile) -> list[str]:
    """The columns that an article is made of; of those of the same name, the first is meant.

    Raises:
        Refused: none holds its text.
    """
    called = as_usual(schema.names, file.reading)
    kinds = dict(zip(reversed(called), reversed(schema.types), strict=True))
    inside = {name: kind for name in file.reading.fields.values() if (kind := _inside(kinds, name))}
    kinds = {**inside, **kinds}
    names = names_in(kinds, file.reading)
    texts = [name for name in (*names["text"], *names["html"]) if name in kinds]
    if not texts:
        raise Refused(f"wrong schema: no column of text; there are {listed(schema.names)}"[:500])
    if not any(_is_text(_single(kinds[name])) for name in texts):
        raise Refused(f"wrong schema: column {listed(texts[:1])} holds {listed([str(kinds[texts[0]])])}, not text")
    known = OF_A_RELEASE.union(*names.values(), (name.partition(".")[0] for name in inside))
    columns = dict(zip(reversed(called), reversed(schema.names), strict=True))
    return [columns[name] for name in dict.fromkeys(called) if name in known and _is_read(kinds[name])]


def _inside(kinds: Mapping[str, Any], name: str) -> Any:
    """The kind of what dots in a name lead to, in structures of a table; None where there is none."""
    head, *path = name.split(".")
    kind = kinds.get(head) if path else None
    for part in path:
        fields = {field.name: field.type for field in kind} if kind and pa.types.is_struct(kind) else {}
        kind = fields.get(part)
    return kind


def _is_text(kind: Any) -> bool:
    while pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in (*tests, pa.types.is_string_view, pa.types.is_binary_view))


def _single(kind: Any) -> Any:
    """Of lists the kind of what is in them."""
    return kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind


def _is_read(kind: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether values of a kind say anything: texts, numbers and times, lists of them, and structures of all these.

    Others hold themselves many times, as maps and dictionaries of lists may.
    """
    kind = _single(kind)
    if pa.types.is_struct(kind):
        return depth > 0 and all(_is_read(field.type, depth - 1) for field in kind)
    return _is_text(kind) or pa.types.is_primitive(kind) or pa.types.is_decimal(kind)


def articles(
    batch: pa.RecordBatch, names: Sequence[str], file: OpenFile, first: int, budget: Budget
) -> Iterator[RawArticle | Drop]:
    """One article a row.

    Args:
        batch: the rows.
        names: the columns that are wanted.
        file: where they come from.
        first: the number of the batch's first row in its file.
        budget: what all values of the file spend.

    Raises:
        Refused: the values of all rows are more than the budget has.
    """
    columns = [batch.column(batch.schema.names.index(name)) for name in names]
    called = as_usual(names, file.reading)
    for start, end in pairwise(_parts(batch, columns, budget)):
        values = [_values(column.slice(start, end - start)) for column in columns]
        for number, row in enumerate(zip(*values, strict=True), start=first + start):
            record = brought_up(dict(zip(called, row, strict=True)), file.reading.fields.values())
            yield article_from(record, file, str(number))


def _parts(batch: pa.RecordBatch, columns: list[Any], budget: Budget) -> list[int]:
    """Where parts that are unpacked at once begin, and where the last one ends; all of their bytes are spent."""
    is_small = batch.num_rows <= BATCH_ROWS and batch.nbytes <= BATCH_BYTES
    if is_small and not any(_is_dense(column.type) for column in columns):
        budget.spend(batch.nbytes + ROW_BYTES * batch.num_rows)
        return [0, batch.num_rows]
    sizes = sum((_sizes(column) for column in columns), np.full(batch.num_rows, ROW_BYTES, np.int64))
    budget.spend(int(sizes.sum()))
    return _bounds(sizes)


def _is_dense(kind: Any) -> bool:
    """Whether values may take far more than the bytes of their column: several rows may have the same ones, each object
    has names, and of truth values eight are in a byte.
    """
    kind = _single(kind)
    tests = (pa.types.is_dictionary, pa.types.is_string_view, pa.types.is_binary_view, pa.types.is_struct)
    return any(test(kind) for test in (*tests, pa.types.is_boolean))


def _bounds(sizes: npt.NDArray[np.int64]) -> list[int]:
    """Where parts of some rows begin, each of ``BATCH_ROWS`` and ``BATCH_BYTES`` or little more, and where all end."""
    bytes_, rows = sizes.cumsum() // BATCH_BYTES, np.arange(len(sizes)) // BATCH_ROWS
    inner = np.flatnonzero(np.diff(bytes_) | np.diff(rows)) + 1
    return [0, *map(int, inner), len(sizes)]


def _sizes(column: Any) -> npt.NDArray[np.int64]:
    """About how many bytes the value of each row takes, where the same bytes are counted for each row that has them."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        chosen, at = np.unique(_numbers(column.indices), return_inverse=True)
        known = column.dictionary.take(pa.array(chosen)) if len(column.dictionary) else pa.nulls(len(chosen))
        return _sizes(known)[at]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.cumsum(lengths := _numbers(column.value_lengths()))
        sums = np.concatenate([[0], np.cumsum(_sizes(column.flatten()) + _VALUE_BYTES)])
        return np.asarray(sums[ends] - sums[ends - lengths], np.int64)
    if pa.types.is_struct(kind):
        return sum(map(_sizes, column.flatten()), np.full(len(column), _OBJECT_BYTES, np.int64))
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _viewed(column)
    return _numbers(pc.binary_length(column)) if _is_text(kind) else np.full(len(column), _VALUE_BYTES, np.int64)


def _viewed(column: Any) -> npt.NDArray[np.int64]:
    """The lengths of views: each has 16 bytes, which begin with it."""
    buffer, start = column.buffers()[1], column.offset
    lengths = np.frombuffer(buffer, np.int32)[4 * start : 4 * (start + len(column)) : 4]
    return np.where(column.is_valid().to_numpy(zero_copy_only=False), lengths, 0).astype(np.int64)


def _numbers(column: Any) -> npt.NDArray[np.int64]:
    return np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def _values(column: Any) -> list[Any]:
    """The values of a column; where Python has no such value (a time in the year 275760, or in no known zone), none."""
    try:
        values: list[Any] = column.to_pylist()
    except _NO_VALUE:
        values = [_value(scalar) for scalar in column]
    return values


_NO_VALUE: Final = (ValueError, ArithmeticError, LookupError, TypeError, NotImplementedError, pa.ArrowException)
"""What pyarrow and what it asks about time zones raise for a value."""


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except _NO_VALUE:
        return None
