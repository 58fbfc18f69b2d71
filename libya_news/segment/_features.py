"""What a model sees of every unit: its own shape and words, and its place in the document.

Nothing here knows a language by name: phrases and word lists of all languages are looked up at once, and the rest is
counted. Features of a unit are in [-1, 1] or near it, so that every kind of model can take them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _chars, _phrases
from .units import Unit

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

HEAD: Final = 240
TAIL: Final = 160
"""Characters looked at from the two ends of a unit. A line that is longer is running text whatever its middle says,
and so the cost of a unit is bounded."""

LONG: Final = 80
"""Characters from which a line may be prose: hardly a menu entry or a headline is longer, most paragraphs are."""

KNOWN: Final = ("caption", "credit", "caption_marker", "media_fallback", "code")
FIRST: Final = ("•*‣◦·●■▪▸►◆○", "-–—", "\"“”„'‘’«", "([", "#", "@", "©", ">»›", "0123456789", "+|/\\_~=")
LAST: Final = (".。؟।", "!?？！", ":：", ",;،؛", "\"“”'‘’»", ")]", "…", "|>»›/-–—", "0123456789")
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
def _classes() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
    """Of each character: its class as first and as last character (0: none), and which counts it adds to (bits)."""
    first, last = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.uint8)
    counted = np.zeros(1 << 16, np.uint16)
    for table, groups in ((first, FIRST), (last, LAST)):
        for index, group in enumerate(groups):
            table[[ord(char) for char in group]] = index + 1
    for index, group in enumerate(COUNTED):
        counted[[ord(char) for char in group]] |= 1 << index
    return first, last, counted


def matrix(documents: Sequence[Document], language: str | None = None) -> Matrix:
    """One row for each unit of all documents, in order; of the phrase tables, those of a language count, or all."""
    units = [unit for document in documents for unit in document.units]
    if not units:
        return np.zeros((0, width()), np.float32)
    spans = _spans([len(document.units) for document in documents])
    windows = [_window(document.text, unit) for document in documents for unit in document.units]
    found = _chars.chars(windows)
    words = _chars.words(found)
    length = np.array([unit.end - unit.start for unit in units], np.float32)
    shape = _shape(found, words, length)
    phrases = _phrase_columns(words, len(units), language)
    cut = _cut(units)
    own = np.concatenate([shape, phrases, cut], axis=1)
    prose = (length >= LONG) & ((shape[:, _NAMES["function_words"]] > _PROSE) | (shape[:, _NAMES["sentence_end"]] > 0))
    context = _context(spans, own, phrases, prose, length)
    told = _told(documents, spans, words, prose)
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
)  # fmt: skip
_NAMES: Final = {name: index for index, name in enumerate(_SHAPE)}
_PROSE: Final = 0.12
"""Share of function words from which a long line is prose: lists of headlines and names have fewer."""


def _shape(found: _chars.Chars, words: _chars.Words, length: Vector) -> Matrix:
    """Length, kinds of characters and words, first and last character."""
    first_class, last_class, counted = _classes()
    size = np.maximum(found.size, 1)
    last = found.start + size - 1
    count = np.maximum(words.sizes, 1)
    flags = found.flags
    letters = _total(found, (flags & _chars.LETTER) > 0)
    upper = _total(found, (flags & _chars.UPPER) > 0)
    member = _phrases.membership(words)
    per_word = _per_unit(words, np.column_stack([words.capital, words.hashes == _chars.NUMBER, member]))
    per_word /= count[:, None]
    ends = _ends_sentence(found, last)
    first_flags, last_flags = flags[found.start], flags[last]
    columns = [
        np.log1p(length) / 6,
        np.log1p(words.sizes * length / size) / 5,
        letters / size,
        upper / np.maximum(letters, 1),
        _total(found, (flags & _chars.DIGIT) > 0) / size,
        _total(found, (flags & _chars.SPACE) > 0) / size,
        np.minimum(letters / count / 10, 2),
        *per_word.T,
        _total(found, (flags & _chars.RIGHT_TO_LEFT) > 0) / size,
        _total(found, (flags & _chars.UNSPACED) > 0) / size,
        ends,
        (first_flags & _chars.UPPER) > 0,
        (first_flags & (_chars.UPPER | _chars.LETTER)) == _chars.LETTER,
        (last_flags & _chars.LETTER) > 0,
        (upper == letters) & (letters > 2),
    ]
    kinds = counted[found.codes]
    counts = [np.log1p(_total(found, (kinds >> bit) & 1 > 0)) / 3 for bit in range(len(COUNTED))]
    first = np.eye(len(FIRST) + 1, dtype=np.float32)[first_class[found.codes[found.start]]]
    final = np.eye(len(LAST) + 1, dtype=np.float32)[last_class[found.codes[last]]]
    return np.concatenate([np.column_stack([*columns, *counts]), first[:, 1:], final[:, 1:]], axis=1).astype(np.float32)


def _total(found: _chars.Chars, flags: Bools) -> Vector:
    """How many characters of each string are flagged. The line feed behind a string is a space, hence not counted."""
    summed = np.add.reduceat(flags.astype(np.int32), found.start)
    return np.asarray(summed - flags[found.start + found.size], np.float32)


def _per_unit(words: _chars.Words, values: Bools) -> Matrix:
    """Sums of word values for each string; strings without words get zeros."""
    sums = np.concatenate([np.zeros((1, values.shape[1]), np.int32), np.cumsum(values, axis=0, dtype=np.int32)])
    return np.asarray(sums[words.first + words.sizes] - sums[words.first], np.float32)


def _ends_sentence(found: _chars.Chars, last: _chars.Ints) -> Vector:
    """Whether a full stop or the like closes the string, a quotation mark or bracket behind it allowed."""
    ending = _classes()[1][found.codes]
    stop = (ending == 1) | (ending == 2) | (ending == 7)
    closing = (ending == 5) | (ending == 6)
    before = np.maximum(last - 1, found.start)
    return np.asarray(stop[last] | (closing[last] & stop[before]), np.float32)


def _phrase_columns(words: _chars.Words, size: int, language: str | None) -> Matrix:
    """Which phrases of the tables a unit holds, by kind and place, and how much of the unit they are."""
    found = _phrases.hits(words, language)
    table = np.zeros((size, len(_phrases.columns()) + 1), np.float32)
    table[found.owner, found.column] = 1
    share = found.size / np.maximum(words.sizes[found.owner], 1)
    np.maximum.at(table[:, -1], found.owner, share.astype(np.float32))
    return table


def _cut(units: Sequence[Unit]) -> Matrix:
    """How the unit was cut: what the cut shows, and the line ends before and behind it."""
    breaks = np.array([unit.breaks for unit in units])
    after = np.append(breaks[1:], 2)
    known = np.array([KNOWN.index(unit.known) + 1 if unit.known else 0 for unit in units])
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
    ]  # fmt: skip
    around = np.column_stack([prose, np.minimum(length, 400) / 400, own[:, _AROUND]])
    for reach in REACHES:
        low, high = np.maximum(index - reach, spans.low), np.minimum(index + reach + 1, spans.high)
        columns.extend(_sums(around, low, index) / reach)
        columns.extend(_sums(around, index + 1, high) / reach)
    columns.extend(_sections(spans, phrases, prose))
    return np.column_stack(columns).astype(np.float32)


def _sum(values: Vector, low: _chars.Ints, high: _chars.Ints) -> Vector:
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(sums[high] - sums[low], np.float32)


def _sums(values: Matrix, low: _chars.Ints, high: _chars.Ints) -> Matrix:
    """Sums over [low, high) of every column, one row for each column."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    return np.asarray((sums[high] - sums[low]).T, np.float32)


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
    score = np.where(prose, np.minimum(length, 400) / 100, -0.7)
    sums = np.concatenate([[0.0], np.cumsum(score)])
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


def _told(documents: Sequence[Document], spans: _Spans, words: _chars.Words, prose: Bools) -> Matrix:
    """Repetition inside the document, and words shared with its prose and its title."""
    content = ~_phrases.membership(words)[:, 0] & (words.hashes != _chars.NUMBER)
    key = words.hashes ^ (spans.number[words.owner].astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93))
    in_prose = prose[words.owner]
    shared = np.isin(key, key[in_prose & content]) & content
    titles = _chars.words(_chars.chars([document.title for document in documents]))
    title_key = titles.hashes ^ (titles.owner.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93))
    titled = np.isin(key, title_key)
    sums = _per_unit(words, np.column_stack([content, shared, titled]))
    line = np.add.reduceat(np.append(key * _places(words), np.uint64(0)), np.append(words.first, len(key)))[:-1]
    line[words.sizes == 0] = spans.number[words.sizes == 0].astype(np.uint64)
    _, inverse, repeats = np.unique(line, return_inverse=True, return_counts=True)
    has_title = (titles.sizes > 0)[spans.number]
    count = np.maximum(words.sizes, 1)
    return np.column_stack([
        sums[:, 1] / np.maximum(sums[:, 0], 1), sums[:, 0] / count,
        has_title, sums[:, 2] / count, sums[:, 2] / np.maximum(titles.sizes[spans.number], 1),
        (repeats[inverse] > 1) & (words.sizes > 0),
    ]).astype(np.float32)  # fmt: skip


def _places(words: _chars.Words) -> _chars.Hashes:
    """An odd factor for each word's place in its unit, so that the order of words counts."""
    place = np.arange(len(words.hashes)) - words.first[words.owner]
    return np.asarray(place.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C14) + np.uint64(1), np.uint64)


def language_columns() -> npt.NDArray[np.int64]:
    """The columns that depend on phrase tables and word lists: without a table for a text's language they are zero."""
    own = len(_SHAPE) + len(COUNTED) + len(FIRST) + len(LAST)
    phrases = np.arange(own, own + len(_phrases.columns()) + 1)
    listed = np.array([_NAMES[name] for name in (*_phrases.WORD_LISTS, "agencies")])
    sections = width() - _TOLD - 3 * len(SECTIONS) + np.arange(3 * len(SECTIONS))
    return np.concatenate([listed, phrases, sections])


_TOLD: Final = 6
"""Columns of ``_told``."""
_BREAKS_ONE: Final = -3
"""Column of ``own``, counted from its end: exactly one line end stands before the unit."""
_AROUND: Final = [_NAMES["sentence_end"], _NAMES["capitals"], len(_SHAPE) + len(COUNTED), -1 - 9, _BREAKS_ONE]
"""Columns of ``own`` that are averaged over the surroundings: the fourth is the share of the unit that phrases fill."""
