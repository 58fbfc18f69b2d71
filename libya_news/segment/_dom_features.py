"""What the model sees of each line of a page: its text, the elements around it, its place, and its neighbours' story.

Everything is counted in passes over lines and elements, so the cost grows linearly with the page. The order of the
columns is part of a model: ``COLUMNS`` is stored with it and compared on loading.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from operator import ne
from typing import Final

import numpy as np
import numpy.typing as npt

from ._chars import chars, words
from ._dom import BULLET, Line, Page
from ._dom_boxes import (
    OWN,
    PLACE,
    TAG_PLACES,
    Boxes,
    Lines,
    bit_columns,
    element_columns,
    groups,
    place_columns,
    tag_columns,
)
from ._heads import Head, letters
from ._phrases import PLACES, hits
from ._phrases import columns as phrase_columns

Matrix = npt.NDArray[np.float32]

PROSE: Final = 80
"""Characters from which an unlinked line counts as prose: hardly a menu entry or a headline is longer."""

MOSTLY_LINKED: Final = 0.4
"""Share of linked characters from which a line is no prose: paragraphs with links in them have less."""

_DENSE: Final = 2.5
"""How many letters of an alphabet one character of a script without spaces is worth."""

LONGEST_PHRASE: Final = 240
"""Characters up to which a line is looked up in the phrase tables: template lines are shorter."""

_SHORTEST_QUOTE: Final = 12
"""Letters from which a line that stands in the story as data does so by no chance."""

_SEEN: Final = 200
"""Characters of a line that are looked at; a longer one is prose whatever follows."""

_DIGIT: Final = re.compile(r"\d")
_TOKEN: Final = re.compile(r"\w+")
_SENTENCE: Final = re.compile(r"[.!?。！？؟۔।][\s\"”'’»)]")
_UNSPACED: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE_ENDS: Final = frozenset('.!?…。！？؟"”»۔।')
_QUOTES: Final = re.compile(r'["“„«]')
_ARROWS: Final = re.compile("->|[›»>]")
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

_TEXT: Final = (
    "characters", "words", "linked", "strong", "sentence_end", "upper_first", "lower_first", "digits", "upper",
    "commas", "sentences", "colon_end", "question_end", "bar", "copyright", "at", "quote", "bullet", "of_title",
    "title_covered",
    "of_description", "description_covered", "repeats", "story_data", "links", "blank", "word_length", "digit_first",
    "slash", "arrow",
)  # fmt: skip


@lru_cache(maxsize=1)
def columns() -> tuple[str, ...]:
    """Names of the columns, numbers first, then yes-or-no."""
    names = groups().names
    tags = groups().known
    return (
        *_TEXT,
        *OWN,
        *PLACE,
        *(f"phrase_{how}_{kind}" for how in ("whole", "part") for kind in PHRASE_KINDS),
        *(f"{where}_{name}" for where in ("within", "own", "parent", "above") for name in names),
        *(f"{where}={tag}" for where in TAG_PLACES for tag in tags),
    )


def features(page: Page, head: Head, box: Boxes) -> Matrix:
    """One row for each line of the page, columns as ``columns`` names them."""
    if not page.lines:
        return np.zeros((0, len(columns())), dtype=np.float32)
    table = np.array(_text_columns(page.lines, head), dtype=np.float64)
    at = {name: table[:, number] for number, name in enumerate(_TEXT)}
    length = np.array([_length(line.text) for line in page.lines])
    prose = np.where((length >= PROSE) & (at["linked"] < MOSTLY_LINKED), length, 0.0)
    title = at["of_title"] * np.minimum(at["title_covered"], _ENOUGH_TITLE)
    lines = Lines(length, prose, at["linked"], at["sentence_end"], title)
    parts = (
        table,
        element_columns(page, box, lines),
        place_columns(page, box, lines),
        _phrase_columns(page.lines),
        bit_columns(page, box),
        tag_columns(page, box),
    )
    return np.concatenate(parts, axis=1).astype(np.float32)


_ENOUGH_TITLE: Final = 0.9
"""Share of the title's words from which a line is the title: the rest is the site's name."""


def is_link(line: Line) -> bool:
    """Whether most of the line is a link: of menus and teasers the markup tells more than their words."""
    return 2 * line.linked > len(line.text)


def _phrase_columns(lines: list[Line]) -> npt.NDArray[np.float64]:
    """For each kind, whether the whole line, or a part of it, is a phrase of that kind."""
    found = np.zeros((len(lines), 2 * len(PHRASE_KINDS)))
    looked_up = [row for row, line in enumerate(lines) if len(line.text) <= LONGEST_PHRASE and not is_link(line)]
    phrases = hits(words(chars([lines[row].text for row in looked_up])))
    places = np.array([_PHRASE_AT.get(use, -1) for use in phrase_columns()])[phrases.column]
    known = places >= 0
    found[np.array(looked_up, dtype=np.int64)[phrases.owner[known]], places[known]] = 1.0
    return found


def _length(text: str) -> float:
    """Length of a line in letters of an alphabet."""
    return len(text) * (_DENSE if _UNSPACED.search(text[:_SEEN]) else 1.0)


def _text_columns(lines: list[Line], head: Head) -> list[tuple[float, ...]]:
    title = frozenset(_TOKEN.findall(head.titles.casefold()))
    summary = frozenset(_TOKEN.findall(head.description.casefold()))
    repeats = Counter(line.text for line in lines)
    return [(*_text_row(line), *_said_row(line, head, title, summary, repeats), *_rest_row(line)) for line in lines]


def _text_row(line: Line) -> tuple[float, ...]:
    text = line.text.removeprefix(BULLET) or line.text
    seen = text[:_SEEN]
    words = _TOKEN.findall(seen)
    count = max(len(words), len(seen) // 2 if _UNSPACED.search(seen) else 0)
    solid = max(1, len(text) - text.count(" "))
    return (
        math.log1p(len(text)),
        math.log1p(count * (len(text) / len(seen))),
        min(1.0, line.linked / solid),
        min(1.0, line.strong / solid),
        text[-1] in _SENTENCE_ENDS,
        text[0].isupper(),
        text[0].islower(),
        len(_DIGIT.findall(seen)) / len(seen),
        sum(map(ne, seen, seen.lower())) / len(seen),
        seen.count(",") / max(1, count),
        len(_SENTENCE.findall(seen)),
        text[-1] in ":：",
        text[-1] in "?？؟",
        "|" in seen,
        "©" in seen,
        "@" in seen,
        _QUOTES.search(seen) is not None,
    )


def _said_row(
    line: Line, head: Head, title: frozenset[str], summary: frozenset[str], repeats: Counter[str]
) -> tuple[float, ...]:
    """How much of the line the page's head says, and how often the page says it."""
    words = frozenset(_TOKEN.findall(line.text[:_SEEN].casefold()))
    in_title = len(words & title)
    in_summary = len(words & summary)
    data = -1.0
    if head.story:
        told = letters(line.text[:_SEEN])
        data = 0.0 if told not in head.story else 2.0 if len(told) >= _SHORTEST_QUOTE else 1.0
    return (
        line.text.startswith(BULLET),
        in_title / max(1, len(words)),
        in_title / max(1, len(title)),
        in_summary / max(1, len(words)),
        in_summary / max(1, len(summary)),
        repeats[line.text],
        data,
    )


def _rest_row(line: Line) -> tuple[float, ...]:
    text = line.text.removeprefix(BULLET) or line.text
    seen = text[:_SEEN]
    return (
        line.links,
        line.blank,
        len(seen) / max(1, len(_TOKEN.findall(seen))),
        text[0].isdigit(),
        "/" in seen,
        _ARROWS.search(seen) is not None,
    )
