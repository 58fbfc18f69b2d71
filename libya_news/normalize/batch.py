"""``normalize`` over an Arrow array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libya_news.records import Normalized

from .api import normalize
from .options import NormalizeOptions

if TYPE_CHECKING:
    import pyarrow as pa


def normalize_batch(data: pa.Array[Any], options: NormalizeOptions | None = None) -> list[Normalized | None]:
    """``normalize`` for each text or binary value of an Arrow array, in order; None for null.

    >>> import pyarrow as pa
    >>> [n and n.text for n in normalize_batch(pa.array(["a\\xa0b", None]))]
    ['a b', None]
    """
    return [None if value is None else normalize(value, options) for value in data.to_pylist()]
