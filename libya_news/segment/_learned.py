"""Label units with a model: features, network, and from probabilities to segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from libya_news._models import Model
from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.records import Segment

from ._features import Document, matrix
from ._network import probabilities
from ._site import SiteProfile
from .units import Unit

Matrix = npt.NDArray[np.float32]

RULE_CONFIDENCE: Final = 0.98
"""Of what a cut shows: 80 of the 82 pieces of the annotated texts that a cut names are what it says."""

BULLETS: Final = frozenset("•*‣◦●■▪▸►◆○·")
"""Signs that begin a list's item; dashes are left out, since they begin speech in many languages."""

BLOCK: Final = 4096
"""Units that are looked at together, so that memory stays bounded however long a text is."""

OVERLAP: Final = 64
"""Units of the neighbouring blocks that a block sees as its surroundings: four times what the widest feature spans."""

TEMPLATE_ODDS: Final = 30.0
"""How much the odds of boilerplate rise for a line that all other articles of its site carry. Of such lines of the
annotated texts, marks left out, all 168 are boilerplate; 30 is a cautious reading of so few sites."""


@lru_cache(maxsize=1)
def _members() -> Matrix:
    """Which kinds make up each label: one row for each kind, one column for each label."""
    return np.array([[LABEL_OF[kind] == label for label in LABELS] for kind in KIND_NAMES], np.float32)


def predict(model: Model, text: str, units: Sequence[Unit], title: str, language: str | None) -> Matrix:
    """The probability of every kind for every unit of a text."""
    parts = []
    for start in range(0, len(units), BLOCK):
        low, high = max(0, start - OVERLAP), min(len(units), start + BLOCK + OVERLAP)
        rows = matrix([Document(text, units[low:high], title)], language)
        parts.append(probabilities(model.arrays, rows)[start - low : start - low + BLOCK])
    return np.concatenate(parts) if parts else np.zeros((0, len(KIND_NAMES)), np.float32)


def segments(
    by: str, text: str, units: Sequence[Unit], chances: Matrix, site: SiteProfile | None = None
) -> list[Segment]:
    """The segments of a text, from the probabilities of its units; ``by`` names the model."""
    if site is not None:
        chances = _with_site(chances, text, units, site)
    by_label = chances @ _members()
    best = by_label.argmax(axis=1)
    kinds = np.where(_members()[:, best].T > 0, chances, -1).argmax(axis=1)
    sure = np.minimum(by_label.max(axis=1), 1)
    told = zip(units, kinds.tolist(), sure.tolist(), strict=True)
    named = ((unit, _of_story(text, unit, KIND_NAMES[kind]), confidence) for unit, kind, confidence in told)
    return list(_joined(_labelled(unit, kind, confidence, by) for unit, kind, confidence in named))


def _of_story(text: str, unit: Unit, kind: str) -> str:
    """By definition a bulleted item of the story's own text is a list's, however much it reads like a paragraph."""
    return "list_text" if kind == "paragraph" and text[unit.start] in BULLETS else kind


def _labelled(unit: Unit, kind: str, confidence: float, by: str) -> tuple[Unit, Segment]:
    """What a cut shows goes before what the model says; of a credit behind a text, ``_joined`` has the last word."""
    if unit.known is not None:
        kind, confidence, by = unit.known, RULE_CONFIDENCE, f"rule:{unit.known}"
    return unit, Segment(unit.start, unit.end, LABEL_OF[kind], kind, confidence, by)


def _joined(pieces: Iterator[tuple[Unit, Segment]]) -> Iterator[Segment]:
    """Put a credit back to the text before it, where that is no caption."""
    last: Segment | None = None
    for unit, segment in pieces:
        if unit.tail and last is not None and last.label != "caption":
            last = last._replace(end=segment.end)
            continue
        if last is not None:
            yield last
        last = segment
    if last is not None:
        yield last


def _with_site(chances: Matrix, text: str, units: Sequence[Unit], site: SiteProfile) -> Matrix:
    """Bayes' rule with what the site's articles share: the odds of boilerplate rise with the share."""
    share = np.array([site.share(text[unit.start : unit.end]) for unit in units], np.float32)
    raised = chances * np.where(_members()[:, LABELS.index("boilerplate")] > 0, TEMPLATE_ODDS ** share[:, None], 1)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
