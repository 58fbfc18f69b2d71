"""MinHash signatures of texts, by which near-duplicates find each other without being compared pair by pair.

The words of many texts are hashed at once, over arrays of characters, and five of them in a row make a shingle; a
library makes the signatures. They only propose candidates, which are then compared word by word, so here a word's case
is folded character by character and that is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

SHINGLE_WORDS: Final = 5
"""Words of a shingle, the unit in which two texts are compared; five in a row are seldom shared by chance."""

ROWS_PER_BAND: Final = 3
BANDS: Final = 48
"""How signatures are cut for the search: a pair at the threshold is a candidate with 1 - (1 - 0.5³)⁴⁸ = 99.8 %."""

SEED: Final = 1
"""Seed of the hash functions, so that the same texts always give the same candidates."""

PIECE: Final = 1 << 18
"""Characters that are looked at together, some 20 MB of arrays. A longer text is cut, and loses the few shingles that
span a cut: they decide nothing among so many."""

_PLANE: Final = 1 << 16
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.array([0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5, 0x85EBCA77C2B2AE63, 1], np.uint64)
"""Odd numbers, one for each word of a shingle, so that the order of words counts."""

Hashes = npt.NDArray[np.uint64]
Bands = npt.NDArray[np.uint32]
"""One row for each text, ``BANDS`` columns: texts that agree in a column may be near-duplicates."""


class _Piece(NamedTuple):
    owner: int
    text: str


def signatures(texts: Iterable[str]) -> Bands:
    """The signature of each text.

    Method: MinHash (Broder, SEQUENCES 1997) cut into bands (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
    ch. 3). The values of a band are hashed into 32 bits by a sum of products with odd numbers of 64 bits (Thorup, High
    Speed Hashing for Integers and Strings, 2015); the few that agree by chance do not pass the comparison.

    >>> first, second = signatures(["Talks in Moscow end, a source says.", "TALKS in Moscow end: a source says"])
    >>> bool((first == second).all())
    True
    """
    owners: list[int] = []
    least = [np.zeros((0, BANDS * ROWS_PER_BAND), np.uint32)]
    for pieces in _batches(_pieces(texts)):
        owners += [piece.owner for piece in pieces]
        least.append(_digests([piece.text for piece in pieces]))
    digests = np.concatenate(least)
    if owners and len(owners) > owners[-1] + 1:
        digests = np.minimum.reduceat(digests, np.unique(owners, return_index=True)[1], axis=0)
    factors = np.array([_ODD, *_MIX[:2]], np.uint64)
    by_band = digests.astype(np.uint64).reshape(len(digests), BANDS, ROWS_PER_BAND)
    return np.asarray((by_band * factors).sum(axis=2) >> np.uint64(32), np.uint32)


def _pieces(texts: Iterable[str]) -> Iterator[_Piece]:
    for owner, text in enumerate(texts):
        for start in range(0, max(len(text), 1), PIECE):
            yield _Piece(owner, text[start : start + PIECE])


def _batches(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    batch: list[_Piece] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece.text)
        if size >= PIECE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _digests(texts: Sequence[str]) -> Bands:
    """The least hashes of each text's shingles under ``BANDS * ROWS_PER_BAND`` hash functions."""
    from rensa import RMinHash  # noqa: PLC0415 - a compiled library that only a build needs

    hashes, count = _words(texts)
    of_text = np.maximum(count - SHINGLE_WORDS + 1, 1)
    ends = np.cumsum(of_text)
    begins = np.cumsum(count) - count
    at = np.arange(ends[-1]) + np.repeat(begins - (ends - of_text), of_text)
    inside = np.minimum(np.repeat(begins + count, of_text) - at, SHINGLE_WORDS)
    padded = np.concatenate([hashes, np.zeros(SHINGLE_WORDS, np.uint64)])
    shingles = np.zeros(len(at), np.uint64)
    for word, factor in enumerate(_MIX):
        shingles += np.where(word < inside, padded[at + word] * factor, np.uint64(0))
    offsets = np.concatenate([[0], ends]).astype(np.uint64)
    made = RMinHash.digest_matrix_from_flat_token_hashes(_mixed(shingles), offsets, BANDS * ROWS_PER_BAND, SEED)
    return np.array(made.to_rows(), np.uint32)


def _words(texts: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The hashes of the words of all texts, one after the other, and how many each has."""
    worded, small = _tables()
    joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    codes = np.minimum(np.frombuffer(joined, np.uint32), np.uint32(_PLANE - 1))
    inside = worded[codes]
    edges = np.flatnonzero(np.diff(inside, prepend=False))
    begins, ends = edges[::2], edges[1::2]  # by turns, since each text ends in a line feed
    lengths = ends - begins
    letters = small[codes[inside]].astype(np.uint64)
    first = np.cumsum(lengths) - lengths
    place = np.arange(len(letters)) - np.repeat(first, lengths)
    powers = np.cumprod(np.full(int(lengths.max(initial=1)), _ODD))
    hashes = np.add.reduceat(letters * powers[place], first) if len(first) else np.zeros(0, np.uint64)
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    found = np.searchsorted(begins, bounds)
    return _mixed(hashes), np.diff(found)


def _mixed(hashes: Hashes) -> Hashes:
    """Spread what differs over all bits: a sum of products changes the high bits more than the low ones."""
    mixed: Hashes = (hashes ^ (hashes >> np.uint64(29))) * _ODD
    return mixed ^ (mixed >> np.uint64(32))


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint32]]:
    """Of every character of the basic plane, whether it is part of a word, and its form without case."""
    plane = "".join(map(chr, range(_PLANE)))
    worded = np.zeros(_PLANE, np.bool_)
    for run in re.finditer(r"\w+", plane):
        worded[run.start() : run.end()] = True
    worded[-1] = True  # it stands for the characters beyond the plane: letters of rare scripts, for the most part
    folded = [code.casefold() for code in plane]
    return worded, np.array([ord(new) if len(new) == 1 else code for code, new in enumerate(folded)], np.uint32)
