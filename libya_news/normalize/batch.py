"""``normalize`` over an Arrow array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libya_news.records import Normalized

from .api import normalize
from .options import NormalizeOptions
from .sieve import needed

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 4096
"""Characters of short texts that are scanned together. Beyond that, what a scan costs in itself is small beside what
it reads; and the more texts, the likelier one of them needs something, so that each is scanned again. A choice."""


def normalize_batch(data: pa.Array[Any], options: NormalizeOptions | None = None) -> list[Normalized | None]:
    """``normalize`` for each text or binary value of an Arrow array, in order; None for null.

    Short texts are scanned many at a time, and only where something is found one by one.

    >>> import pyarrow as pa
    >>> [n and n.text for n in normalize_batch(pa.array(["a\\xa0b", None]))]
    ['a b', None]
    """
    values = data.to_pylist()
    if not values or any(isinstance(value, bytes) for value in values):
        return [None if value is None else normalize(value, options) for value in values]
    return [done for block in _blocks(values) for done in _block(block, options)]


def _blocks(texts: Sequence[str | None]) -> Iterator[Sequence[str | None]]:
    """Runs of texts of ``BLOCK`` characters or a little more."""
    start = length = 0
    for end, text in enumerate(texts, 1):
        length += len(text or "")
        if length >= BLOCK or end == len(texts):
            yield texts[start:end]
            start, length = end, 0


def _block(texts: Sequence[str | None], options: NormalizeOptions | None) -> list[Normalized | None]:
    # At its edges a text needs the same as at a line's edges, so what the joined lines do not need no text does.
    if len(texts) > 1 and not needed("\n".join(text or "" for text in texts)):
        return [None if text is None else Normalized(text) for text in texts]
    return [None if text is None else normalize(text, options) for text in texts]
