"""The network that reads a page's lines: like that of texts, with layers that look at lines of one kin as well.

A line is seen by itself, beside its neighbours (dilated convolutions, as in ``_network.py``), and beside its kin: lines
that are built alike, or stand within one element, wherever in the page (their mean, as in Deep Sets, Zaheer et al.
2017). So a whole list, or all boxes of one class, are judged together. It is evaluated exactly (see ``_fixed.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from . import _fixed as fixed
from ._fixed import Whole

Matrix = npt.NDArray[np.float32]
Real = TypeVar("Real", bound=np.floating[Any])
"""Single precision in training, whole numbers in double precision afterwards."""
Layers = Mapping[str, Whole]
Ints = npt.NDArray[np.int64]

BY_KIN: Final = 0
LAYERS: Final = (BY_KIN, 1, 2, BY_KIN, 4, 8)
"""What each layer looks at: the line's kin, or the lines so far before and behind it."""


class Sets(NamedTuple):
    """Rows divided into sets: their order by set, where each set begins in it, its size, and the set of each row."""

    order: Ints
    first: Ints
    size: Whole
    of_row: Ints


def sets(numbers: Ints) -> Sets:
    """The sets of rows that have the same number."""
    _, of_row, count = np.unique(numbers, return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count
    return Sets(np.argsort(of_row, kind="stable"), first, count.astype(np.float64)[:, None], of_row)


def means(values: npt.NDArray[Real], over: Sets) -> npt.NDArray[Real]:
    """For each row the mean of its set.

    >>> means(np.float32([[1], [2], [5]]), sets(np.array([7, 3, 7]))).ravel().tolist()
    [3.0, 2.0, 3.0]
    """
    return np.asarray((np.add.reduceat(values[over.order], over.first) / over.size)[over.of_row], values.dtype)


def around(state: npt.NDArray[Real], layer: int, kin: list[Sets]) -> npt.NDArray[Real]:
    """What a layer looks at, side by side."""
    if layer == BY_KIN:
        return np.concatenate([state, *(means(state, over) for over in kin)], axis=1)
    return np.concatenate([moved(state, layer), state, moved(state, -layer)], axis=1)


def moved(rows: npt.NDArray[Real], by: int) -> npt.NDArray[Real]:
    """Rows moved down by ``by`` (up where it is negative); zeros come in."""
    found = np.zeros_like(rows)
    if by > 0:
        found[by:] = rows[:-by]
    else:
        found[:by] = rows[-by:]
    return found


def prepared(arrays: Mapping[str, Matrix]) -> Layers:
    """A network ready to be evaluated: ``enter``, ``look0`` ..., ``leave``, each layer's bias as last row."""
    return fixed.weights(arrays, ("enter", *(f"look{index}" for index in range(len(LAYERS))), "leave"))


def probabilities(layers: Layers, rows: Matrix, kin: Ints) -> Matrix:
    """The probability of every class for every line of one page.

    Args:
        layers: see ``prepared``.
        rows: one row for each line.
        kin: for each line the numbers of the sets that it belongs to.

    Returns:
        One row for each line, one column for each class; rows sum to 1.
    """
    over = [sets(column) for column in kin.T]
    with fixed.one_thread():
        return _evaluated(layers, rows, over)


def _evaluated(layers: Layers, rows: Matrix, over: list[Sets]) -> Matrix:
    first = state = fixed.rectified(fixed.inputs(rows), layers["enter"])
    for index, layer in enumerate(LAYERS):
        looked_at = np.rint(around(state, layer, over))  # means of whole numbers become whole again
        state = state + fixed.rectified(looked_at, layers[f"look{index}"])
    return fixed.softmax(np.concatenate([state, first], axis=1), layers["leave"])
