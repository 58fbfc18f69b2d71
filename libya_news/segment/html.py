"""Label the lines of a web page from its text and its markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._models import PAGES, Model, load_model
from libya_news._tables import load_table
from libya_news.errors import DataError
from libya_news.labels import LABEL_OF, LABELS, STORY_KINDS
from libya_news.records import Segment

from ._dom import BULLET, Line, Page, read_page
from ._dom_boxes import Boxes, boxes, groups
from ._dom_features import Matrix, columns, features
from ._dom_text import PHRASE_KINDS
from ._heads import Head, Said, read_head, said
from ._limits import MAX_LINES, too_many, unjudged
from ._page_network import Layers, prepared, probabilities
from ._steps import stepped
from .units import units

STORY: Final = 0.5
"""Probability from which a line belongs to the story: the kinds of the story are weighed together against all others,
so that a line is not lost because it may be two of them. The even odds, not tuned."""


class LabelledPage(NamedTuple):
    """A page's text, what its lines are, what it says of itself and where, and why it is no article, if it is none."""

    text: str
    segments: tuple[Segment, ...]
    head: Head
    said: Said
    fault: str = ""


def label_page(markup: bytes, clean: Callable[[str], str]) -> LabelledPage:
    """Lay out a page as text and label each of its lines. Never raises on any UTF-8; linear in the page.

    Args:
        markup: the page, in UTF-8.
        clean: what is done to the text before it is looked at; it keeps lines apart.

    >>> page = label_page(b"<title>Storm</title><h1>Storm</h1><p>A storm hit the coast, officials said.</p>", str)
    >>> page.text
    'Storm\\n\\nA storm hit the coast, officials said.'
    """
    page = read_page(markup)
    page = page._replace(lines=_cleaned(page.lines, clean))
    spoken = said(page.tree)
    head = read_head(spoken)
    if not page.lines:
        return LabelledPage("", (), head, spoken)
    text, starts = _laid_out(page.lines)
    if len(page.lines) > MAX_LINES:
        plain = (unjudged(start, start + len(line.text)) for start, line in zip(starts, page.lines, strict=True))
        return LabelledPage(text, tuple(plain), head, spoken, too_many(len(page.lines)))
    model = _model()
    kinds = _judged(page, head, boxes(page.elements), model)
    segments = _segments(text, starts, page.lines, kinds, model.identity)
    return LabelledPage(text, tuple(segments), head, spoken)


@lru_cache(maxsize=1)
def _layers() -> Layers:
    return prepared(_model().arrays)


@lru_cache(maxsize=1)
def _model() -> Model:
    """The model, which must have been trained on the columns that there are."""
    model = load_model(PAGES)
    if tuple(model.card["columns"]) != columns():
        raise DataError(f"Model {model.identity} was trained on other columns.", "Run scripts/train_html_model.py.")
    return model


def _cleaned(lines: list[Line], clean: Callable[[str], str]) -> list[Line]:
    """The lines after cleaning, all in one go; only where that changes their number, one by one."""
    text = "\n".join(line.text for line in lines)
    whole = clean(text)
    if whole == text:
        return lines
    parts = whole.split("\n")
    if len(parts) != len(lines):
        parts = [" ".join(clean(line.text).split()) for line in lines]
    pairs = ((line, part.strip()) for line, part in zip(lines, parts, strict=True))
    return [line._replace(text=part) for line, part in pairs if part and part != BULLET.strip()]


def _laid_out(lines: list[Line]) -> tuple[str, list[int]]:
    """The page's text, and where each line starts in it."""
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for number, line in enumerate(lines):
        gap = "" if not number else "\n\n" if line.blank else "\n"
        pieces += (gap, line.text)
        starts.append(at + len(gap))
        at = starts[-1] + len(line.text)
    return "".join(pieces), starts


class Decided(NamedTuple):
    """What each line is taken for: the number of its class, and the probability of that class's label."""

    best: npt.NDArray[np.int64]
    confidence: Matrix


def decided(found: Matrix, classes: tuple[str, ...]) -> Decided:
    """Choose for each line the likeliest class of the story, or of all else, whichever is likelier as a whole."""
    story = np.array([name in STORY_KINDS for name in classes])
    in_story = found[:, story].sum(axis=1) > STORY
    best = np.where(story == in_story[:, None], found, -1.0).argmax(axis=1)
    labels = np.array([LABELS.index(LABEL_OF[name]) for name in classes])
    by_label = found.astype(np.float64) @ (labels[:, None] == labels)
    sure = np.minimum(by_label, 1.0)[np.arange(len(best)), best].astype(np.float32)
    return Decided(best, sure)


def _judged(page: Page, head: Head, box: Boxes, model: Model) -> Iterator[tuple[str, float]]:
    """The kind of each line, with the probability of its label."""
    known = features(page, head, box)
    found = probabilities(_layers(), stepped(model.arrays, known.numbers, known.marks), known.kin)
    classes = tuple(model.card["classes"])
    best, sure = decided(found, classes)
    names = map(_refined, map(classes.__getitem__, best.tolist()), page.lines, _shown(page, box, known.marks))
    return zip(names, sure.tolist(), strict=True)


def _refined(kind: str, line: Line, boilerplate: str) -> str:
    """The kind that the markup shows, of those that the model does not tell apart."""
    if kind == "paragraph" and line.text.startswith(BULLET):
        return "list_text"
    if kind == "related_link" and not line.linked:
        return "bullet_other"
    return boilerplate if kind == "boilerplate_other" else kind


def _shown(page: Page, box: Boxes, marks: npt.NDArray[np.bool_]) -> list[str]:
    """The kind of each line, should it be boilerplate: the phrase that it is, or what the elements around are for."""
    phrase = marks[:, [PHRASE_KINDS.index(kind) for kind in _PHRASES]]
    spoken = np.where(phrase.any(axis=1), phrase.argmax(axis=1), -1).tolist()
    around = box.around[[line.inner for line in page.lines]].tolist()
    return [_PHRASES[which] if which >= 0 else _place(bits) for which, bits in zip(spoken, around, strict=True)]


_PHRASES: Final = tuple(kind for kind in PHRASE_KINDS if LABEL_OF[kind] == "boilerplate")


@lru_cache(maxsize=1 << 14)
def _place(around: int) -> str:
    return next((kind for kind, mask in _masks() if around & mask), "boilerplate_other")


@lru_cache(maxsize=1)
def _masks() -> tuple[tuple[str, int], ...]:
    """For each boilerplate kind of the table, the groups that show it."""
    rows: list[dict[str, Any]] = load_table("html", expect="html")["boilerplate"]
    names = [name.strip("<>") for name in groups().names]
    return tuple(
        (row["kind"], sum(1 << bit for bit, name in enumerate(names) if name in row["groups"])) for row in rows
    )


def _segments(
    text: str, starts: list[int], lines: list[Line], kinds: Iterable[tuple[str, float]], by: str
) -> Iterator[Segment]:
    for line, start, (kind, confidence) in zip(lines, starts, kinds, strict=True):
        segment = Segment(start, start + len(line.text), LABEL_OF[kind], kind, confidence, by)
        if segment.label == "caption":
            yield from _caption(text, segment)
        else:
            yield segment


def _caption(text: str, line: Segment) -> Iterator[Segment]:
    """A caption line, with the marker before it and the credit behind it as segments of their own."""
    for unit in units(text[line.start : line.end]):
        known = "credit" if unit.tail else unit.known
        name = known if known and LABEL_OF[known] == "caption" else line.kind
        start, end = line.start + unit.start, line.start + unit.end
        yield line._replace(start=start, end=end, label=LABEL_OF[name], kind=name)
