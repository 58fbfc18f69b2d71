"""Text as it should have been: decoded, repaired and tidied, with every change named and every character traceable."""

from __future__ import annotations

from .api import normalize
from .batch import normalize_batch
from .options import FIX_NAMES, NormalizeOptions

__all__ = ["FIX_NAMES", "NormalizeOptions", "normalize", "normalize_batch"]
