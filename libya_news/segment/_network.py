"""The network that reads a document's units: one layer for each unit, then layers that look to both sides.

Residual layers of dilated convolutions (van den Oord et al. 2016, WaveNet; Strubell et al. 2017 for labelling
sequences) see 7 units to each side, or 15 with a fourth layer; farther things reach the network as features. It is
evaluated with plain matrix products, all units of a document at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

DILATIONS: Final = (1, 2, 4, 8)
"""How far each layer looks to both sides; a model has as many of them as it was trained with."""


def probabilities(arrays: Mapping[str, Matrix], features: Matrix) -> Matrix:
    """The probability of every kind for every unit of one document.

    Args:
        arrays: ``enter``, ``mix0`` ..., ``leave``: each layer's weights with its bias as last row; ``temperature``: one
            number by which the output is divided, so that probabilities are as often right as they say (Guo et al.
            2017, On Calibration of Modern Neural Networks).
        features: one row for each unit.

    Returns:
        One row for each unit, one column for each kind; rows sum to 1.
    """
    first = np.maximum(_affine(features, arrays["enter"]), 0)
    state = first
    for index, reach in enumerate(DILATIONS[: sum(name.startswith("mix") for name in arrays)]):
        padded = np.pad(state, ((reach, reach), (0, 0)))
        around = np.concatenate([padded[: -2 * reach], state, padded[2 * reach :]], axis=1)
        state = state + np.maximum(_affine(around, arrays[f"mix{index}"]), 0)
    scores = _affine(np.concatenate([state, first], axis=1), arrays["leave"]) / arrays["temperature"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def _affine(values: Matrix, weights: Matrix) -> Matrix:
    return np.asarray(values @ weights[:-1] + weights[-1], np.float32)
