"""The network that reads a page's lines: like that of texts, with layers that look at lines of one kin as well.

A line is seen by itself, beside its neighbours (dilated convolutions, as in ``_network.py``), and beside its kin: lines
that are built alike, or stand within one element, wherever in the page (their mean, as in Deep Sets, Zaheer et al.
2017). So a whole list, or all boxes of one class, are judged together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BY_KIN: Final = 0
LAYERS: Final = (BY_KIN, 1, 2, BY_KIN, 4, 8)
"""What each layer looks at: the line's kin, or the lines so far before and behind it."""


class Sets(NamedTuple):
    """Rows divided into sets: their order by set, where each set begins in it, its size, and the set of each row."""

    order: Ints
    first: Ints
    size: Matrix
    of_row: Ints


def sets(numbers: Ints) -> Sets:
    """The sets of rows that have the same number."""
    _, of_row, count = np.unique(numbers, return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count
    return Sets(np.argsort(of_row, kind="stable"), first, count.astype(np.float32)[:, None], of_row)


def means(values: Matrix, over: Sets) -> Matrix:
    """For each row the mean of its set.

    >>> means(np.float32([[1], [2], [5]]), sets(np.array([7, 3, 7]))).ravel().tolist()
    [3.0, 2.0, 3.0]
    """
    return np.asarray((np.add.reduceat(values[over.order], over.first) / over.size)[over.of_row], np.float32)


def around(state: Matrix, layer: int, kin: list[Sets]) -> Matrix:
    """What a layer looks at, side by side."""
    if layer == BY_KIN:
        return np.concatenate([state, *(means(state, over) for over in kin)], axis=1)
    return np.concatenate([moved(state, layer), state, moved(state, -layer)], axis=1)


def moved(rows: Matrix, by: int) -> Matrix:
    """Rows moved down by ``by`` (up where it is negative); zeros come in."""
    found = np.zeros_like(rows)
    if by > 0:
        found[by:] = rows[:-by]
    else:
        found[:by] = rows[-by:]
    return found


def probabilities(arrays: Mapping[str, Matrix], rows: Matrix, kin: Ints) -> Matrix:
    """The probability of every class for every line of one page.

    Args:
        arrays: ``enter``, ``look0`` ..., ``leave``: each layer's weights with its bias as last row.
        rows: one row for each line.
        kin: for each line the numbers of the sets that it belongs to.

    Returns:
        One row for each line, one column for each class; rows sum to 1.
    """
    over = [sets(column) for column in kin.T]
    first = np.maximum(_affine(rows, arrays["enter"]), 0)
    state = first
    for index, layer in enumerate(LAYERS):
        state = state + np.maximum(_affine(around(state, layer, over), arrays[f"look{index}"]), 0)
    scores = _affine(np.concatenate([state, first], axis=1), arrays["leave"])
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def _affine(values: Matrix, weights: Matrix) -> Matrix:
    return np.asarray(values @ weights[:-1] + weights[-1], np.float32)
