"""Runs of words as numbers: the unit in which texts are compared.

The words of many texts are hashed at once, over arrays of characters, and a run of words by the hashes of its words.
Words are runs of letters, marks and digits, without case; punctuation and white space between them do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._polynomials import ODD, Hashes, hashes_of_runs

PIECE: Final = 1 << 18
"""Characters that are looked at together, some 20 MB of arrays. A longer text is cut, and loses the few runs that span
a cut: they decide nothing among so many."""

_PLANE: Final = 1 << 16

Counts = npt.NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of words of some pieces of texts.

    Attributes:
        owners: for each piece the number of its text.
        counts: for each piece how many runs it has, 1 and up.
        hashes: of the runs of all pieces, one piece after the other.
    """

    owners: list[int]
    counts: Counts
    hashes: Hashes


def runs(texts: Iterable[str], size: int) -> Iterator[Runs]:
    """All runs of ``size`` words of each text, some texts at a time; of a shorter text, the whole as one.

    Method: a word's hash is the polynomial hash of its characters, mixed; so is a run's of its words. All in 64 bits:
    that two of a million runs have the same has a chance below 1 in a million.

    >>> (some,) = runs(["Talks end, in Moscow", "TALKS END IN MOSCOW!", "Talks"], 3)
    >>> some.counts.tolist(), (some.hashes[:2] == some.hashes[2:4]).all()
    ([2, 2, 1], np.True_)
    """
    for pieces in _batches(_pieces(texts)):
        words, count = _words([text for _, text in pieces])
        yield Runs([owner for owner, _ in pieces], *_runs(words, count, size))


def _runs(words: Hashes, count: Counts, size: int) -> tuple[Counts, Hashes]:
    made = np.maximum(count - size + 1, 1)
    ends = np.cumsum(made)
    begins = np.cumsum(count) - count
    at = np.arange(ends[-1]) + np.repeat(begins - (ends - made), made)
    inside = np.minimum(np.repeat(begins + count, made) - at, size)
    return made, _mixed(hashes_of_runs(words, at, at + inside))


def _pieces(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    for owner, text in enumerate(texts):
        for start in range(0, max(len(text), 1), PIECE):
            yield owner, text[start : start + PIECE]


def _batches(pieces: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece[1])
        if size >= PIECE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _words(texts: Sequence[str]) -> tuple[Hashes, Counts]:
    """The hashes of the words of all texts, one after the other, and how many each has."""
    joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, np.uint32)
    letters = _letters().take(codes, mode="clip")
    beyond = np.flatnonzero(codes >= _PLANE)
    letters[beyond] = codes[beyond]
    edges = np.flatnonzero(np.diff(letters > 0, prepend=False))
    begins, ends = edges[::2], edges[1::2]  # by turns, since each text ends in a line feed
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    return _mixed(hashes_of_runs(letters, begins, ends)), np.diff(np.searchsorted(begins, bounds))


def _mixed(hashes: Hashes) -> Hashes:
    """Spread what differs over all bits: a sum of products changes the high bits more than the low ones."""
    mixed: Hashes = (hashes ^ (hashes >> np.uint64(29))) * ODD
    return mixed ^ (mixed >> np.uint64(32))


@lru_cache(maxsize=1)
def _letters() -> Hashes:
    """Of every character of the basic plane its form without case, or zero where it is part of no word.

    Those beyond the plane are letters of rare scripts, for the most part, and stand for themselves.
    """
    plane = "".join(map(chr, range(_PLANE)))
    letters = np.zeros(_PLANE, np.uint64)
    for character in "".join(re.findall(r"\w+", plane)) + plane[-1]:
        folded = character.casefold()
        letters[ord(character)] = ord(folded if len(folded) == 1 else character)
    return letters
