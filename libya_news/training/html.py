"""Pages with labelled lines, as the HTML model learns from them.

A row of the page files has the page (``html``), the text of a walk over it (``texts["walk"]``) and a label for each of
its lines (``lines["walk"]``), and for most sources the story as it should come out (``gold["body"]``).
"""

from __future__ import annotations

import gzip
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from libya_news.labels import STORY_KINDS
from libya_news.segment._dom import read_page
from libya_news.segment._dom_boxes import boxes
from libya_news.segment._dom_features import features
from libya_news.segment._heads import letters, read_head, said
from libya_news.segment._markup import utf8

from .html_network import Example
from .shingles import shingles

CLASSES: Final = (
    "paragraph", "standfirst", "crosshead", "headline", "caption", "credit", "related_link",
    "boilerplate_other",
)  # fmt: skip
"""What the model tells apart. Other kinds follow from the markup."""

SHARES: Final[Mapping[str, float]] = {
    "fundus": 1.0, "fundus_history": 0.5, "readability": 0.5, "newspaper4k": 0.5, "trafilatura": 0.25, "wcxb": 0.2,
}  # fmt: skip
"""How often a page is drawn, by source: checked news most, pages with few labels or of other kinds least."""

NEWS: Final = ("fundus", "fundus_history", "readability", "newspaper4k")
"""Sources of news pages with the whole story as gold: what is measured."""

STEPS: Final = 600
"""Batches to learn from. By cross-validation 300 are too few: convolutions alone gained 0.004 of the story's F1 with
900; with lines of one kin, 600 gave more than either."""

_JUMP: Final = 200
"""Lines of the labelled text that may be passed over to find the next line: a menu that one of the walks leaves out."""

CHECKED: Final = ("fundus", "fundus_history")
"""Sources whose gold is checked by people for each publisher."""

RARE: Final[Mapping[str, float]] = {"bullet": 3.0, "caption": 1.5}
"""How much more a line of a rare label counts: of 100 labelled lines, 1 is a caption and hardly any a bullet."""

_IN_STORY: Final = 0.3
_NOT_IN_STORY: Final = 0.4
_NOT_IN_CHECKED: Final = 0.7
"""Weight of a line without a label that stands in the story's text, or shares next to nothing with it: fair guesses,
the better the more the story can be trusted."""

_LONG_MATCH: Final = 20
"""Letters from which a line that stands in the story's text does so by no chance."""

_FEW_SHARED: Final = 0.2
"""Share of a line's 4-word runs that a line outside the story may have in common with it."""

_WORD: Final = 6
_MOST_WORDS: Final = 60
"""A line counts by the logarithm of its words, of six characters each, at most 60: not only the longest counts."""

_STORY_BITS: Final = sum(1 << number for number, name in enumerate(CLASSES) if name in STORY_KINDS)
_OTHER_BITS: Final = (1 << len(CLASSES)) - 1 - _STORY_BITS
_LABEL_BITS: Final[Mapping[str, int]] = {
    "body": _STORY_BITS,
    "caption": 1 << CLASSES.index("caption") | 1 << CLASSES.index("credit"),
    "bullet": 1 << CLASSES.index("related_link"),
    "boilerplate": 1 << CLASSES.index("boilerplate_other"),
}


class LabelledPage(NamedTuple):
    """A page to learn from or to be measured on.

    Attributes:
        id, source, language: as the row has them.
        html: the page.
        lines: texts of its lines.
        labels, kinds: what each line is, where that is known.
        gold: the story as it should come out; None where only single lines are labelled.
        example: what the model learns from.
    """

    id: str
    source: str
    language: str
    html: str
    lines: list[str]
    labels: list[str | None]
    kinds: list[str | None]
    gold: str | None
    example: Example


def read_pages(paths: Iterable[Path]) -> Iterator[LabelledPage]:
    """All pages of the files that have text."""
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for row in rows:
                found = labelled_page(json.loads(row))
                if found is not None:
                    yield found


def labelled_page(row: Mapping[str, Any]) -> LabelledPage | None:
    """A row's page with the labels of its lines; None where it has no text."""
    page = read_page(utf8(row["html"]))
    if not page.lines:
        return None
    known = features(page, read_head(said(page.tree)), boxes(page.elements))
    lines = [line.text for line in page.lines]
    story = row["gold"].get("body")
    gold = "\n".join(part["text"] for part in story) if story else None
    labels = [label if label and label["label"] != "unknown" else None for label in _aligned(lines, row)]
    allowed, sure = _allowed(lines, labels, gold, _NOT_IN_CHECKED if row["source"] in CHECKED else _NOT_IN_STORY)
    size = np.log1p([min(_MOST_WORDS, len(line) / _WORD) for line in lines])
    example = Example(
        site=row["site"],
        numbers=known.numbers,
        marks=known.marks,
        kin=known.kin,
        allowed=np.array(allowed),
        weight=(np.array(sure) * size).astype(np.float32),
        share=SHARES[row["source"]],
    )
    return LabelledPage(
        row["id"],
        row["source"],
        row["lang"],
        row["html"],
        lines,
        [label["label"] if label else None for label in labels],
        [label["kind"] if label else None for label in labels],
        gold,
        example,
    )


def _allowed(
    lines: Sequence[str], labels: Sequence[Mapping[str, Any] | None], gold: str | None, outside: float
) -> tuple[list[int], list[float]]:
    """For each line the classes that it may have, and how much it counts; ``outside`` if the story does not have it."""
    told = letters(gold) if gold else ""
    runs = shingles(gold) if gold else {}
    allowed, sure = [], []
    for line, label in zip(lines, labels, strict=True):
        bits, weight = _bits(label), RARE.get(label["label"], 1.0) if label else 1.0
        if not bits and gold:
            plain = letters(line)
            own = shingles(line)
            if len(plain) > _LONG_MATCH and plain in told:
                bits, weight = _STORY_BITS, _IN_STORY
            elif plain not in told and sum(run in runs for run in own) <= _FEW_SHARED * len(own):
                bits, weight = _OTHER_BITS, outside
        allowed.append(bits)
        sure.append(weight if bits else 0.0)
    return allowed, sure


def _bits(label: Mapping[str, Any] | None) -> int:
    if label is None:
        return 0
    kind = "paragraph" if label["kind"] == "list_text" else label["kind"]
    return 1 << CLASSES.index(kind) if kind in CLASSES else _LABEL_BITS[label["label"]]


def _aligned(lines: Sequence[str], row: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    """The label of each line: that of the next labelled line with the same letters, if it is near."""
    text = row["texts"]["walk"].split("\n")
    labels = row["lines"]["walk"]
    places: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        places.setdefault(letters(text[label["line"]]), []).append(number)
    at = 0
    for line in lines:
        found = places.get(letters(line), [])
        nearest = bisect_left(found, at)
        if nearest < len(found) and found[nearest] - at < _JUMP:
            at = found[nearest] + 1
            yield labels[at - 1]
        else:
            yield None
