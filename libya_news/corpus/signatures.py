"""MinHash signatures of texts, by which near-duplicates find each other without being compared pair by pair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from .shingles import runs

SHINGLE_WORDS: Final = 5
"""Words of a shingle, the unit in which two texts are compared; five in a row are seldom shared by chance."""

ROWS_PER_BAND: Final = 3
BANDS: Final = 48
"""How signatures are cut for the search: a pair at the threshold is a candidate with 1 - (1 - 0.5³)⁴⁸ = 99.8 %."""

SEED: Final = 1
"""Seed of the hash functions, so that the same texts always give the same candidates."""

_FACTORS: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)

Bands = npt.NDArray[np.uint32]
"""One row for each text, ``BANDS`` columns: texts that agree in a column may be near-duplicates."""


def signatures(texts: Iterable[str]) -> Bands:
    """The signature of each text.

    Method: MinHash (Broder, SEQUENCES 1997) cut into bands (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
    ch. 3). The values of a band are hashed into 32 bits by a sum of products with odd numbers of 64 bits (Thorup, High
    Speed Hashing for Integers and Strings, 2015); the few that agree by chance do not pass the comparison.

    >>> first, second = signatures(["Talks in Moscow end, a source says.", "TALKS in Moscow end: a source says"])
    >>> bool((first == second).all())
    True
    """
    from rensa import RMinHash  # noqa: PLC0415 - a compiled library that only a build needs

    size = BANDS * ROWS_PER_BAND
    owners: list[int] = []
    least = [np.zeros((0, size), np.uint32)]
    for some in runs(texts, SHINGLE_WORDS):
        offsets = np.concatenate([[0], np.cumsum(some.counts)]).astype(np.uint64)
        made = RMinHash.digest_matrix_from_flat_token_hashes(some.hashes, offsets, size, SEED)
        owners += some.owners
        least.append(np.array(made.to_rows(), np.uint32))
    digests = np.concatenate(least)
    if owners and len(owners) > owners[-1] + 1:  # the least of a text is the least of its pieces
        digests = np.minimum.reduceat(digests, np.unique(owners, return_index=True)[1], axis=0)
    by_band = digests.astype(np.uint64).reshape(len(digests), BANDS, ROWS_PER_BAND)
    return np.asarray((by_band * _FACTORS).sum(axis=2) >> np.uint64(32), np.uint32)
