"""What a caller can switch off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from libya_news.errors import UsageError

FIX_NAMES = (
    # What is no text yet becomes text.
    "json_escapes",
    "surrogates",
    "other_encoding",
    "undecodable",  # behind surrogates: half of a pair can look like an undecodable byte
    # Other layers are peeled off from the outside in: entities may spell mojibake, and mojibake is undone line by line.
    "html_entities",
    "newlines",
    "lossy_mojibake",  # before mojibake, which would undo it in part
    "mojibake",  # before all that touches NBSP, soft hyphens and controls, which are bytes of it
    "c1_controls",  # what mojibake left of them
    "controls",
    "spaces",
    # Invisible characters go before what looks at neighbours.
    "soft_hyphens",
    "zero_width",
    "bidi_pairs",
    "direction_marks",
    "latin_ligatures",
    "visual_order",  # before the forms that prove it are gone
    "presentation_forms",
    "tatweel",  # behind presentation forms, between whose letters it stands in old text
    "nfc",
    "blanks",  # behind all that leaves spaces or takes away what stood between them
)
"""All fixes by name, in the order in which they are made."""


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
