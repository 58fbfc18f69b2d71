"""Texts as names are looked for in them: without case, accents and punctuation, and the way back to each offset."""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

_GONE: Final = "\0"
"""Stands for what is no letter of its own: marks, the Arabic lengthening stroke, invisible characters."""

_LIKE: Final = str.maketrans("ةىیکھہıς", "هييكههiσ")
"""Letters that writers mix up: Arabic ones at a word's end and their Persian and Urdu forms; the Turkish i. The Greek
sigma at a word's end, which is no other letter in capitals."""

_LENGTHENING: Final = "\u0640"

_APOSTROPHES: Final = "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf"
"""Letters to Unicode, but written as apostrophes: "Libyaʼs", "Maʿmar"."""


class Folded(NamedTuple):
    """A folded text.

    Attributes:
        text: letters and digits in their plain form; every other character is one blank.
        offsets: for each character, and for the end, where it stands in the unfolded text; None where that is the same.
    """

    text: str
    offsets: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the unfolded text; marks behind its last letter are left out."""
        return (start, end) if self.offsets is None else (self.offsets[start], self.offsets[end - 1] + 1)


class _Table(dict[int, str]):
    """The folded form of each character, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf" or char == _LENGTHENING:
        return _GONE
    base = unicodedata.normalize("NFKD", char)[:1]
    lower = base.translate(_LIKE).lower()[:1]
    return lower if lower.isalnum() and lower not in _APOSTROPHES else " "


_TABLE: Final = _Table()


def fold(text: str) -> Folded:
    """Fold a text.

    >>> fold("L’Armée à Ṣabrātah")
    Folded(text='l armee a sabratah', offsets=None)
    >>> fold("لِيبيا!").span(0, 5)
    (0, 6)
    """
    folded = text.translate(_TABLE)
    if _GONE not in folded:
        return Folded(folded, None)
    kept = [index for index, char in enumerate(folded) if char != _GONE]
    return Folded(folded.replace(_GONE, ""), [*kept, len(text)])
