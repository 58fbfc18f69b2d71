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

from libya_news.errors import DataError

from . import _fixed as fixed
from ._fixed import Whole

Matrix = npt.NDArray[np.float32]
Real = TypeVar("Real", bound=np.floating[Any])
"""Single precision in training, whole numbers in double precision afterwards."""
Layers = Mapping[str, npt.NDArray[Any]]
"""Whole numbers in double precision, but for ``marks``, which are such in single precision."""
Ints = npt.NDArray[np.int64]

BY_KIN: Final = 0
_EXACT: Final = 1 << 24
"""From where on sums of whole numbers are no longer exact in single precision."""
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
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    begins = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    first = np.flatnonzero(begins)
    of_row = np.empty_like(order)
    of_row[order] = np.cumsum(begins) - 1
    size = np.diff(first, append=len(numbers)).astype(np.float64)
    return Sets(order, first, size[:, None], of_row)


def of_sets(values: npt.NDArray[Real], over: Sets) -> npt.NDArray[Any]:
    """The mean of each set."""
    return np.asarray(np.add.reduceat(values[over.order], over.first) / over.size)


def means(values: npt.NDArray[Real], over: Sets) -> npt.NDArray[Real]:
    """For each row the mean of its set.

    >>> means(np.float32([[1], [2], [5]]), sets(np.array([7, 3, 7]))).ravel().tolist()
    [3.0, 2.0, 3.0]
    """
    return np.asarray(of_sets(values, over)[over.of_row], values.dtype)


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
    """A network ready to be evaluated.

    Args:
        arrays: ``enter``, ``look0`` ..., ``leave``, each layer's bias as last row; ``mean`` has as many numbers as rows
            have columns that are more than yes or no.

    Raises:
        DataError: the weights are too large for exact sums.
    """
    layers = fixed.weights(arrays, ("enter", *(f"look{index}" for index in range(len(LAYERS))), "leave"))
    enter, count = layers["enter"], len(arrays["mean"])
    marks = enter[count:-1].astype(np.float32)
    if np.abs(marks).sum(axis=0).max(initial=0) > _EXACT:
        raise DataError("The page model's weights are too large for exact sums.", "Train it with more decay.")
    return layers | {"enter": np.delete(enter, np.s_[count:-1], axis=0), "marks": marks}


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
    first = state = fixed.cut(_entered(rows, layers["enter"], layers["marks"]))
    for index, layer in enumerate(LAYERS):
        state = state + fixed.cut(looked(state, layers[f"look{index}"], layer, over))
    return fixed.softmax(np.concatenate([state, first], axis=1), layers["leave"])


def looked(state: Whole, weights: Whole, layer: int, over: list[Sets]) -> Whole:
    """What lies ``around`` times a layer's weights, without laying it side by side first."""
    return _of_kin(state, weights, over) if layer == BY_KIN else _of_neighbours(state, weights, layer)


def _entered(rows: Matrix, numbers: Whole, marks: Matrix) -> Whole:
    """What the first layer gives. Most columns are yes or no: in single precision their sums are exact, and cheap."""
    count = len(numbers) - 1
    sums = fixed.linear(fixed.inputs(rows[:, :count]), numbers)
    sums += (rows[:, count:] @ marks) * np.float32(fixed.VALUE_STEPS)
    return np.asarray(sums)


def _of_kin(state: Whole, layer: Whole, over: list[Sets]) -> Whole:
    """Kin set by set: of a set's mean the product is the same for all its rows."""
    own, *parts = np.split(layer[:-1], 1 + len(over))
    sums = state @ own + layer[-1]
    for sharing, part in zip(over, parts, strict=True):
        mean = np.rint(of_sets(state, sharing))  # means of whole numbers become whole again
        sums += (mean @ part)[sharing.of_row]
    return np.asarray(sums)


def _of_neighbours(state: Whole, layer: Whole, reach: int) -> Whole:
    before, own, behind = np.split(layer[:-1], 3)
    sums = state @ own + layer[-1]
    sums[reach:] += state[:-reach] @ before
    sums[:-reach] += state[reach:] @ behind
    return np.asarray(sums)
