"""Features that compare units: repetition inside a document, and words shared with its prose and its title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from libya_news._polynomials import ODD, Hashes

from . import _chars
from ._chars import Ints, Words

Bools = npt.NDArray[np.bool_]

COLUMNS: Final = 8
"""Columns of ``columns``."""

_LOW: Final = np.uint64(0xFFFF)


def columns(
    titles: Sequence[str], document: Ints, words: Words, member: Bools, prose: Bools
) -> npt.NDArray[np.float32]:
    """One row for each unit.

    Args:
        titles: of each document, or "".
        document: for each unit the number of its document.
        words: of all units.
        member: for each word which lists hold it, function words first.
        prose: which units are prose.
    """
    content = ~member[:, 0] & (words.hashes != _chars.NUMBER)
    key = words.hashes ^ _salt(document)[words.owner]
    shared = content & _held(key, content & prose[words.owner], content)
    named = _chars.words(_chars.chars(titles))
    titled = _among(key, named.hashes ^ _salt(named.owner))
    sums = _chars.per_string(words, np.column_stack([content, shared, titled]))
    count = np.maximum(words.sizes, 1)
    return np.column_stack([
        sums[:, 1] / np.maximum(sums[:, 0], 1), sums[:, 0] / count,
        (named.sizes > 0)[document], sums[:, 2] / count, sums[:, 2] / np.maximum(named.sizes[document], 1),
        np.log1p(_alike(_whole(words, key), words)) / 2,
        np.log1p(_alike(_pairs(words, key, words.first, 1), words)) / 3,
        np.log1p(_alike(_pairs(words, key, words.first + words.sizes - 1, -1), words)) / 3,
    ]).astype(np.float32)  # fmt: skip


def _salt(document: Ints) -> Hashes:
    """What tells the words of one document from the same words of others."""
    return document.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93)


def _held(key: Hashes, holders: Bools, asked: Bools) -> Bools:
    """Which words are also among the holders; every holder is."""
    held = holders.copy()
    rest = np.flatnonzero(asked & ~holders)
    if len(rest):
        held[rest] = _among(key[rest], key[holders])
    return held


def _among(asked: Hashes, known: Hashes) -> Bools:
    """Which numbers are among the known ones; those with other low bits than all of these are ruled out first."""
    low = np.zeros(1 << 16, np.bool_)
    low[known & _LOW] = True
    among: Bools = low[asked & _LOW]
    left = asked[among]
    if len(left):
        known = np.sort(known)
        among[among] = known.take(np.searchsorted(known, left), mode="clip") == left
    return among


def _whole(words: Words, key: Hashes) -> Hashes:
    """One number for all words of a unit in their order."""
    place = np.arange(len(key)) - words.first[words.owner]
    odd = place.astype(np.uint64) * (ODD - np.uint64(1)) + np.uint64(1)
    return np.add.reduceat(np.append(key * odd, np.uint64(0)), np.append(words.first, len(key)))[:-1]


def _pairs(words: Words, key: Hashes, at: Ints, step: int) -> Hashes:
    """One number for the word at a place of each unit and the word beside it."""
    padded = np.append(key, np.uint64(0))
    one, two = (np.clip(place, 0, len(key)) for place in (at, at + step))
    return padded[one] * ODD + np.where(words.sizes > 1, padded[two], np.uint64(0))


def _alike(number: Hashes, words: Words) -> npt.NDArray[np.float64]:
    """How many other units have the same number as a unit does; none where a unit has no words."""
    others = np.zeros(len(number))
    worded = words.sizes > 0
    _, inverse, count = np.unique(number[worded], return_inverse=True, return_counts=True)
    others[worded] = count[inverse] - 1
    return others
