"""Arrow IPC, as files and as streams: every row is an article."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final

from libya_news.records import Drop, RawArticle

from ._ipc import unpacked_size
from ._streams import Budget, OpenFile

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"ARROW1\0\0"
"""What a file has before the stream that it is, behind which it lists where each batch lies."""


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a row; from the first broken batch on, the file is dropped."""
    from ._columns import BROKEN_TABLE, articles, wanted  # noqa: PLC0415 - half a second of pyarrow

    budget = Budget(file.size, file.budget)
    first = 1
    with file.seekable() as stream:
        try:
            for batch in _batches(stream, Budget(file.size)):
                batch.validate(full=True)
                columns = wanted(batch.schema, file)
                budget.spend(_dictionaries(batch))
                yield from articles(batch, columns, file, first, budget)
                first += batch.num_rows
        except BROKEN_TABLE as error:
            yield Drop(f"{file.name}:{first}", "read", f"broken Arrow: {' '.join(str(error).split())[:300]}")


def _batches(stream: IO[bytes], budget: Budget) -> Iterator[pa.RecordBatch]:
    """The batches in their order. Each is unpacked as a whole, and before that what it says of its size is spent.

    Raises:
        ValueError: there are not as many as the end of the file lists.
    """
    import pyarrow as pa  # noqa: PLC0415

    source: Any = stream
    is_file = stream.read(len(MAGIC)) == MAGIC
    listed = pa.ipc.open_file(source).num_record_batches if is_file else None
    stream.seek(len(MAGIC) if is_file else 0)
    reader = pa.ipc.open_stream(source)
    for number in count():
        budget.spend(unpacked_size(stream))
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            if listed not in (None, number):
                raise ValueError(f"{number} of {listed} batches") from None
            return
        yield batch


def _dictionaries(batch: pa.RecordBatch) -> int:
    """Bytes of the dictionaries of a batch: they are checked with each that has them."""
    columns: list[Any] = batch.columns
    return sum(column.dictionary.nbytes for column in columns if hasattr(column, "dictionary"))
