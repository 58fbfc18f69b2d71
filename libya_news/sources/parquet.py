"""Parquet: every row is an article."""

from __future__ import annotations

from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._streams import OpenFile


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a row; a row group with corrupt pages is dropped from its first broken batch on."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that other formats do not need

    from ._columns import BATCH_ROWS, BROKEN_TABLE, articles, wanted  # noqa: PLC0415

    with file.seekable() as stream:
        try:
            table = pq.ParquetFile(stream, page_checksum_verification=True)
            columns = wanted(table.schema_arrow, file)
        except BROKEN_TABLE as error:
            yield Drop(file.name, "read", f"broken Parquet: {_line(error)}")
            return
        first = 1
        for group in range(table.num_row_groups):
            number = first
            try:
                for batch in table.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False):
                    batch.validate(full=True)
                    yield from articles(batch, file, number)
                    number += batch.num_rows
            except BROKEN_TABLE as error:
                yield Drop(f"{file.name}:{number}", "read", f"broken Parquet: row group {group + 1}: {_line(error)}")
            first += table.metadata.row_group(group).num_rows


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
