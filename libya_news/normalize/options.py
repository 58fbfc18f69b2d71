"""What a caller can switch off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from libya_news.errors import UsageError

FIX_NAMES = (
    "surrogates",
    "html_entities",
    "newlines",
    "mojibake",
    "c1_controls",
    "controls",
    "spaces",
    "soft_hyphens",
    "zero_width",
    "bidi_pairs",
    "direction_marks",
    "latin_ligatures",
    "presentation_forms",
    "tatweel",
    "nfc",
    "blanks",
)
"""All fixes by name, in the order in which they are made; ``fixes.FIXES`` says why in this order."""


@dataclass(frozen=True, slots=True)
class NormalizeOptions:
    """Which fixes are made. All of them, but for those that are named in ``off``.

    Args:
        off: names from ``FIX_NAMES``.

    Raises:
        UsageError: there is no fix of that name.

    >>> NormalizeOptions(off=["tatweel"]).off
    frozenset({'tatweel'})
    """

    off: Iterable[str] = frozenset()

    def __post_init__(self) -> None:
        """Check the names."""
        off = frozenset(self.off)
        if unknown := off.difference(FIX_NAMES):
            raise UsageError(f"There is no fix named {sorted(unknown)}.", f"The fixes are {', '.join(FIX_NAMES)}.")
        object.__setattr__(self, "off", off)
