"""Parquet: every row is an article."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

from libya_news.records import Drop, RawArticle

from ._streams import Budget, OpenFile, Refused

MAX_DICTIONARY: Final = 1 << 23
"""Bytes of the dictionary of a column that is to be read as one: it is copied for every few rows. Categories have some
thousands; where texts are kept in a dictionary to save space, the columns are of text and have no limit."""


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a row; a row group with corrupt pages is dropped from its first broken batch on."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that other formats do not need

    from ._columns import BROKEN_TABLE, articles, wanted  # noqa: PLC0415

    budget = Budget(file.size, file.budget)
    with file.seekable() as stream:
        try:
            table = pq.ParquetFile(stream, page_checksum_verification=True)
            columns = wanted(table.schema_arrow, file)
            Budget(file.size).spend(_declared(table.metadata))
        except BROKEN_TABLE as error:
            yield Drop(file.name, "read", f"broken Parquet: {_line(error)}")
            return
        first = 1
        for group in range(table.num_row_groups):
            number = first
            try:
                rows = _rows_at_once(stream, table, group, columns)
                for batch in table.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
                    batch.validate(full=True)
                    yield from articles(batch, columns, file, number, budget)
                    number += batch.num_rows
            except BROKEN_TABLE as error:
                yield Drop(f"{file.name}:{number}", "read", f"broken Parquet: row group {group + 1}: {_line(error)}")
            first += table.metadata.row_group(group).num_rows


def _declared(metadata: Any) -> int:
    """What the file says that it unpacks to, so that a bomb is told before any of it is read."""
    from ._columns import ROW_BYTES  # noqa: PLC0415

    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return sum(max(0, group.total_byte_size) + ROW_BYTES * max(0, group.num_rows) for group in groups)


def _rows_at_once(stream: IO[bytes], table: Any, group: int, columns: Sequence[str]) -> int:
    """How many rows of a group are unpacked at once: fewer where they are large, or where each may be the largest value
    of a dictionary.

    Raises:
        Refused: a column of categories has a dictionary beyond ``MAX_DICTIONARY``.
    """
    from ._columns import BATCH_BYTES, BATCH_ROWS  # noqa: PLC0415

    described = table.metadata.row_group(group)
    largest = described.total_byte_size // max(1, described.num_rows)
    for number in range(described.num_columns):
        chunk = described.column(number)
        name = chunk.path_in_schema.partition(".")[0]
        if name in columns:
            size = _dictionary_bytes(stream, chunk)
            largest = max(largest, size)
            if size > MAX_DICTIONARY and "dictionary<" in str(table.schema_arrow.types[_place(table, name)]):
                raise Refused(f"bomb: a dictionary of {size:,} bytes, where {MAX_DICTIONARY:,} are allowed")
    return int(min(BATCH_ROWS, max(1, BATCH_BYTES // max(1, largest))))


def _place(table: Any, name: str) -> int:
    return int(table.schema_arrow.names.index(name))


def _dictionary_bytes(stream: IO[bytes], chunk: Any) -> int:
    """What the dictionary of a column unpacks to, by the header of its page, the first one; 0 where it has none."""
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
        start = chunk.dictionary_page_offset
    stream.seek(start)
    kind, size = page_header(stream.read(12)) or (DICTIONARY_PAGE, chunk.total_uncompressed_size)
    return max(0, size) if kind == DICTIONARY_PAGE else 0


DICTIONARY_PAGE: Final = 2
_NEXT_I32: Final = 0x15
"""In Thrift's compact protocol: the next field, a number of 32 bits."""


def page_header(data: bytes) -> tuple[int, int] | None:
    """The kind of a page and the bytes that it unpacks to, the first two fields of its header; None if it has others.

    >>> page_header(bytes([0x15, 0x04, 0x15, 0x80, 0x02]))
    (2, 128)
    >>> page_header(b"no")
    """
    found, at = [], 0
    for _ in range(2):
        if at >= len(data) or data[at] != _NEXT_I32:
            return None
        end = next((end for end in range(at + 1, len(data)) if data[end] < 0x80), len(data))
        number = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data[at + 1 : end + 1]))
        found.append(number // 2 if number % 2 == 0 else -(number // 2) - 1)
        at = end + 1
    return found[0], found[1]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
