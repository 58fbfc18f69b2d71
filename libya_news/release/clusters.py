"""Near-duplicates of a whole release: found once, for its splits, for the column ``cluster``, or to leave them out."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

import numpy as np

from libya_news.corpus import near_duplicates
from libya_news.corpus.near_duplicates import Pair
from libya_news.corpus.signatures import BANDS, Bands, signatures
from libya_news.errors import UsageError
from libya_news.records import Article, Drop

from .shelf import Chosen

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


def find(articles: Sequence[Article]) -> Clusters:
    """The near-duplicates among articles, of which some thousand are in memory at once."""
    pairs = near_duplicates.pairs(Texts(articles), _signatures(articles))
    return Clusters(pairs, near_duplicates.clusters(len(articles), pairs))


def _signatures(articles: Sequence[Article]) -> Bands:
    """The signatures of all articles; of those without one, which come from a release, they are made."""
    found = np.empty((len(articles), BANDS), np.uint32)
    for number, article in enumerate(articles):
        known = article.signature
        found[number] = np.frombuffer(known, np.uint32) if known else signatures([article.text])[0]
    return found


class Texts(Sequence[str]):
    """The texts of some articles, taken from them when they are asked for."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles

    def __len__(self) -> int:
        return len(self._articles)

    def __getitem__(self, index: Any) -> Any:
        return self._articles[index].text


def deduplicated(articles: Sequence[Article], dedup: str) -> tuple[Sequence[Article], list[Drop], Clusters | None]:
    """The articles that are left, drops for the others, and what was found.

    Args:
        articles: in the order of their ids.
        dedup: ``mark`` names for each article its representative, ``drop`` leaves the representatives alone, ``keep``
            looks for nothing.
    """
    if dedup == "keep":
        return articles, [], None
    found = find(articles)
    stands_for = representatives(articles, found.heads)
    if dedup == "mark":
        return _Marked(articles, stands_for), [], found
    left = [index for index, other in enumerate(stands_for) if index == other]
    drops = [
        Drop(articles[index].id, "release", f"near-duplicate: of {articles[other].id}")
        for index, other in enumerate(stands_for)
        if index != other
    ]
    return _Marked(Chosen(articles, left), range(len(left))), drops, Clusters([], list(range(len(left))))


def representatives(articles: Sequence[Article], heads: Sequence[int]) -> Sequence[int]:
    """For each article the position of the one that stands for its cluster.

    That is the earliest published; where none has a date, the longest; of several, the one whose id comes first.
    """
    best: dict[int, tuple[datetime, int, str, int]] = {}
    shared = _shared(heads)
    for index, head in enumerate(heads):
        if head in shared:
            article = articles[index]
            key = (article.published_at or _NEVER, -len(article.text), article.id, index)
            best[head] = min(key, best.get(head, key))
    return array("q", (best[head][-1] if head in shared else index for index, head in enumerate(heads)))


def _shared(heads: Sequence[int]) -> set[int]:
    """The heads of more than one article."""
    return {head for index, head in enumerate(heads) if index != head}


class _Marked(Sequence[Article]):
    """Articles that name the representative of their cluster."""

    def __init__(self, articles: Sequence[Article], stands_for: Sequence[int]) -> None:
        self._articles, self._stands_for = articles, stands_for
        self._names = {other: articles[other].id for index, other in enumerate(stands_for) if index != other}

    def __len__(self) -> int:
        return len(self._articles)

    def __getitem__(self, index: Any) -> Any:
        article: Article = self._articles[index]
        return replace(article, cluster=self._names.get(self._stands_for[index], article.id))
