"""Which texts are near-duplicates of each other: wire copies, reposts, the same story under another dateline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

SHINGLE_WORDS: Final = 5
"""Words of a shingle, the unit in which two texts are compared; five in a row are seldom shared by chance."""

THRESHOLD: Final = 0.5
"""Share of common shingles (Jaccard) from which two texts are near-duplicates. Of the 1,228 documents of the raw
corpora, each pair looked at from 0.50 up is one story twice; those below repeat the background of another story."""

ROWS_PER_BAND: Final = 3
BANDS: Final = 48
"""How signatures are cut for the search: a pair at the threshold is a candidate with 1 - (1 - 0.5³)⁴⁸ = 99.8 %."""

SEED: Final = 1
"""Seed of the hash functions, so that the same texts always give the same candidates."""

SHINGLED: Final = 1_000
"""Texts whose shingles are in memory at once: some 50 MB."""

_WORD: Final = re.compile(r"\w+")


class Pair(NamedTuple):
    """Two near-duplicates.

    Attributes:
        first, second: positions of the texts; ``first < second``.
        similarity: Jaccard similarity of their sets of shingles, ``THRESHOLD`` to 1.
    """

    first: int
    second: int
    similarity: float


def grams(text: str, size: int) -> Iterator[str]:
    """All runs of ``size`` words, case folded, punctuation left out; of a shorter text, the whole as one.

    >>> list(grams("Talks end, in Moscow", 3))
    ['talks end in', 'end in moscow']
    """
    words = _WORD.findall(text.casefold())
    return (" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1)))


def similarity(first: str, second: str) -> float:
    """Jaccard similarity of the sets of shingles of two texts, 0 to 1.

    >>> similarity("Talks in Moscow end without a deal", "Talks in Moscow end without a deal.")
    1.0
    """
    return jaccard(shingles(first), shingles(second))


def shingles(text: str) -> frozenset[str]:
    """The set of shingles of a text.

    >>> sorted(shingles("Talks in Moscow end without a deal."))
    ['in moscow end without a', 'moscow end without a deal', 'talks in moscow end without']
    """
    return frozenset(grams(text, SHINGLE_WORDS))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Size of what two sets share, as a part of all that is in either; 0 to 1. One of them must hold something.

    >>> jaccard(frozenset("ab"), frozenset("bc"))
    0.3333333333333333
    """
    common = len(first & second)
    return common / (len(first) + len(second) - common)


def pairs(texts: Sequence[str]) -> list[Pair]:
    """All pairs of near-duplicates, in order.

    Method: MinHash signatures (Broder, SEQUENCES 1997) cut into bands (Leskovec, Rajaraman and Ullman, Mining of
    Massive Datasets, ch. 3) give candidates; each is then verified on the sets themselves, so that none is false.

    Args:
        texts: each is asked for once, and again where it is one of a candidate pair; so they need not be in memory,
            which takes some 200 bytes for each text.

    >>> pairs(["Talks in Moscow end today.", "Rebels in Brega", "Talks in Moscow end today"])
    [Pair(first=0, second=2, similarity=1.0)]
    """

    @lru_cache(maxsize=SHINGLED)
    def at(position: int) -> frozenset[str]:
        return shingles(texts[position])

    found = (Pair(i, j, jaccard(at(i), at(j))) for i, j in _candidates(_bands(texts)))
    return [pair for pair in found if pair.similarity >= THRESHOLD]


def _bands(texts: Sequence[str]) -> np.ndarray:
    """One row for each band, one column for each text: texts that agree in a band may be near-duplicates.

    The values of a band are hashed into 32 bits by a sum of products with odd numbers of 64 bits (Thorup, High Speed
    Hashing for Integers and Strings, 2015); the few that agree by chance do not pass the verification.
    """
    from rensa import RMinHash  # noqa: PLC0415 - a compiled library that only splits and erasures need

    factors = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
    bands = np.empty((BANDS, len(texts)), np.uint32)
    for start in range(0, len(texts), SHINGLED):
        sets = [sorted(shingles(texts[i])) for i in range(start, min(start + SHINGLED, len(texts)))]
        digests = np.array(RMinHash.digests_from_token_sets(sets, ROWS_PER_BAND * BANDS, SEED), np.uint64)
        hashed = (digests.reshape(len(sets), BANDS, ROWS_PER_BAND) * factors).sum(axis=2) >> np.uint64(32)
        bands[:, start : start + len(sets)] = hashed.T
    return bands


def _candidates(bands: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of columns that agree in a band, in order, each once."""
    size = bands.shape[1]
    found = [np.empty(0, np.int64)]
    for band in bands:
        order = np.argsort(band, kind="stable")
        values = band[order]
        for step in range(1, size):
            agree = values[step:] == values[:-step]
            if not agree.any():
                break
            found.append(order[:-step][agree] * size + order[step:][agree])
    codes = np.unique(np.concatenate(found))
    return zip((codes // max(1, size)).tolist(), (codes % max(1, size)).tolist(), strict=True)


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
