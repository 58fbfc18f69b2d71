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


def stepped(arrays: Mapping[str, npt.NDArray[Any]], rows: Matrix) -> Matrix:
    """The columns as the first layer takes them.

    Args:
        arrays: ``mean`` and ``scale`` of the number columns, which stand first; ``column`` and ``edge`` of each step.
        rows: one row for each line.
    """
    count = len(arrays["mean"])
    numbers = rows[:, :count]
    scaled = np.clip((numbers - arrays["mean"]) * arrays["scale"], -CLIP, CLIP)
    steps = numbers[:, arrays["column"].astype(np.int64)] >= arrays["edge"]
    return np.concatenate((scaled, steps, rows[:, count:]), axis=1, dtype=np.float32)
