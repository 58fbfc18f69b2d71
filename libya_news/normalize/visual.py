"""Arabic in visual order: as it is drawn, from left to right, and so backwards. Text taken from PDF files is.

Presentation forms prove it, as an initial form begins a word and a final one ends it. Left alone: plain letters in
visual order, which nothing tells from others.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from .edits import Edit
from .tidy import fill, lines

PROOFS = 3
"""Places that are impossible in reading order, in a line without one that is impossible in visual order: one or two may
be slips of a typist. A judgement: of 110 lines of the corpora with three forms or more, all in reading order, two have
one such place, and many of the other kind."""

_LETTER_FORMS = (*range(0xFB50, 0xFDF0), *range(0xFE80, 0xFEFD))
_MIRROR = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def visual_order(text: str) -> list[Edit]:
    """Lines of Arabic presentation forms in visual order are turned round, but for numbers and Latin words in them.

    Each becomes one piece. Where several lines were joined before, their order is what it was on paper, backwards.

    >>> [edit.new == "\\ufe91\\ufef4\\ufe96" for edit in visual_order("\\ufe96\\ufef4\\ufe91")]
    [True]
    """
    found = ((start, end, text[start:end]) for start, end in lines(text))
    return [Edit(start, end, _turned(line), whole=True) for start, end, line in found if _is_visual(line)]


def _is_visual(line: str) -> bool:
    visual, logical = _proofs()
    return len(visual.findall(line)) >= PROOFS and not logical.search(line)


@cache
def _proofs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is impossible in reading order, and what is in visual order."""
    initial, medial, final = map(_forms, ("initial", "medial", "final"))
    letter = fill("[{arabic}{presentation}\u0640]")
    begins, ends = f"(?<!{letter})", f"(?!{letter})"
    visual = f"{begins}[{final}{medial}]|[{initial}{medial}]{ends}|[{medial}](?=[{initial}])|[{final}](?=[{medial}])"
    logical = f"{begins}[{initial}]|[{final}]{ends}|[{initial}](?=[{medial}])|[{medial}](?=[{final}])"
    return re.compile(visual), re.compile(logical)


def _forms(position: str) -> str:
    """The presentation forms of letters in that position."""
    letters = map(chr, _LETTER_FORMS)
    return "".join(letter for letter in letters if unicodedata.decomposition(letter).startswith(f"<{position}>"))


def _turned(line: str) -> str:
    pieces = _left_to_right().split(line)
    turned = (piece if at % 2 else piece[::-1].translate(_MIRROR) for at, piece in enumerate(pieces))
    return "".join(reversed([*turned]))


@cache
def _left_to_right() -> re.Pattern[str]:
    """Latin words in a row, or a number."""
    return re.compile(fill(r"([{ltr}](?:[{ltr}\d .,:/@'’&+-]*[{ltr}\d])?|\d+(?:[.,:/-]\d+)*%?)"))
