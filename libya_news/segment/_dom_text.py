"""What the words of a page's lines show, as columns: all lines of a page at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ._chars import DIGIT, LETTER, SPACE, UPPER, Chars, Words, chars, words
from ._dom import BULLET, Line
from ._heads import Head
from ._phrases import PLACES, hits
from ._phrases import columns as phrase_columns

Column = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

SEEN: Final = 240
"""Characters of a line that are looked at: a longer one is prose whatever follows, and template lines are shorter."""

_DENSE: Final = 2.5
"""How many letters of an alphabet one character of a script without spaces, or of Hangul, is worth."""

_DENSE_BLOCKS: Final = ((0x0E00, 0x0E7F), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF))

_SHORTEST_QUOTE: Final = 12
"""Letters from which a line that stands in the story as data does so by no chance."""

_NO_WORD: Final = np.uint64(0)
"""No word has this hash but by a chance of one in 2**64."""

_OPENING: Final = 30
"""Characters within which a colon ends an opening ("Read more:"), and no clause of a sentence."""

_NO_LETTERS: Final = re.compile(r"[^\w\n]+")
"""What ``letters`` leaves out, but for the ends of lines."""

_SENTENCE_ENDS: Final = '.!?…。！？؟"”»۔।'
_STOPS: Final = ".!?。！？؟۔।"
_CLOSING: Final = "\"”'’»)"
_SIGNS: Final = (("bar", "|"), ("copyright", "©"), ("at", "@"), ("quote", '"“„«'), ("slash", "/"), ("arrow", "›»>"),
                 ("cells", "\t"))  # fmt: skip
_DENSE_BIT, _STOP_BIT, _CLOSING_BIT, *_LAST_BITS = (1 << (len(_SIGNS) + more) for more in range(6))
_LAST: Final = (_SENTENCE_ENDS, ":：", "?？؟")
"""What a line may end with, and for each a bit: of sentences, of what is announced, of questions."""

PHRASE_KINDS: Final = (
    "promo", "share", "subscribe", "comment_form", "media_fallback", "advertisement", "legal", "tags", "byline",
    "timestamp", "credit", "caption", "navigation",
)  # fmt: skip
_PHRASE_AT: Final = {
    (kind, place): number + (0 if place == PLACES[0] else len(PHRASE_KINDS))
    for number, kind in enumerate(PHRASE_KINDS)
    for place in PLACES
}
"""The column of each kind and place: the whole line first, then all other places together."""

TEXT: Final = (
    "characters", "linked", "strong", "bullet", "repeats", "links", "blank", "sentence_end", "colon_end",
    "question_end", "colon_open", "lower_first", "upper_first", "digit_first", "words", "word_length", "digits",
    "upper", "commas", "sentences", *(name for name, _ in _SIGNS), "of_title", "title_covered", "of_description",
    "description_covered", "story_data",
)  # fmt: skip


@lru_cache(maxsize=1)
def _signs() -> npt.NDArray[np.uint16]:
    """For each character of the basic plane the signs that it is, as bits."""
    signs = np.zeros(1 << 16, np.uint16)
    for bit, (_, characters) in enumerate(_SIGNS):
        signs[[ord(character) for character in characters]] |= 1 << bit
    for characters, mark in ((_STOPS, _STOP_BIT), (_CLOSING, _CLOSING_BIT), *zip(_LAST, _LAST_BITS, strict=True)):
        signs[[ord(character) for character in characters]] |= mark
    for first, last in _DENSE_BLOCKS:
        signs[first : last + 1] |= _DENSE_BIT
    return signs


class Texts:
    """The lines of a page as characters and words, without their bullets and what stands beyond ``SEEN``.

    Attributes:
        size, length: length of each line in characters, and in letters of an alphabet.
        links: whether most of it is a link: of menus and teasers the markup tells more than their words.
    """

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.chars: Chars = chars([(line.text.removeprefix(BULLET) or line.text)[:SEEN] for line in lines])
        self.words: Words = words(self.chars)
        self.signs = _signs()[self.chars.codes]
        self.present = np.bitwise_or.reduceat(self.signs, self.chars.start)
        self.size = np.array([len(line.text) for line in lines], np.float64)
        self.links = 2 * np.array([line.linked for line in lines]) > self.size
        self.length: Column = self.size * np.where(self.present & _DENSE_BIT, _DENSE, 1.0)

    def columns(self, head: Head) -> list[Numbers]:
        """The columns of ``TEXT``."""
        return [
            *self._outside(),
            *self._first(),
            *self._counts(),
            *(self.present >> bit & 1 for bit in range(len(_SIGNS))),
            *self._covered((head.titles, head.description)),
            self._told(head.story),
        ]

    def _outside(self) -> Iterator[Numbers]:
        """What the lines' ends, markup and repetition show."""
        texts, _, _, linked, strong, links, _, blank = zip(*self.lines, strict=True)
        repeats = Counter(texts)
        last = _signs()[chars(["".join(text[-1] for text in texts)]).codes[:-1]]
        yield np.log1p(self.size)
        yield from (np.minimum(1.0, np.array(part, np.float64) / self.size) for part in (linked, strong))
        yield np.array([text.startswith(BULLET) for text in texts])
        yield from (np.array(counts) for counts in ([repeats[text] for text in texts], links, blank))
        yield from (last & bit > 0 for bit in _LAST_BITS)
        yield np.array([text.find(":", 0, _OPENING) for text in texts]) > 0

    def _first(self) -> tuple[Marks, ...]:
        """Whether the first character is a small letter, a capital or a digit."""
        flags = self.chars.flags[self.chars.start]
        return (flags & (LETTER | UPPER)) == LETTER, flags & UPPER > 0, flags & DIGIT > 0

    def _counts(self) -> tuple[Numbers, ...]:
        """How many words, digits, capitals, commas and sentences, in relation to the length of what is looked at."""
        found, flags, size = self.chars, self.chars.flags, np.maximum(1, self.chars.size)
        count = np.maximum(1, self.words.sizes)
        stops = (self.signs[:-1] & _STOP_BIT > 0) & ((flags[1:] & SPACE > 0) | (self.signs[1:] & _CLOSING_BIT > 0))
        return (
            np.log1p(self.words.sizes * self.size / size),
            size / count,
            self._sums(flags & DIGIT > 0) / size,
            self._sums(flags & UPPER > 0) / size,
            self._sums(found.codes == ord(",")) / count,
            self._sums(np.append(stops, False)),
        )

    def _sums(self, marks: Marks) -> Ints:
        """For each line the number of its marked characters."""
        return np.add.reduceat(marks.astype(np.int64), self.chars.start)

    def _covered(self, texts: Sequence[str]) -> Iterator[Column]:
        """For each text the share of each line's words that it has, and the share of its words that the line has."""
        count = len(self.lines)
        said = words(chars(texts))
        for number in range(len(texts)):
            wanted = np.unique(said.hashes[said.owner == number])
            at = np.searchsorted(wanted, self.words.hashes)
            same = np.flatnonzero(np.append(wanted, _NO_WORD)[at] == self.words.hashes)
            owner = self.words.owner[same]
            distinct = np.unique(owner * (len(wanted) + 1) + at[same]) // (len(wanted) + 1)
            yield np.bincount(owner, minlength=count) / np.maximum(1, self.words.sizes)
            yield np.bincount(distinct, minlength=count) / max(1, len(wanted))

    def _told(self, story: str) -> Column:
        """Whether the story as data has the line: -1 where there is no such story, 2 where the line is long.

        Links are not looked for: they lead away.
        """
        if not story:
            return np.full(len(self.lines), -1.0)
        texts = ("" if link else line.text[:SEEN] for line, link in zip(self.lines, self.links.tolist(), strict=True))
        plain = _NO_LETTERS.sub("", "\n".join(texts)).casefold().split("\n")
        return np.array([(1.0 + (len(one) >= _SHORTEST_QUOTE)) * bool(one and one in story) for one in plain])

    def phrases(self) -> Marks:
        """For each kind, whether the whole line, or a part of it, is a phrase of that kind.

        Of links and of long lines nothing is said.
        """
        found = np.zeros((len(self.lines), 2 * len(PHRASE_KINDS)), np.bool_)
        looked_up = ~self.links & (self.size <= SEEN)
        phrases = hits(self.words)
        places = np.array([_PHRASE_AT.get(use, -1) for use in phrase_columns()])[phrases.column]
        known = (places >= 0) & looked_up[phrases.owner]
        found[phrases.owner[known], places[known]] = True
        return found
