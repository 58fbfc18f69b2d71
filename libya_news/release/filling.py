"""Filling a shelf: the articles in the order of their ids, and the drops; and which articles have the same text."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.records import Drop

from . import drops
from .rows import ARTICLES_AT_ONCE, cells
from .shelf import Positions, Selection, Shelf


def fill(
    shelf: Shelf, results: Iterable[pa.RecordBatch], dropped: Iterable[Drop] = ()
) -> tuple[Selection, Collection[Drop]]:
    """Put the articles in batches of ``RESULTS`` on an empty shelf, and return them and the drops, which lie beside it.

    The articles are in the order of their ids. In what order they came does not matter.

    Args:
        shelf: empty.
        results: what was made of articles.
        dropped: what was dropped before.

    Raises:
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with contextlib.closing(drops.shelf(shelf.folder)) as beside:
        beside.add(drops.rows(dropped))
        came = shelf.take_in(_without_drops(results, beside.add))
        beside.take_in(())
    return _sorted(came), drops.on_shelf(beside)


def _without_drops(
    results: Iterable[pa.RecordBatch], dropped: Callable[[pa.RecordBatch], None]
) -> Iterator[pa.RecordBatch]:
    """The batches without what was dropped, which goes another way."""
    for batch in results:
        if len(told := cells(batch, "drop").drop_null()):
            dropped(pa.RecordBatch.from_arrays(told.flatten(), schema=drops.SCHEMA))
        yield batch if batch["drop"].null_count == batch.num_rows else batch.filter(batch["drop"].is_null())


def _sorted(came: Selection) -> Selection:
    ids, sources = (came.shelf.column(name) for name in ("article_id", "source"))
    keys = pa.table({"id": ids, "source": sources, "said": _said(came, ids), "number": pa.array(came.numbers)})
    order: Any = pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
    return came.chosen(np.asarray(order, np.int64))


def distinct(articles: Selection) -> tuple[Selection, Iterator[pa.RecordBatch]]:
    """The articles without those whose text another has, and drops of these, some thousand at a time.

    Of those with the same text the one that was published first stays; of equals the first.
    """
    codes = np.asarray(articles.column("text_sha256").dictionary_encode().indices)
    first = _earliest(codes, articles.column("published_at"))
    twins = np.flatnonzero(first[codes] != np.arange(len(codes)))
    return articles.chosen(np.sort(first)), _twins(articles, twins, first[codes[twins]])


def _twins(articles: Selection, twins: Positions, stand_for: Positions) -> Iterator[pa.RecordBatch]:
    if not len(twins):
        return
    ids, sources = (articles.column(name) for name in ("article_id", "source"))
    for at in range(0, len(twins), drops.AT_ONCE):
        own, other = (pa.array(some[at : at + drops.AT_ONCE]) for some in (twins, stand_for))
        told = ("duplicate: ", sources.take(own), " has the same text as ", ids.take(other))
        reasons = pc.binary_join_element_wise(*told, " from ", sources.take(other), "")
        yield drops.at_stage(ids.take(own), "release", reasons)


def _earliest(codes: npt.NDArray[Any], published_at: Any) -> Positions:
    """Of the positions with each code, the one that was published first; of equals the first, undated ones last."""
    dates = pc.fill_null(published_at.cast(pa.int64()), np.iinfo(np.int64).max)
    by_code = np.lexsort((np.asarray(dates), codes))
    return np.asarray(by_code[np.unique(codes[by_code], return_index=True)[1]])


_SAID: Final = (
    "url",
    "publisher",
    "title",
    "authors",
    "published_at",
    "language",
    "encoding",
    "text_sha256",
    "licence",
    "rights_holder",
    "terms",
)
"""What can be said otherwise of an article that is the same as found; all else is made of this and of its text."""


def _said(came: Selection, ids: Any) -> Any:
    """Of articles that share their id, which is rare, a hash of all that can tell them apart."""
    codes = np.asarray(ids.dictionary_encode().indices)
    shared = np.flatnonzero(np.bincount(codes)[codes] > 1)
    said = np.full(len(codes), b"", "S32")
    for some in np.array_split(shared, -(-len(shared) // ARTICLES_AT_ONCE)) if len(shared) else ():
        rows = came.shelf.take(some, _SAID).to_pylist()
        said[some] = [hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest() for row in rows]
    return pa.array(said, pa.binary())
