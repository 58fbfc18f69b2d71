"""Which texts are near-duplicates of each other: wire copies, reposts, the same story under another dateline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from libya_news._polynomials import Hashes

from .shingles import runs
from .signatures import SHINGLE_WORDS, Bands, signatures

THRESHOLD: Final = 0.5
"""Share of common shingles (Jaccard) from which two texts are near-duplicates. Of the 1,228 documents of the raw
corpora, each pair looked at from 0.50 up is one story twice; those below repeat the background of another story."""

VERIFIED: Final = 500
"""Candidates that are verified at once: the shingles of twice as many texts are in memory, some 5 MB."""

MOST_PAIRED: Final = 32
"""Texts that agree in a band of which each pair is looked at. Of more (the same page under a thousand addresses), each
is compared with the first of them and with the one before it, so that time and memory grow with their number alone."""


LISTED: Final = 1 << 16
"""Candidates that are listed at once; one takes ten times as much memory in a list as in an array."""


class Pair(NamedTuple):
    """Two near-duplicates.

    Attributes:
        first, second: positions of the texts; ``first < second``.
        similarity: Jaccard similarity of their sets of shingles, ``THRESHOLD`` to 1.
    """

    first: int
    second: int
    similarity: float


def similarity(first: str, second: str) -> float:
    """Jaccard similarity of the sets of shingles of two texts, 0 to 1.

    >>> similarity("Talks in Moscow end without a deal", "Talks in Moscow end without a deal.")
    1.0
    """
    return jaccard(shingles(first), shingles(second))


def shingles(text: str) -> Hashes:
    """The set of shingles of a text, as sorted hashes of 64 bits.

    >>> len(shingles("Talks in Moscow end without a deal."))
    3
    """
    return _shingled([text])[0]


def _shingled(texts: Iterable[str]) -> list[Hashes]:
    """The shingles of each text."""
    parts: dict[int, list[Hashes]] = {}
    for some in runs(texts, SHINGLE_WORDS):
        for owner, hashes in zip(some.owners, np.split(some.hashes, np.cumsum(some.counts)[:-1]), strict=True):
            parts.setdefault(owner, []).append(hashes)
    return [_set(np.concatenate(found)) for found in parts.values()]


def _set(hashes: Hashes) -> Hashes:
    """Each of them once, in order; for some hundred, NumPy's own way through a hash table takes twice as long."""
    ordered: Hashes = np.sort(hashes)
    once: Hashes = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return once


def jaccard(first: Hashes, second: Hashes) -> float:
    """Size of what two sets of sorted hashes share, as a part of all that is in either; 0 to 1. None may be empty.

    >>> jaccard(np.uint64([1, 2]), np.uint64([2, 3]))
    0.3333333333333333
    """
    places = np.searchsorted(second, first)
    common = int((second.take(places, mode="clip") == first).sum())
    return common / (len(first) + len(second) - common)


def pairs(texts: Sequence[str]) -> list[Pair]:
    """The pairs of near-duplicates, in order: all of them but where very many are alike (see ``MOST_PAIRED``).

    >>> pairs(["Talks in Moscow end today.", "Rebels in Brega", "Talks in Moscow end today"])
    [Pair(first=0, second=2, similarity=1.0)]
    """
    return pairs_of(signatures(texts), lambda positions: (texts[position] for position in positions))


def pairs_of(signed: Bands, texts_at: Callable[[Sequence[int]], Iterable[str]]) -> list[Pair]:
    """The same of texts that need not be in memory, but for some 200 bytes for each.

    Method: MinHash signatures give candidates (see ``signatures``); each is then verified on the sets of shingles
    themselves, so that none is false.

    Args:
        signed: the signatures of all texts.
        texts_at: gives the texts at some positions, in their order.
    """
    found: list[Pair] = []
    candidates = _candidates(signed)
    while some := list(islice(candidates, VERIFIED)):
        positions = sorted({position for pair in some for position in pair})
        known = dict(zip(positions, _shingled(texts_at(positions)), strict=True))
        compared = (Pair(i, j, jaccard(known[i], known[j])) for i, j in some)
        found += (pair for pair in compared if pair.similarity >= THRESHOLD)
    return found


def _candidates(bands: Bands) -> Iterator[tuple[int, int]]:
    """Pairs of texts that agree in a band, in order, each once; of very many that do, those that tie them together."""
    size = len(bands)
    found = [np.empty(0, np.int64)]
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        values = band[order]
        begins = np.flatnonzero(np.diff(values, prepend=values[:1] + 1))
        counts = np.diff(begins, append=size)
        agreeing = np.repeat(counts, counts)
        for step in range(1, min(size, MOST_PAIRED)):
            agree = (values[step:] == values[:-step]) & (agreeing[step:] <= MOST_PAIRED)
            if not agree.any():
                break
            found.append(order[:-step][agree] * size + order[step:][agree])
        many = np.flatnonzero(agreeing > MOST_PAIRED)
        first = np.repeat(begins, counts)[many]
        others = (first, np.maximum(many - 1, first))
        found += ((order[other] * size + order[many])[other < many] for other in others)
    codes = np.concatenate(found)
    found.clear()
    codes.sort()  # in place, and no more of it: of a million texts there may be a hundred million
    is_new = np.append(True, codes[1:] != codes[:-1])
    for start in range(0, len(codes), LISTED):
        some = codes[start : start + LISTED][is_new[start : start + LISTED]]
        yield from zip((some // size).tolist(), (some % size).tolist(), strict=True)


def clusters(count: int, found: Iterable[Pair]) -> list[int]:
    """For each of ``count`` texts, the first of those that it is tied to by pairs, over others too.

    >>> clusters(4, [Pair(1, 2, 0.9), Pair(2, 3, 0.6)])
    [0, 1, 1, 1]
    """
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    for pair in found:
        low, high = sorted((root(pair.first), root(pair.second)))
        parent[high] = low
    return [root(index) for index in range(count)]
