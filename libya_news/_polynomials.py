"""Polynomial hashes of many runs of one array at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.signedinteger[Any]]

ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""The number whose powers are taken: 2**64 divided by the golden ratio, made odd (Knuth, TAOCP 6.4)."""

_KEPT: Final = 1 << 19
"""Powers that are kept from call to call, 4 MB of them and as much of their inverses."""


def hashes_of_runs(values: Hashes, begins: Places, ends: Places) -> Hashes:
    """The hash of each run of values: the sum of its values, each times ``ODD`` to the power of its place from 1 on.

    Method: prefix sums of a polynomial hash (Karp and Rabin 1987), in whole numbers of 64 bits that wrap around. An odd
    number has an inverse there, so what stands before a run is divided out of it, and no run is looked at by itself.

    Args:
        values: any numbers.
        begins, ends: index of the first value of each run, and one past its last.

    >>> first, second, third = hashes_of_runs(np.uint64([5, 7, 5, 7, 7]), np.array([0, 2, 4]), np.array([2, 4, 5]))
    >>> first == second, first == third
    (np.True_, np.False_)
    """
    powers, inverses = _powers(len(values))
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers, out=sums[1:])
    hashes: Hashes = (sums[ends] - sums[begins]) * inverses[begins]
    return hashes


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of ``ODD`` from 1 on, and those of its inverse from 0 on, which has one more."""
    powers, inverses = _made(_KEPT) if count <= _KEPT else _made.__wrapped__(count)
    return powers[:count], inverses[: count + 1]


@lru_cache(maxsize=1)
def _made(count: int) -> tuple[Hashes, Hashes]:
    inverse = np.uint64(pow(int(ODD), -1, 1 << 64))
    powers = np.cumprod(np.full(count, ODD), dtype=np.uint64)
    return powers, np.cumprod(np.append(np.uint64(1), np.full(count, inverse)), dtype=np.uint64)
