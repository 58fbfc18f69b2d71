"""What a model sees of every unit: its own shape and words, and its place in the document.

Nothing here knows a language by name: phrases and word lists of all languages are looked up at once, and the rest is
counted. Features of a unit are in [-1, 1] or near it, so that every kind of model can take them as they are. Logarithms
are taken in double precision: what processors differ in lies far below the precision of a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _chars, _phrases, _repeats
from .units import Unit

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

HEAD: Final = 240
TAIL: Final = 160
"""Characters looked at from the two ends of a unit. A line that is longer is running text whatever its middle says,
and so the cost of a unit is bounded."""

LONG: Final = 80
"""Characters from which a line may be prose: hardly a menu entry or a headline is longer, most paragraphs are."""

KNOWN: Final = ("caption", "credit", "caption_marker", "media_fallback", "code")
FIRST: Final = ("•*‣◦·●■▪▸►◆○", "-–—", "\"“”„'‘’«", "([", "#", "@", "©", ">»›", "0123456789", "+|/\\_~=")
LAST: Final = (".。؟।۔።", "!?？！", ":：", ",;،؛", "\"“”'‘’»", ")]", "…", "|>»›/-–—", "0123456789")
COUNTED: Final = ("|", "/", ">»›•·", ",،", ".!?؟。", ":", '"“”«»', "{}<>=;", "()[]", "@", "#", "_")
SECTIONS: Final = ("navigation", "promo", "share", "subscribe", "comment_form", "comment", "legal", "tags", "byline")
REACHES: Final = (2, 6, 16)
"""Units to each side over which the surroundings are averaged: the paragraph, the screen, the section."""


class Document(NamedTuple):
    """One text to label: its units and what the caller knows of it.

    Attributes:
        text: the text.
        units: its units, in order.
        title: its headline, or "".
    """

    text: str
    units: Sequence[Unit]
    title: str = ""


class _Spans(NamedTuple):
    """For each unit, the first and the end index of its document, and the document's number."""

    low: _chars.Ints
    high: _chars.Ints
    number: _chars.Ints


@lru_cache(maxsize=1)
def _classes() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Of each character: its class as first and as last character (0: none)."""
    first, last = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.uint8)
    for table, groups in ((first, FIRST), (last, LAST)):
        for index, group in enumerate(groups):
            table[[ord(char) for char in group]] = index + 1
    return first, last


@lru_cache(maxsize=1)
def _counters() -> npt.NDArray[np.uint64]:
    """Of each character which counts it adds to: ``_PER_SUM`` of them in the bits of each number of a column.

    The line feed that closes a string adds to none.
    """
    flags = _chars.flags_of_all()
    kinds = [(flags & flag) > 0 for flag in _FLAGS]
    for group in COUNTED:
        kinds.append(np.zeros(1 << 16, np.bool_))
        kinds[-1][[ord(char) for char in group]] = True
    packed = np.zeros((-(-len(kinds) // _PER_SUM), 1 << 16), np.uint64)
    for index, kind in enumerate(kinds):
        packed[index // _PER_SUM] |= kind.astype(np.uint64) << np.uint64(_BITS * (index % _PER_SUM))
    packed[:, ord("\n")] = 0
    return packed


_FLAGS: Final = (
    _chars.LETTER, _chars.UPPER, _chars.DIGIT, _chars.SPACE, _chars.RIGHT_TO_LEFT, _chars.UNSPACED,
)  # fmt: skip
_BITS: Final = 10
"""Bits of one count: no window has more than ``HEAD + TAIL + 1`` characters."""
_PER_SUM: Final = 64 // _BITS


def _counts(found: _chars.Chars) -> Matrix:
    """One row for each of ``_FLAGS``, then of ``COUNTED``: how many such characters there are in each string."""
    sums = [np.add.reduceat(table[found.codes], found.start) for table in _counters()]
    mask = np.uint64((1 << _BITS) - 1)
    fields = [(total >> np.uint64(_BITS * field)) & mask for total in sums for field in range(_PER_SUM)]
    return np.array(fields[: len(_FLAGS) + len(COUNTED)], np.float64)


def matrix(documents: Sequence[Document], language: str | None = None) -> Matrix:
    """One row for each unit of all documents, in order; of the phrase tables, those of a language count, or all."""
    units = [unit for document in documents for unit in document.units]
    if not units:
        return np.zeros((0, width()), np.float32)
    spans = _spans([len(document.units) for document in documents])
    windows = [_window(document.text, unit) for document in documents for unit in document.units]
    found = _chars.chars(windows)
    words = _chars.words(found)
    length = np.array([unit.end - unit.start for unit in units], np.float64)
    member = _phrases.membership(words)
    shape = _shape(found, words, member, length)
    phrases = _phrase_columns(words, len(units), language)
    cut = _cut(units, spans)
    own = np.concatenate([shape, phrases, cut], axis=1)
    prose = (length >= LONG) & ((shape[:, _NAMES["function_words"]] > _PROSE) | (shape[:, _NAMES["sentence_end"]] > 0))
    context = _context(spans, own, phrases, prose, length)
    told = _repeats.columns([document.title for document in documents], spans.number, words, member, prose)
    return np.concatenate([own, context, told], axis=1).astype(np.float32)


def width() -> int:
    """Number of columns of ``matrix``."""
    return int(matrix([Document("a", [Unit(0, 1, 0)])]).shape[1])


def _window(text: str, unit: Unit) -> str:
    if unit.end - unit.start <= HEAD + TAIL:
        return text[unit.start : unit.end]
    return f"{text[unit.start : unit.start + HEAD]} {text[unit.end - TAIL : unit.end]}"


def _spans(sizes: Sequence[int]) -> _Spans:
    counts = np.array(sizes)
    ends = np.cumsum(counts)
    return _Spans(np.repeat(ends - counts, counts), np.repeat(ends, counts), np.repeat(np.arange(len(counts)), counts))


_SHAPE: Final = (
    "length", "words", "letters", "upper", "digits", "spaces", "word_length", "capitals", "numbers",
    "function_words", "time_words", "role_words", "picture_words", "agencies",
    "right_to_left", "unspaced", "sentence_end", "first_upper", "first_lower", "last_letter", "all_capitals",
    "addresses",
)  # fmt: skip
_NAMES: Final = {name: index for index, name in enumerate(_SHAPE)}
_PROSE: Final = 0.12
"""Share of function words from which a long line is prose: lists of headlines and names have fewer."""


def _shape(found: _chars.Chars, words: _chars.Words, member: Bools, length: Vector) -> Matrix:
    """Length, kinds of characters and words, first and last character."""
    first_class, last_class = _classes()
    size = np.maximum(found.size, 1)
    last = found.start + size - 1
    count = np.maximum(words.sizes, 1)
    letters, upper, digits, spaces, right_to_left, unspaced, *counts = _counts(found)
    per_word = _chars.per_string(words, np.column_stack([words.capital, words.hashes == _chars.NUMBER, member]))
    per_word /= count[:, None]
    first_flags, last_flags = found.flags[found.start], found.flags[last]
    columns = [
        np.log1p(length) / 6,
        np.log1p(words.sizes * length / size) / 5,
        letters / size,
        upper / np.maximum(letters, 1),
        digits / size,
        spaces / size,
        np.minimum(letters / count / 10, 2),
        *per_word.T,
        right_to_left / size,
        unspaced / size,
        _ends_sentence(found, last) | (_chars.unstopped(found) & (length >= LONG)),
        (first_flags & _chars.UPPER) > 0,
        (first_flags & (_chars.UPPER | _chars.LETTER)) == _chars.LETTER,
        (last_flags & _chars.LETTER) > 0,
        (upper == letters) & (letters > 2),
        np.minimum(_joints(found), 4) / 2,
        *(np.log1p(number) / 3 for number in counts),
    ]
    first = np.eye(len(FIRST) + 1, dtype=np.float32)[first_class[found.codes[found.start]]]
    final = np.eye(len(LAST) + 1, dtype=np.float32)[last_class[found.codes[last]]]
    return np.concatenate([np.column_stack(columns), first[:, 1:], final[:, 1:]], axis=1, dtype=np.float32)


def _joints(found: _chars.Chars) -> Vector:
    """How many full stops stand between letters, as in addresses and names of sites."""
    at = np.flatnonzero(found.codes == ord("."))
    at = at[(at > 0) & (at < len(found.codes) - 1)]
    letter = found.flags & _chars.LETTER
    at = at[(letter[at - 1] & letter[at + 1]) > 0]
    owner = np.searchsorted(found.start, at, side="right") - 1
    return np.bincount(owner, minlength=len(found.start)).astype(np.float32)


def _ends_sentence(found: _chars.Chars, last: _chars.Ints) -> Bools:
    """Whether a full stop or the like closes the string, a quotation mark or bracket behind it allowed."""
    ending, before = (_classes()[1][found.codes[at]] for at in (last, np.maximum(last - 1, found.start)))
    return np.asarray(np.isin(ending, _STOPS) | (np.isin(ending, _CLOSING) & np.isin(before, _STOPS)))


_STOPS: Final = (1, 2, 7)
_CLOSING: Final = (5, 6)
"""Of ``LAST``: what ends a sentence, and what may close it."""


def _phrase_columns(words: _chars.Words, size: int, language: str | None) -> Matrix:
    """Which phrases of the tables a unit holds, by kind and place, and how much of the unit they are."""
    found = _phrases.hits(words, language)
    table = np.zeros((size, len(_phrases.columns()) + 1), np.float32)
    table[found.owner, found.column] = 1
    share = found.size / np.maximum(words.sizes[found.owner], 1)
    np.maximum.at(table[:, -1], found.owner, share.astype(np.float32))
    return table


def _cut(units: Sequence[Unit], spans: _Spans) -> Matrix:
    """How the unit was cut: what the cut shows, and the line ends before and behind it; a text ends with two."""
    breaks = np.array([unit.breaks for unit in units])
    after = np.append(breaks[1:], 2)
    after[spans.high - 1] = 2
    known = np.array([KNOWN.index(unit.known) + 1 if unit.known in KNOWN else 0 for unit in units])
    shown = np.eye(len(KNOWN) + 1, dtype=np.float32)[known][:, 1:]
    return np.column_stack([shown, breaks == 0, breaks == 1, after == 0, after == 1]).astype(np.float32)


def _context(spans: _Spans, own: Matrix, phrases: Matrix, prose: Bools, length: Vector) -> Matrix:
    """Where a unit stands in its document, and what stands around it."""
    index = np.arange(len(prose))
    size = spans.high - spans.low
    above, below = index - spans.low, spans.high - 1 - index
    weight = np.where(prose, length, 0)
    total = np.maximum(_sum(weight, spans.low, spans.high), 1)
    first, last = _extent(spans, prose)
    run_low, run_high = _densest(spans, prose, length)
    columns = [
        np.log1p(above) / 4, np.log1p(below) / 4, above / size, np.log1p(size) / 6,
        _sum(weight, spans.low, index) / total, _sum(weight, index + 1, spans.high) / total,
        _signed(index - first), _signed(index - last), _signed(index - run_low), _signed(index - run_high),
        (index >= run_low) & (index <= run_high),
        total / np.maximum(_sum(length, spans.low, spans.high), 1),
        _sum(prose.astype(np.float32), spans.low, spans.high) / size,
        _sum(own[:, _BREAKS_ONE], spans.low, spans.high) / size,
        np.log1p(_sum(prose.astype(np.float32), spans.low, spans.high)) / 4,
        prose,
        *_nearest(spans, prose, length),
        _sum(own[:, len(_SHAPE) + len(COUNTED)], spans.low, spans.high) / size,
    ]  # fmt: skip
    around = np.column_stack([prose, np.minimum(length, 400) / 400, own[:, _AROUND]])
    for reach in REACHES:
        low, high = np.maximum(index - reach, spans.low), np.minimum(index + reach + 1, spans.high)
        columns.extend(_sums(around, low, index) / reach)
        columns.extend(_sums(around, index + 1, high) / reach)
    columns.extend(_sections(spans, phrases, prose))
    return np.column_stack(columns).astype(np.float32)


def _nearest(spans: _Spans, prose: Bools, length: Vector) -> list[Vector]:
    """How far the next prose lies above and below a unit, and how long it is."""
    index = np.arange(len(prose))
    above = np.maximum.accumulate(np.where(np.append(False, prose[:-1]), index - 1, -1))
    below = np.minimum.accumulate(np.where(np.append(prose[1:], False), index + 1, len(index))[::-1])[::-1]
    has_above, has_below = above >= spans.low, below < spans.high
    size = np.minimum(np.append(length, 0), 400) / 400
    return [
        np.where(has_above, np.log1p(index - above) / 4, 1.5),
        np.where(has_below, np.log1p(below - index) / 4, 1.5),
        np.where(has_above, size[above], 0),
        np.where(has_below, size[below], 0),
    ]


def _sum(values: Vector, low: _chars.Ints, high: _chars.Ints) -> Vector:
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(sums[high] - sums[low])


def _sums(values: Matrix, low: _chars.Ints, high: _chars.Ints) -> Matrix:
    """Sums over [low, high) of every column, one row for each column.

    They are sums of whole numbers, hence exact: whatever documents stand before, a document's sums are the same.
    """
    whole = np.rint(values * _STEPS).astype(np.int64)
    sums = np.concatenate([np.zeros((1, values.shape[1]), np.int64), np.cumsum(whole, axis=0)])
    return np.asarray((sums[high] - sums[low]).T / _STEPS, np.float32)


_STEPS: Final = 1 << 12
"""To how many parts of one a share is taken before shares are added up."""


def _signed(distance: _chars.Ints) -> Vector:
    return np.asarray(np.sign(distance) * np.log1p(np.abs(distance)) / 4, np.float32)


def _extent(spans: _Spans, prose: Bools) -> tuple[_chars.Ints, _chars.Ints]:
    """The first and the last prose line of each unit's document; the document's end and beginning if it has none."""
    index = np.arange(len(prose))
    starts = np.flatnonzero(index == spans.low)
    first = np.minimum.reduceat(np.where(prose, index, spans.high), starts)
    last = np.maximum.reduceat(np.where(prose, index, spans.low), starts)
    return first[spans.number], last[spans.number]


def _densest(spans: _Spans, prose: Bools, length: Vector) -> tuple[_chars.Ints, _chars.Ints]:
    """The run of units with the most prose: the maximum of a sum in which prose gains and other lines cost."""
    score = np.where(prose, np.minimum(length, 400), -70).astype(np.int64)  # whole numbers, so that sums are exact
    sums = np.concatenate([[0], np.cumsum(score)])
    index = np.arange(len(prose))
    starts = np.flatnonzero(index == spans.low)
    low, high = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    for number, start in enumerate(starts):
        end = spans.high[start]
        lowest = np.minimum.accumulate(sums[start:end])
        best = int(np.argmax(sums[start + 1 : end + 1] - lowest))
        high[number] = start + best
        low[number] = start + int(np.argmax(sums[start:end] == lowest[best]))
    return low[spans.number], high[spans.number]


def _sections(spans: _Spans, phrases: Matrix, prose: Bools) -> list[Vector]:
    """For each kind that opens a section of a page, how near above and below a line is that says so."""
    index = np.arange(len(prose))
    found: list[Vector] = []
    for columns in _section_columns():
        speaks = phrases[:, columns].any(axis=1)
        above = np.maximum.accumulate(np.where(speaks, index, -1))
        below = np.minimum.accumulate(np.where(speaks, index, len(index) + 1)[::-1])[::-1]
        found.append(np.where(above >= spans.low, np.exp((above - index) / 8), 0).astype(np.float32))
        found.append(np.where(below < spans.high, np.exp((index - below) / 8), 0).astype(np.float32))
        since = _sum(prose.astype(np.float32), np.maximum(above, spans.low), index)
        found.append(np.where(above >= spans.low, np.exp(-since), 0).astype(np.float32))
    return found


@lru_cache(maxsize=1)
def _section_columns() -> tuple[list[int], ...]:
    """For each kind of ``SECTIONS``, its columns of whole lines and openings."""
    return tuple(
        [
            index
            for index, (name, place) in enumerate(_phrases.columns())
            if name == kind and place in _phrases.PLACES[:2]
        ]
        for kind in SECTIONS
    )


def language_columns() -> npt.NDArray[np.int64]:
    """The columns that depend on phrase tables and word lists: without a table for a text's language they are zero."""
    own = len(_SHAPE) + len(COUNTED) + len(FIRST) + len(LAST)
    phrases = np.arange(own, own + len(_phrases.columns()) + 1)
    listed = np.array([_NAMES[name] for name in (*_phrases.WORD_LISTS, "agencies")])
    sections = width() - _repeats.COLUMNS - 3 * len(SECTIONS) + np.arange(3 * len(SECTIONS))
    return np.concatenate([listed, phrases, sections])


_BREAKS_ONE: Final = -3
"""Column of ``own``, counted from its end: exactly one line end stands before the unit."""
_AROUND: Final = [_NAMES["sentence_end"], _NAMES["capitals"], len(_SHAPE) + len(COUNTED), -1 - 9, _BREAKS_ONE]
"""Columns of ``own`` that are averaged over the surroundings: the fourth is the share of the unit that phrases fill."""
