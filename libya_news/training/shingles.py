"""How well a text was extracted, by the measure of the article-extraction benchmark (Scrapinghub, 2020).

Two texts are compared by their runs of four words, how often each occurs included. Precision and recall are averaged
over the pages, and F1 is made of the averages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

RUN: Final = 4
"""Words of a run; a shorter text is one run."""

_WORD: Final = re.compile(r"\w+")


class Score(NamedTuple):
    """Means over pages, each in [0, 1], and the F1 of the two."""

    precision: float
    recall: float
    f1: float


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of words occurs.

    >>> sorted(shingles("one two three four five"))
    [('one', 'two', 'three', 'four'), ('two', 'three', 'four', 'five')]
    """
    words = _WORD.findall(text)
    return Counter(tuple(words[at : at + RUN]) for at in range(max(1, len(words) - RUN + 1))) if words else Counter()


def compare(gold: str, found: str) -> tuple[float | None, float | None]:
    """Precision and recall of one page; None where nothing was found, or nothing was to be found.

    >>> compare("one two three four five", "one two three four")
    (1.0, 0.5)
    """
    wanted, seen = shingles(gold), shingles(found)
    shared = (wanted & seen).total()
    return shared / seen.total() if seen else None, shared / wanted.total() if wanted else None


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Score extracted texts.

    Args:
        pairs: for each page the text as it should be and the text as it was extracted.

    >>> score([("a b c d e", "a b c d e f")])
    Score(precision=0.6666666666666666, recall=1.0, f1=0.8)
    """
    return mean(compare(gold, found) for gold, found in pairs)


def mean(compared: Iterable[tuple[float | None, float | None]]) -> Score:
    """The score of pages that were compared one by one."""
    columns = list(zip(*compared, strict=True)) or [(), ()]
    known = [[value for value in column if value is not None] for column in columns]
    precision, recall = (sum(values) / len(values) if values else 0.0 for values in known)
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)
