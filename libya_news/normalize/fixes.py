"""The fixes, and how they are made one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from .damage import damaged_lines, outside
from .edits import Edit, EditOffsets, Rule, apply_edits
from .lossy import lossy_mojibake
from .mixed import other_encoding
from .options import FIX_NAMES, NormalizeOptions
from .repair import c1_controls, mojibake
from .sieve import needed
from .tidy import (
    Fix,
    bidi_pairs,
    html_entities,
    json_escapes,
    latin_ligatures,
    nfc,
    pattern_fix,
    presentation_forms,
    surrogates,
    undecodable,
)
from .visual import visual_order

_FUNCTIONS: Mapping[str, Fix] = MappingProxyType(
    {
        "json_escapes": json_escapes,
        "surrogates": surrogates,
        "other_encoding": other_encoding,
        "undecodable": undecodable,
        "html_entities": html_entities,
        "lossy_mojibake": lossy_mojibake,
        "mojibake": mojibake,
        "c1_controls": c1_controls,
        "bidi_pairs": bidi_pairs,
        "latin_ligatures": latin_ligatures,
        "visual_order": visual_order,
        "presentation_forms": presentation_forms,
        "nfc": nfc,
    }
)

BEFORE_TIDYING = frozenset(FIX_NAMES[: FIX_NAMES.index("mojibake") + 1])
"""The fixes that are made in lines damaged beyond repair, too. To tidy up there would only lose more bytes."""

MAX_ROUNDS = 8
"""Rounds until nothing changes any more. All of 2,431 articles of the corpora need two or none; the last finds
nothing."""


MAX_LAYERS = {"html_entities": 8, "mojibake": 8}
"""How often a fix that undoes layers is made before the next one's turn; the others are made once. A bound, chosen with
room to spare."""


def fix_for(name: str) -> Fix:
    """The fix of that name: a function, or a row of patterns in the table."""
    return _FUNCTIONS.get(name) or pattern_fix(name)


def edits_of(name: str, text: str) -> list[Edit]:
    """What the fix of that name would change in a text."""
    fix = fix_for(name)
    return fix.edits(text) if isinstance(fix, Rule) else fix(text)


@dataclass
class Work:
    """A text under repair: what the sieve says of it, how many places each fix changed, and the way back."""

    text: str
    needed: set[str]
    counts: dict[str, int] = field(default_factory=dict)
    back: list[EditOffsets] = field(default_factory=list)

    def make(self, name: str) -> None:
        """Make one fix; where it undoes layers, as often as it finds something."""
        for _ in range(MAX_LAYERS.get(name, 1)):
            if not self._make_once(name):
                return
            self.needed = needed(self.text)
            if name not in self.needed:
                return

    def _make_once(self, name: str) -> int:
        """Make one fix.

        Returns:
            at how many places it was made.
        """
        fix = fix_for(name)
        if isinstance(fix, Rule) and (name in BEFORE_TIDYING or "mojibake" not in self.needed):
            text, count = fix.apply(self.text)
            find: Callable[[], list[Edit]] = partial(fix.edits, self.text)
        else:
            edits = self._edits(name)
            text, count = apply_edits(self.text, edits), len(edits)
            find = edits.copy
        if count:
            self.text = text
            self.back.append(EditOffsets(find))
            self.counts[name] = self.counts.get(name, 0) + count
        return count

    def _edits(self, name: str) -> list[Edit]:
        edits = edits_of(name, self.text)
        if edits and name not in BEFORE_TIDYING and "mojibake" in self.needed:
            return outside(edits, damaged_lines(self.text))
        return edits


def run_fixes(text: str, found: set[str], options: NormalizeOptions) -> Work:
    """Make all fixes that are on and that the text can need, in order, and again until none finds anything to do.

    Args:
        text: the text.
        found: what the sieve says of it.
        options: which fixes are on.
    """
    work = Work(text, found)
    names = [name for name in FIX_NAMES if name not in options.off]
    for _ in range(MAX_ROUNDS):
        before = work.text
        for name in names:
            if name in work.needed:
                work.make(name)
        if work.text is before:
            break
    return work
