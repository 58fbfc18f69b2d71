"""Label units with a model: features, network, and from probabilities to segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import tee
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news._models import Model
from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.records import Segment

from ._features import Document, matrix
from ._limits import MAX_LINES, unjudged
from ._network import Network, prepared, probabilities
from ._site import SiteProfile
from .units import Unit, units

Matrix = npt.NDArray[np.float32]
Chances = npt.NDArray[np.float64]

RULE_CONFIDENCE: Final = 0.98
"""Of what a cut shows: 80 of the 82 pieces of the annotated texts that a cut names are what it says."""

BULLETS: Final = frozenset("•*‣◦●■▪▸►◆○·")
"""Signs that begin a list's item; dashes are left out, since they begin speech in many languages."""

_WORDED: Final = re.compile(r"[^\W_]")
_LONGEST_ORNAMENT: Final = 100
"""Characters of a line of signs: longer ones are counted as what the model says, so that no text is read twice."""

BLOCK: Final = 4096
"""Units that are looked at together, so that memory stays bounded however long a text is."""

BATCH: Final = 1024
"""Units whose features are computed at once: from here on, what a call of NumPy costs in itself is small beside what it
does, and the arrays still fit a processor's cache."""

OVERLAP: Final = 64
"""Units of the neighbouring blocks that a block sees as its surroundings: four times what the widest feature spans."""

TEMPLATE_ODDS: Final = 30.0
"""How much the odds of boilerplate rise for a line that all other articles of its site carry. Of such lines of the
annotated texts, marks left out, all 168 are boilerplate; 30 is a cautious reading of so few sites."""


@lru_cache(maxsize=1)
def _members() -> npt.NDArray[np.float64]:
    """Which kinds make up each label: one row for each kind, one column for each label."""
    return np.array([[LABEL_OF[kind] == label for label in LABELS] for kind in KIND_NAMES], np.float64)


def label_all(
    model: Model, texts: Iterable[tuple[str, str | None]], language: str | None, site: SiteProfile | None
) -> Iterator[list[Segment]]:
    """The segments of each text, from the text and its title."""
    documents, again = tee(Document(text, units(text), title or "") for text, title in texts)
    judged = (document if _is_judged(document) else document._replace(units=[]) for document in documents)
    for document, chances in zip(again, predict(model, judged, language), strict=True):
        if _is_judged(document):
            yield segments(model.identity, document.text, document.units, chances, site)
        else:
            yield [unjudged(unit.start, unit.end) for unit in document.units]


def _is_judged(document: Document) -> bool:
    return len(document.units) <= MAX_LINES


def predict(model: Model, documents: Iterable[Document], language: str | None = None) -> Iterator[Matrix]:
    """For each document the probability of every kind for every unit.

    Many short documents are looked at together, so that no time is lost between them.
    """
    network, parts = _network(model), list[Matrix]()
    for batch in _batches(part for document in documents for part in _parts(document)):
        full = [part.document for part in batch if part.document.units]
        found = probabilities(network, matrix(full, language), [len(document.units) for document in full])
        at = 0
        for document, kept, last in batch:
            parts.append(found[at : at + len(document.units)][kept])
            at += len(document.units)
            if last:
                yield parts[0] if len(parts) == 1 else np.concatenate(parts)
                parts = []


@lru_cache(maxsize=4)
def _network(model: Model) -> Network:
    return prepared(model.arrays)


class _Part(NamedTuple):
    """A run of a document's units, those of them that are asked for, and whether it is the document's last."""

    document: Document
    kept: slice
    last: bool


def _parts(document: Document) -> Iterator[_Part]:
    text, cut, title = document
    for start in range(0, max(len(cut), 1), BLOCK):
        low, end = max(0, start - OVERLAP), start + BLOCK
        part = Document(text, cut[low : end + OVERLAP], title)
        yield _Part(part, slice(start - low, start - low + BLOCK), end >= len(cut))


def _batches(parts: Iterable[_Part]) -> Iterator[list[_Part]]:
    batch: list[_Part] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part.document.units)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def segments(
    by: str, text: str, cut: Sequence[Unit], chances: Matrix, site: SiteProfile | None = None
) -> list[Segment]:
    """The segments of a text, from the probabilities of its units; ``by`` names the model."""
    if site is not None:
        chances = _with_site(chances, text, cut, site)
    by_label = chances.astype(np.float64) @ _members()
    best = by_label.argmax(axis=1)
    kinds = np.where(_members()[:, best].T > 0, chances, -1).argmax(axis=1)
    sure = np.minimum(by_label.max(axis=1), 1).astype(np.float32)
    told = zip(cut, kinds.tolist(), sure.tolist(), strict=True)
    named = ((unit, _of_story(text, unit, KIND_NAMES[kind]), confidence) for unit, kind, confidence in told)
    labelled = [_labelled(unit, kind, confidence, by) for unit, kind, confidence in named]
    for number, unit in enumerate(cut):
        if _is_ornament(text, unit):
            labelled[number] = _ornament(unit, labelled[number + 1][1] if number + 1 < len(cut) else None)
    return list(_joined(iter(labelled)))


def _is_ornament(text: str, unit: Unit) -> bool:
    """Whether a unit is a line of signs alone, without a letter or a digit."""
    return unit.end - unit.start <= _LONGEST_ORNAMENT and not _WORDED.search(text, unit.start, unit.end)


def _ornament(unit: Unit, below: Segment | None) -> tuple[Unit, Segment]:
    """Rule 9 of the guidelines: signs alone are no story; but a rule above a heading is set with it."""
    heads = unit.end - unit.start > 1 and below is not None and below.kind == "crosshead"
    kind = "crosshead" if heads else "boilerplate_other"
    return unit, Segment(unit.start, unit.end, LABEL_OF[kind], kind, RULE_CONFIDENCE, "rule:ornament")


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


def _with_site(chances: Matrix, text: str, cut: Sequence[Unit], site: SiteProfile) -> Matrix:
    """Bayes' rule with what the site's articles share: the odds of boilerplate rise with the share."""
    share = np.array([site.share(text[unit.start : unit.end]) for unit in cut])
    return np.asarray(raised(chances, _members()[:, LABELS.index("boilerplate")] > 0, share), np.float32)


def raised(chances: npt.NDArray[Any], is_boilerplate: npt.ArrayLike, share: npt.NDArray[np.float64]) -> Chances:
    """Chances after Bayes' rule with what is known of a site.

    Args:
        chances: one row for each line, one column for each thing that it may be; a row's sum is 1.
        is_boilerplate: which columns are boilerplate.
        share: for each line, the share of its site's other articles that carry it.

    >>> raised(np.array([[0.9, 0.1]]), [False, True], np.array([1.0])).round(2).tolist()
    [[0.23, 0.77]]
    """
    found = chances * np.where(is_boilerplate, TEMPLATE_ODDS ** share[:, None], 1)
    return np.asarray(found / found.sum(axis=1, keepdims=True), np.float64)
