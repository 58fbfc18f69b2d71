"""Characters and words of many short strings at once, as arrays.

All strings are laid end to end, so that every step is one pass over one array, whatever the number of strings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._polynomials import Hashes, hashes_of_runs

LETTER: Final = 1
UPPER: Final = 2
DIGIT: Final = 4
SPACE: Final = 8
MARK: Final = 16
PUNCTUATION: Final = 32
UNSPACED: Final = 64
RIGHT_TO_LEFT: Final = 128

_PLANE: Final = 0x10000
NUMBER: Final = np.uint64(0x30)
"""The hash of every number."""

_UNSPACED_BLOCKS: Final = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
_UNSTOPPED_BLOCK: Final = (0x0E00, 0x0EFF)
"""Thai and Lao."""
_RIGHT_TO_LEFT_BLOCKS: Final = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC))

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]


class Words(NamedTuple):
    """The words of all strings, in order.

    Attributes:
        hashes: one number for each word, the same for the same letters whatever their case.
        owner: index of the string that a word stands in.
        capital: whether its first letter is a capital.
        first: for each string, the index of its first word.
        sizes: for each string, its number of words.
    """

    hashes: Hashes
    owner: Ints
    capital: npt.NDArray[np.bool_]
    first: Ints
    sizes: Ints


class Chars(NamedTuple):
    """The characters of all strings, each string followed by one line feed.

    Attributes:
        codes: code points; beyond the basic plane they are 0xFFFF.
        flags: what each character is, a sum of the constants above.
        start: for each string, the index of its first character.
        size: for each string, its number of characters.
    """

    codes: Codes
    flags: npt.NDArray[np.uint8]
    start: Ints
    size: Ints


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.uint8], Hashes]:
    """Flags and small letter of every character of the basic plane."""
    flags = np.zeros(_PLANE, np.uint8)
    small = np.arange(_PLANE, dtype=np.uint64)
    for code in range(_PLANE):
        char = chr(code)
        flags[code] = _flag(char)
        small[code] = ord(_plain(char))
    for blocks, flag in ((_UNSPACED_BLOCKS, UNSPACED), (_RIGHT_TO_LEFT_BLOCKS, RIGHT_TO_LEFT)):
        for first, last in blocks:
            flags[first : last + 1] |= flag
    flags[_PLANE - 1] = 0
    return flags, small


_SAME: Final = str.maketrans("ςیک", "σيك")
"""The Greek sigma at a word's end, and the Persian letters that many pages write with the Arabic ones."""


def flags_of_all() -> npt.NDArray[np.uint8]:
    """What each character of the basic plane is, as ``Chars.flags`` says it."""
    return _tables()[0]


def _flag(char: str) -> int:
    if char.isalpha():
        return LETTER | (UPPER if char.isupper() else 0)
    if char.isdigit():
        return DIGIT
    if char.isspace():
        return SPACE
    if char == "\u0640" or (unicodedata.category(char)[0] == "M" and not "\ufe00" <= char <= "\ufe0f"):
        return MARK  # an Arabic stretch, vowel signs; selectors of an emoji's colours are none
    return PUNCTUATION if char.isprintable() else 0


def _plain(char: str) -> str:
    """A character without case and accent; of Arabic letters without hamza and madda. Korean syllables stay whole.

    >>> _plain("É"), _plain("أ"), _plain("공"), _plain("Σ") == _plain("ς"), _plain("ک") == _plain("ك")
    ('e', 'ا', '공', True, True)
    """
    lowered = char.lower().translate(_SAME)
    if len(lowered) != 1 or "\uac00" <= char <= "\ud7a3":
        return char
    return unicodedata.normalize("NFD", lowered)[0]


def chars(strings: Sequence[str]) -> Chars:
    """Lay strings end to end. Lone surrogates are let through."""
    joined = "\n".join([*strings, ""]).encode("utf-32-le", "surrogatepass")
    codes = np.minimum(np.frombuffer(joined, np.uint32), np.uint32(_PLANE - 1))
    size = np.fromiter(map(len, strings), np.int64, len(strings))
    start = np.cumsum(size + 1) - size - 1
    return Chars(codes, _tables()[0].take(codes), start, size)


def unstopped(found: Chars) -> npt.NDArray[np.bool_]:
    """Whether each string begins in a script that ends no sentence with a sign: there a long line is one."""
    first = found.codes[found.start]
    return (first >= _UNSTOPPED_BLOCK[0]) & (first <= _UNSTOPPED_BLOCK[1])


def words(found: Chars) -> Words:
    """Cut into words: runs of letters, runs of digits, and single letters of scripts without spaces.

    >>> words(chars(["हिन्दी में", "利比亚", "ลิ 12"])).sizes.tolist()
    [2, 3, 2]
    """
    flags = found.flags
    lettered = (flags & (LETTER | MARK)) > 0
    digit = (flags & DIGIT) > 0
    inside = lettered | digit
    begins = inside.copy()
    alone = (flags & (UNSPACED | LETTER)) == UNSPACED | LETTER
    begins[1:] &= ~inside[:-1] | (digit[1:] != digit[:-1]) | alone[1:]
    starts = np.flatnonzero(begins)
    count_of = np.zeros(len(found.start), np.int64)
    if not len(starts):
        return Words(np.zeros(0, np.uint64), starts, np.zeros(0, np.bool_), count_of, count_of)
    hashes = _hashes(found.codes, inside & ((flags & MARK) == 0), starts)
    hashes[digit[starts]] = NUMBER
    count_of += np.add.reduceat(begins, found.start, dtype=np.int64)
    owner = np.repeat(np.arange(len(count_of)), count_of)
    capital = (flags[starts] & UPPER) > 0
    return Words(hashes, owner, capital, np.cumsum(count_of) - count_of, count_of)


def per_string(found: Words, values: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Sums of word values for each string, one column for each of theirs; strings without words get zeros."""
    sums = np.concatenate([np.zeros((1, values.shape[1]), np.int32), np.cumsum(values, axis=0, dtype=np.int32)])
    return np.asarray(sums[found.first + found.sizes] - sums[found.first], np.float32)


def _hashes(codes: Codes, counted: npt.NDArray[np.bool_], starts: Ints) -> Hashes:
    """Polynomial hash of every word; what does not count (vowel signs, what lies between words) adds nothing."""
    places = np.flatnonzero(counted)
    begins: Ints = (np.cumsum(counted) - counted)[starts]
    summed = hashes_of_runs(_tables()[1].take(codes[places]), begins, np.append(begins[1:], len(places)))
    hashes: Hashes = summed ^ (summed >> np.uint64(29))
    return hashes
