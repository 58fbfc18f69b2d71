"""Arrow IPC, as files and as streams: every row is an article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from libya_news.records import Drop, RawArticle

from ._streams import OpenFile

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"ARROW1"


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a row; from the first broken batch on, the file is dropped."""
    from ._columns import BATCH_ROWS, BROKEN_TABLE, articles, wanted  # noqa: PLC0415 - half a second of pyarrow

    head, file = file.sample(len(MAGIC))
    first = 1
    with file.seekable() as stream:
        try:
            for batch in _batches(stream, head == MAGIC):
                batch.validate(full=True)
                chosen = batch.select(wanted(batch.schema, file))
                for start in range(0, chosen.num_rows, BATCH_ROWS):
                    yield from articles(chosen.slice(start, BATCH_ROWS), file, first + start)
                first += chosen.num_rows
        except BROKEN_TABLE as error:
            yield Drop(f"{file.name}:{first}", "read", f"broken Arrow: {' '.join(str(error).split())[:300]}")


def _batches(stream: Any, is_file: bool) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415

    if not is_file:
        yield from pa.ipc.open_stream(stream)
        return
    reader = pa.ipc.open_file(stream)
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)
