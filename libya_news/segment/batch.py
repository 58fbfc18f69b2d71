"""``segment`` over an Arrow array."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pyarrow as pa

from libya_news.records import Segment

from . import segment_all
from ._site import SiteProfile

_TYPES = (pa.int64(), pa.int64(), pa.string(), pa.string(), pa.float32(), pa.string())


def batch(
    texts: pa.Array[Any], titles: pa.Array[Any] | None, language: str | None, site: SiteProfile | None, model: str
) -> pa.Array[Any]:
    """See ``segment_batch``."""
    known = texts.is_valid()
    found = list(
        segment_all(
            map(str, texts.filter(known).to_pylist()),
            titles=None if titles is None else titles.filter(known).to_pylist(),
            language=language,
            site=site,
            model=model,
        )
    )
    columns = list(zip(*chain.from_iterable(found), strict=True)) or [()] * len(_TYPES)
    values = pa.StructArray.from_arrays(
        [pa.array(column, type_) for column, type_ in zip(columns, _TYPES, strict=True)], list(Segment._fields)
    )
    sizes = iter(map(len, found))
    offsets, at = [], 0
    for valid in known.to_pylist():
        offsets.append(at if valid else None)
        at += next(sizes) if valid else 0
    return pa.ListArray.from_arrays(pa.array([*offsets, at], pa.int32()), values)
