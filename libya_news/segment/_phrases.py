"""What the phrase tables know: which kinds of line a few words point to, and what is glued into a line.

A phrase is a run of words. Words are compared without case and without punctuation, and every number is written ``0``,
so that "116 » Comentarios" and "3 comentarios" are the same two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from libya_news._tables import load_table, table_names
from libya_news.labels import KIND_NAMES

_WORD: Final = re.compile(r"[^\W\d_]+|\d+")

WINDOW: Final = 12
"""Words looked at from each end of a line: templates say what they are at once, and a line's cost stays bounded."""

_LONGEST_WORD: Final = 24
"""Characters that a window allows for a word and what follows it: 12 such words hold any phrase of the tables."""

PLACES: Final = ("lines", "openings", "endings", "phrases")
"""Where in a line a phrase of a table counts: it is the whole line, its beginning, its end, or anywhere."""


class Hit(NamedTuple):
    """A phrase found in a line: where it counts (index into ``PLACES``), the kind it points to, and its words."""

    place: int
    kind: str
    words: int


def words(text: str) -> list[str]:
    """The words of a text as phrases compare them.

    >>> words("116 » Comentarios")
    ['0', 'comentarios']
    """
    return ["0" if word[0].isdigit() else word for word in _WORD.findall(text.lower())]


def ends(line: str) -> tuple[list[str], list[str], bool]:
    """The first and the last ``WINDOW`` words of a line, and whether these are all its words."""
    if len(line) <= WINDOW * _LONGEST_WORD:
        found = words(line)
        return found[:WINDOW], found[-WINDOW:], len(found) <= WINDOW
    half = WINDOW * _LONGEST_WORD
    return words(line[:half])[:WINDOW], words(line[-half:])[-WINDOW:], False


_Phrases = dict[str, list[tuple[tuple[str, ...], tuple[tuple[int, str], ...]]]]


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    """All phrases of all languages by their first word, the longest first, each with its places and kinds."""
    found: dict[tuple[str, ...], set[tuple[int, str]]] = {}
    for name in table_names("languages"):
        table = load_table(f"languages/{name}", expect="language")
        for place, section in enumerate(PLACES):
            for kind, phrases in table[section].items():
                for phrase in phrases:
                    found.setdefault(tuple(words(phrase)), set()).add((place, kind))
    by_first: _Phrases = {}
    for phrase in sorted(found, key=lambda phrase: (-len(phrase), phrase)):
        uses = sorted(found[phrase], key=lambda use: (use[0], KIND_NAMES.index(use[1])))
        by_first.setdefault(phrase[0], []).append((phrase, tuple(uses)))
    return by_first


def _occurrences(window: list[str]) -> Iterator[tuple[int, int, tuple[tuple[int, str], ...]]]:
    table = _phrases()
    for at, word in enumerate(window):
        for phrase, uses in table.get(word, ()):
            if tuple(window[at : at + len(phrase)]) == phrase:
                yield at, len(phrase), uses


def hits(line: str) -> list[Hit]:
    """The phrases found in a line, those that fill it first, then the longer before the shorter.

    >>> hits("Please enter your comment!")[0]
    Hit(place=0, kind='comment_form', words=4)
    """
    head, tail, whole = ends(line)
    found: set[Hit] = set()
    for at, size, uses in _occurrences(head):
        fits = (whole and size == len(head), at == 0, whole and at + size == len(head), True)
        found.update(Hit(place, kind, size) for place, kind in uses if fits[place])
    if not whole:
        for at, size, uses in _occurrences(tail):
            fits = (False, False, at + size == len(tail), True)
            found.update(Hit(place, kind, size) for place, kind in uses if fits[place])
    return sorted(found, key=lambda hit: (hit.place > 0, -hit.words, hit.place, KIND_NAMES.index(hit.kind)))


@lru_cache(maxsize=8)
def word_set(section: str) -> frozenset[str]:
    """One list of words (``function_words``, ``time_words``, ...) over all languages, as ``words`` writes them."""
    listed = (load_table(f"languages/{name}", expect="language")[section] for name in table_names("languages"))
    return frozenset(word for entries in listed for entry in entries for word in words(entry))


def glued(section: str) -> list[str]:
    """One list of ``[glued]`` over all languages, the longest first, so that a pattern of them finds the longest."""
    listed = (load_table(f"languages/{name}", expect="language")["glued"][section] for name in table_names("languages"))
    return longest_first(entry for entries in listed for entry in entries)


def longest_first(entries: Iterable[str]) -> list[str]:
    """Each entry once, longer ones first, then by alphabet.

    >>> longest_first(["AP", "AFP", "AP"])
    ['AFP', 'AP']
    """
    return sorted(set(entries), key=lambda entry: (-len(entry), entry))
