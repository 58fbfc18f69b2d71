"""Layers of a network in whole numbers, so that they give the same bits on every processor.

A sum of floating-point numbers depends on the order in which a processor's linear algebra adds them up. Here inputs and
weights are rounded to fixed steps (fixed-point arithmetic; Jacob et al. 2018 do so for speed) and held in double
precision, in which every sum of such whole numbers is exact, in whatever order. A release is so the same to the byte
wherever it is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.float64]
"""Whole numbers in double precision."""

VALUE_STEPS: Final = 1 << 10
"""Steps of one, of inputs and of what a layer gives: far finer than what any figure of the models depends on."""
WEIGHT_STEPS: Final = 1 << 12
"""Steps of one, of weights. Sums of 2**9 products of values and weights below 2**6 stay far below 2**53, from where on
sums are no longer exact."""


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - it looks at what is loaded when it is made

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Keep linear algebra to one thread: matrices of a text are small, and a second thread only waits for work."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


def weights(arrays: Mapping[str, npt.NDArray[np.float32]], names: tuple[str, ...]) -> dict[str, Whole]:
    """Layers in steps: each has its weights, and its bias as last row."""
    return {name: _layer(arrays[name].astype(np.float64)) for name in names}


def _layer(layer: Whole) -> Whole:
    rounded = np.rint(layer * WEIGHT_STEPS)
    rounded[-1] = np.rint(layer[-1] * (WEIGHT_STEPS * VALUE_STEPS))
    return rounded


def inputs(values: npt.NDArray[np.float32]) -> Whole:
    """Inputs of the first layer, in steps: a power of two, by which single precision is multiplied exactly."""
    steps = values * np.float32(VALUE_STEPS)
    return np.asarray(np.rint(steps, out=steps), np.float64)


def linear(values: Whole, layer: Whole) -> Whole:
    """What a layer gives before anything is cut off, in steps of inputs times weights."""
    sums = values @ layer[:-1]
    sums += layer[-1]
    return np.asarray(sums)


def rectified(values: Whole, layer: Whole) -> Whole:
    """What a layer gives that lets nothing below zero through (ReLU), in steps of inputs.

    >>> half = weights({"a": np.float32([[0.5], [0.25]])}, ("a",))["a"]
    >>> (rectified(inputs(np.float32([[1.0]])), half) / VALUE_STEPS).tolist()
    [[0.75]]
    """
    return cut(linear(values, layer))


def cut(sums: Whole) -> Whole:
    """Sums in steps of inputs times weights, in steps of inputs, and none below zero; the array is used again."""
    np.maximum(sums, 0, out=sums)
    sums /= WEIGHT_STEPS
    return np.rint(sums, out=sums)


def softmax(values: Whole, layer: Whole, temperature: float = 1.0) -> npt.NDArray[np.float32]:
    """Probabilities from the last layer; rows sum to 1."""
    scores = linear(values, layer) / (VALUE_STEPS * WEIGHT_STEPS * temperature)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)
