"""Near-duplicates of a whole release: found once, for its splits, for the column ``cluster``, or to leave them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.corpus import near_duplicates
from libya_news.corpus.near_duplicates import Pair
from libya_news.corpus.signatures import BANDS, Bands, signatures
from libya_news.errors import UsageError

from . import drops
from .rows import cells
from .shelf import Positions, Selection

WAYS: Final = ("mark", "keep", "drop")

_NEVER: Final = datetime.max.replace(tzinfo=timezone.utc)


class Clusters(NamedTuple):
    """The near-duplicates among articles.

    Attributes:
        pairs: positions of all that are near-duplicates of each other.
        heads: for each article the first of its cluster.
    """

    pairs: list[Pair]
    heads: list[int]


def checked(dedup: str) -> str:
    """What to do with near-duplicates, where it is one of ``WAYS``.

    Raises:
        UsageError: it is none.
    """
    if dedup not in WAYS:
        raise UsageError(f"{dedup!r} does not say what to do with near-duplicates.", f"Give one of: {', '.join(WAYS)}.")
    return dedup


def find(articles: Selection) -> Clusters:
    """The near-duplicates among articles, of which some thousand are in memory at once."""
    pairs = near_duplicates.pairs_of(_signatures(articles), articles.texts)
    return Clusters(pairs, near_duplicates.clusters(len(articles), pairs))


def _signatures(articles: Selection) -> Bands:
    """The signatures of all articles; of those without one, which come from a release, they are made."""
    found = articles.column("signature")
    if found.null_count:
        return signatures(text for batch in articles.select("text") for text in cells(batch, "text").to_pylist())
    kept = found.cast(pa.binary(4 * BANDS))
    chunks = kept.chunks if isinstance(kept, pa.ChunkedArray) else [kept]
    return np.concatenate([np.empty((0, BANDS), np.uint32), *map(_bands, chunks)])


def _bands(chunk: Any) -> Bands:
    """Signatures where they lie: a list of them takes several times as much memory."""
    data = chunk.buffers()[1]
    rows = np.frombuffer(data, np.uint32) if data else np.empty(0, np.uint32)
    return rows.reshape(-1, BANDS)[chunk.offset :][: len(chunk)]


def deduplicated(articles: Selection, dedup: str) -> tuple[Selection, pa.RecordBatch, Clusters | None]:
    """The articles that are left, drops for the others as a batch, and what was found.

    Args:
        articles: in the order of their ids.
        dedup: ``mark`` names for each article its representative, ``drop`` leaves the representatives alone, ``keep``
            looks for nothing.
    """
    if dedup == "keep":
        return articles, drops.rows(()), None
    found = find(articles)
    stands_for = representatives(articles, found.heads)
    ids = articles.column("article_id")
    marked = replace(articles, clusters=ids.take(pa.array(stands_for)))
    if dedup == "mark":
        return marked, drops.rows(()), found
    is_other = stands_for != np.arange(len(stands_for))
    own, other = (column.filter(pa.array(is_other)) for column in (ids, marked.clusters))
    reasons = pc.binary_join_element_wise("near-duplicate: of ", other, "")
    left = np.flatnonzero(~is_other)
    dropped = drops.at_stage(own, "release", reasons)
    return marked.chosen(left), dropped, Clusters([], list(range(len(left))))


def representatives(articles: Selection, heads: Sequence[int]) -> Positions:
    """For each article the position of the one that stands for its cluster.

    That is the earliest published; where none has a date, the longest; of several, the one whose id comes first.
    """
    head = np.asarray(heads, np.int64)
    members = np.flatnonzero(np.isin(head, head[head != np.arange(len(head))]))
    best: dict[int, tuple[datetime, int, str, int]] = {}
    told = (row for batch in articles.chosen(members).select(*_TOLD) for row in _told(batch))
    for index, (date, size, id_) in zip(members.tolist(), told, strict=True):
        key = (date or _NEVER, -size, id_, index)
        best[heads[index]] = min(key, best.get(heads[index], key))
    found = np.arange(len(head))
    found[members] = [best[heads[index]][-1] for index in members.tolist()]
    return found


_TOLD: Final = ("published_at", "text", "article_id")


def _told(batch: pa.RecordBatch) -> Iterator[tuple[datetime | None, int, str]]:
    columns = (cells(batch, "published_at"), pc.utf8_length(cells(batch, "text")), cells(batch, "article_id"))
    return zip(*(column.to_pylist() for column in columns), strict=True)
