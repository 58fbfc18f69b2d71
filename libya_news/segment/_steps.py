"""Numbers as the page model's first layer takes them: as they are, and as steps above thresholds.

Steps let a single layer tell "short" from "very short". Thresholds are quantiles of the training pages, and part of the
model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

CLIP: Final = 2.0
"""Bound of a scaled number, in units of two standard deviations, so that no freak page leads a line astray."""


def stepped(arrays: Mapping[str, npt.NDArray[Any]], numbers: Matrix, marks: npt.NDArray[Any]) -> Matrix:
    """The columns as the first layer takes them.

    Args:
        arrays: ``mean`` and ``scale`` of the number columns; ``column`` and ``edge`` of each step.
        numbers, marks: the number columns and the yes-or-no columns, one row for each line.
    """
    count, steps = len(arrays["mean"]), len(arrays["edge"])
    table = np.empty((len(numbers), count + steps + marks.shape[1]), np.float32)
    np.clip((numbers - arrays["mean"]) * arrays["scale"], -CLIP, CLIP, out=table[:, :count])
    stepping = numbers.take(arrays["column"].astype(np.int64), axis=1)
    np.greater_equal(stepping, arrays["edge"], out=table[:, count : count + steps])
    table[:, count + steps :] = marks
    return table
