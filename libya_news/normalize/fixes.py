"""The order of the fixes, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .edits import Edit, EditOffsets, apply_edits
from .options import FIX_NAMES, NormalizeOptions
from .repair import mojibake
from .tidy import (
    Fix,
    bidi_pairs,
    html_entities,
    latin_ligatures,
    nfc,
    pattern_fix,
    presentation_forms,
    surrogates,
)

_FUNCTIONS: Mapping[str, Fix] = MappingProxyType(
    {
        "surrogates": surrogates,
        "html_entities": html_entities,
        "mojibake": mojibake,
        "bidi_pairs": bidi_pairs,
        "latin_ligatures": latin_ligatures,
        "presentation_forms": presentation_forms,
        "nfc": nfc,
    }
)

MAX_ROUNDS = 8
"""Rounds until nothing changes any more. Two are enough for all texts of the corpora; the last finds nothing."""


def fix_for(name: str) -> Fix:
    """The fix of that name: a function, or a row of patterns in the table."""
    return _FUNCTIONS.get(name) or pattern_fix(name)


def run_fixes(text: str, options: NormalizeOptions) -> tuple[str, dict[str, int], list[EditOffsets]]:
    """Make all fixes that are on, in order, and again until none finds anything to do.

    Returns:
        the text, how many places each fix changed, and the way back through each fix.
    """
    counts: dict[str, int] = {}
    back: list[EditOffsets] = []
    names = [name for name in FIX_NAMES if name not in options.off]
    for _ in range(MAX_ROUNDS):
        before = text
        for name in names:
            text = _run(name, text, counts, back)
        if text == before:
            break
    return text, counts, back


def _run(name: str, text: str, counts: dict[str, int], back: list[EditOffsets]) -> str:
    edits: list[Edit] = fix_for(name)(text)
    if not edits:
        return text
    counts[name] = counts.get(name, 0) + len(edits)
    back.append(EditOffsets(edits))
    return apply_edits(text, edits)
