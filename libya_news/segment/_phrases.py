"""What the phrase tables know: which kinds of line a few words point to, and what is glued into a line.

A phrase is a run of words. Words are compared without case, accents and punctuation, and every number is the same
number, so that "116 » Comentarios" and "3 comentarios" are the same two words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._polynomials import Hashes
from libya_news._tables import load_table, table_names
from libya_news.labels import KIND_NAMES

from ._chars import Ints, Words, chars, words

PLACES: Final = ("lines", "openings", "endings", "phrases")
"""Where in a line a phrase of a table counts: it is the whole line, its beginning, its end, or anywhere."""

WORD_LISTS: Final = ("function_words", "time_words", "role_words", "picture_words")
"""The word lists of a language table, and the names of picture and news agencies after them."""

_STEP: Final = np.uint64(0x100000001B3)
"""Multiplier that joins the hashes of a phrase's words (the prime of the FNV-1a hash)."""


_LOW: Final = np.uint64(0xFFFF)


class Hits(NamedTuple):
    """Phrases found: which string, which column of ``columns()``, and how many words of the string they are."""

    owner: Ints
    column: Ints
    size: Ints


class _Phrases(NamedTuple):
    """All phrases of one length: their hashes, sorted, and for each its columns as one row of a table."""

    hashes: Hashes
    uses: npt.NDArray[np.bool_]


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return table_names("languages")


@lru_cache(maxsize=16)
def _languages(language: str | None = None) -> tuple[Mapping[str, Any], ...]:
    """The tables of a language and of English, whose templates are used everywhere; without a language, all."""
    chosen = [name for name in _names() if language is None or name in (language, "en")]
    return tuple(load_table(f"languages/{name}", expect="language") for name in chosen)


@lru_cache(maxsize=1)
def columns() -> tuple[tuple[str, str], ...]:
    """Every (kind, place) for which some table has a phrase, in a fixed order."""
    seen = {(kind, place) for table in _languages() for place in PLACES for kind in table[place]}
    return tuple(sorted(seen, key=lambda use: (KIND_NAMES.index(use[0]), PLACES.index(use[1]))))


@lru_cache(maxsize=16)
def _phrases(language: str | None) -> dict[int, _Phrases]:
    """All phrases by their number of words."""
    order = {use: index for index, use in enumerate(columns())}
    listed = [
        (phrase, order[kind, place])
        for table in _languages(language)
        for place in PLACES
        for kind, phrases in table[place].items()
        for phrase in phrases
    ]
    found = words(chars([phrase for phrase, _ in listed]))
    by_size: dict[int, dict[int, set[int]]] = {size: {} for size in range(1, int(found.sizes.max()) + 1)}
    for index, (_, use) in enumerate(listed):
        first, size = int(found.first[index]), int(found.sizes[index])
        joined = _joined(found.hashes[first : first + size])
        by_size[size].setdefault(joined, set()).add(use)
    return {size: _packed(phrases or {0: set()}, len(order)) for size, phrases in by_size.items()}


def _packed(phrases: dict[int, set[int]], width: int) -> _Phrases:
    hashes = np.array(sorted(phrases), np.uint64)
    uses = np.zeros((len(hashes), width), np.bool_)
    for row, value in enumerate(sorted(phrases)):
        uses[row, list(phrases[value])] = True
    return _Phrases(hashes, uses)


def _joined(hashes: Hashes) -> int:
    """The hash of a phrase from those of its words."""
    total = hashes[:1]
    for value in hashes[1:]:
        total = total * _STEP + value
    return int(total[0])


@lru_cache(maxsize=16)
def _longest(language: str | None) -> npt.NDArray[np.uint8]:
    """For the lowest 16 bits of a word's hash, the words of the longest phrase that begins with such a word.

    The second row is for the words inside a unit, where whole lines and openings cannot stand.
    """
    longest = np.zeros((2, 1 << 16), np.uint8)
    for row, places in enumerate((PLACES, PLACES[2:])):
        listed = [
            phrase
            for table in _languages(language)
            for place in places
            for kind in table[place].values()
            for phrase in kind
        ]
        found = words(chars(listed))
        np.maximum.at(longest[row], found.hashes[found.first] & _LOW, found.sizes.astype(np.uint8))
    return longest


def hits(found: Words, language: str | None = None) -> Hits:
    """All phrases of the tables that stand where they count."""
    language = language if language in _names() else None
    low = found.hashes & _LOW
    opening, inside = _longest(language)
    longest = inside[low]
    openings = found.first[found.sizes > 0]
    longest[openings] = opening[low[openings]]
    at = np.flatnonzero(longest)
    longest, owner = longest[at], found.owner[at]
    left = found.first[owner] + found.sizes[owner] - at
    joined = found.hashes[at]
    place_of = np.array([PLACES.index(place) for _, place in columns()])
    parts = [(at[:0], at[:0], at[:0])]
    for size, phrases in _phrases(language).items():
        if size > 1:
            going = (longest >= size) & (left >= size)
            at, longest, left = at[going], longest[going], left[going]
            joined = joined[going] * _STEP + found.hashes[at + size - 1]
        if not len(at):  # few texts hold a word that the longest phrases begin with
            break
        row = np.minimum(np.searchsorted(phrases.hashes, joined), len(phrases.hashes) - 1)
        same = np.flatnonzero(phrases.hashes[row] == joined)
        if len(same):
            where, use = np.nonzero(phrases.uses[row[same]])
            here = at[same][where]
            kept = _fits(found, here, size)[place_of[use], np.arange(len(here))]
            parts.append((found.owner[here[kept]], use[kept], np.full(int(kept.sum()), size)))
    owner, column, length = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Hits(owner, column, length)


def _fits(found: Words, at: Ints, size: int) -> npt.NDArray[np.bool_]:
    """For each place, whether a phrase at this word stands there."""
    owner = found.owner[at]
    opens = at == found.first[owner]
    closes = at + size == found.first[owner] + found.sizes[owner]
    return np.stack([opens & closes, opens, closes, np.ones(len(at), np.bool_)])


class _Lists(NamedTuple):
    """The words of all word lists, sorted; for each which lists hold it; and the lowest 16 bits of all of them."""

    hashes: Hashes
    uses: npt.NDArray[np.bool_]
    low: npt.NDArray[np.bool_]


@lru_cache(maxsize=1)
def _listed() -> _Lists:
    lists = [[entry for table in _languages() for entry in table[name]] for name in WORD_LISTS]
    lists.append(agencies())
    by_word: dict[int, set[int]] = {}
    for index, entries in enumerate(lists):
        for value in words(chars(entries)).hashes:
            by_word.setdefault(int(value), set()).add(index)
    packed = _packed(by_word, len(lists))
    low = np.zeros(1 << 16, np.bool_)
    low[packed.hashes & _LOW] = True
    return _Lists(packed.hashes, packed.uses, low)


def membership(found: Words) -> npt.NDArray[np.bool_]:
    """For every word, which of the word lists hold it."""
    lists = _listed()
    member = np.zeros((len(found.hashes), lists.uses.shape[1]), np.bool_)
    at = np.flatnonzero(lists.low[found.hashes & _LOW])
    asked = found.hashes[at]
    row = np.minimum(np.searchsorted(lists.hashes, asked), len(lists.hashes) - 1)
    same = lists.hashes[row] == asked
    member[at[same]] = lists.uses[row[same]]
    return member


def agencies() -> list[str]:
    """Names of news and picture agencies, the longest first."""
    return longest_first(load_table("agencies", expect="agencies")["names"])


def glued(section: str) -> list[str]:
    """One list of ``[glued]`` over all languages, the longest first, so that a pattern of them finds the longest."""
    return longest_first(entry for table in _languages() for entry in table["glued"][section])


def longest_first(entries: Iterable[str]) -> list[str]:
    """Each entry once, longer ones first, then by alphabet.

    >>> longest_first(["AP", "AFP", "AP"])
    ['AFP', 'AP']
    """
    return sorted(set(entries), key=lambda entry: (-len(entry), entry))
