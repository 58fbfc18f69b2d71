"""The network that reads a document's units: one layer for each unit, then layers that look to both sides.

Residual layers of dilated convolutions (van den Oord et al. 2016, WaveNet; Strubell et al. 2017 for labelling
sequences) see 15 units to each side; between them every unit learns what the whole document has in common, its mean and
its maximum (as Zaheer et al. 2017, Deep Sets); farther things reach the network as features. It is evaluated with plain
matrix products, all units of a document at once, and exactly (see ``_fixed.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _fixed as fixed

Matrix = npt.NDArray[np.float32]

DILATIONS: Final = (1, 2, 4, 8)
"""How far each layer looks to both sides."""
WHOLE: Final = 2
"""How many of these layers come before the one that sees the whole document."""
LAYERS: Final = ("enter", *(f"mix{index}" for index in range(len(DILATIONS))), "whole", "leave")


class Network(NamedTuple):
    """Layers in whole numbers, and the temperature of the output."""

    layers: Mapping[str, fixed.Whole]
    temperature: float


def prepared(arrays: Mapping[str, Matrix]) -> Network:
    """A network ready to be evaluated.

    Args:
        arrays: ``enter``, ``mix0`` ..., ``whole``, ``leave``: each layer's weights with its bias as last row;
            ``temperature``: one number by which the output is divided, so that probabilities are as often right as
            they say (Guo et al. 2017, On Calibration of Modern Neural Networks).
    """
    return Network(fixed.weights(arrays, LAYERS), float(arrays["temperature"][0]))


def probabilities(network: Network, features: Matrix) -> Matrix:
    """The probability of every kind for every unit of one document.

    Args:
        network: see ``prepared``.
        features: one row for each unit.

    Returns:
        One row for each unit, one column for each kind; rows sum to 1.
    """
    if not len(features):
        return np.zeros((0, network.layers["leave"].shape[1]), np.float32)
    with fixed.one_thread():
        return _evaluated(network, features)


def _evaluated(network: Network, features: Matrix) -> Matrix:
    first = state = fixed.rectified(fixed.inputs(features), network.layers["enter"])
    for index, reach in enumerate(DILATIONS):
        if index == WHOLE:
            mean = np.rint(state.sum(axis=0) / len(state))
            common = np.concatenate([mean, state.max(axis=0)])[None]
            state = state + fixed.rectified(common, network.layers["whole"])
        padded = np.pad(state, ((reach, reach), (0, 0)))
        around = np.concatenate([padded[: -2 * reach], state, padded[2 * reach :]], axis=1)
        state = state + fixed.rectified(around, network.layers[f"mix{index}"])
    return fixed.softmax(np.concatenate([state, first], axis=1), network.layers["leave"], network.temperature)
