"""The network that reads a document's units: one layer for each unit, then layers that look to both sides.

Residual layers of dilated convolutions (van den Oord et al. 2016, WaveNet; Strubell et al. 2017 for labelling
sequences) see 15 units to each side; between them every unit learns what the whole document has in common, its mean and
its maximum (as Zaheer et al. 2017, Deep Sets); farther things reach the network as features. It is evaluated with plain
matrix products, all units of some documents at once, and exactly (see ``_fixed.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def probabilities(network: Network, features: Matrix, sizes: Sequence[int]) -> Matrix:
    """The probability of every kind for every unit of some documents.

    Args:
        network: see ``prepared``.
        features: one row for each unit, one document after the other.
        sizes: number of units of each document, 1 and up. What is beside a document changes none of its bits.

    Returns:
        One row for each unit, one column for each kind; rows sum to 1.
    """
    if not len(features):
        return np.zeros((0, network.layers["leave"].shape[1]), np.float32)
    with fixed.one_thread():
        return _evaluated(network, features, np.asarray(sizes))


def _evaluated(network: Network, features: Matrix, sizes: npt.NDArray[np.int64]) -> Matrix:
    begins = np.cumsum(sizes) - sizes
    place = np.arange(len(features)) - np.repeat(begins, sizes)
    left = np.repeat(sizes, sizes) - 1 - place
    first = state = fixed.rectified(fixed.inputs(features), network.layers["enter"])
    for index, reach in enumerate(DILATIONS):
        if index == WHOLE:
            mean = np.rint(np.add.reduceat(state, begins) / sizes[:, None])
            common = np.concatenate([mean, np.maximum.reduceat(state, begins)], axis=1)
            state = state + np.repeat(fixed.rectified(common, network.layers["whole"]), sizes, axis=0)
        around = np.zeros((len(state), 3 * state.shape[1]))
        before, own, behind = np.split(around, 3, axis=1)
        before[reach:], own[:], behind[:-reach] = state[:-reach], state, state[reach:]
        before[place < reach], behind[left < reach] = 0, 0
        state = state + fixed.rectified(around, network.layers[f"mix{index}"])
    return fixed.softmax(np.concatenate([state, first], axis=1), network.layers["leave"], network.temperature)
