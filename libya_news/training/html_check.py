"""Cross-validation of the HTML model over sites: probabilities in which no page's own site had a part.

The network alone is too sure of the story, since its batches have less boilerplate than pages have. Two numbers put
that right: all scores are divided by a temperature (Guo et al. 2017), and boilerplate gets a bias.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import get_context
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news.labels import LABEL_OF, LABELS, STORY_KINDS
from libya_news.segment._page_network import prepared, probabilities
from libya_news.segment._steps import stepped
from libya_news.segment.html import decided

from .html import CLASSES, STEPS, LabelledPage
from .html_network import Example, Matrix, Weights, train
from .shingles import Score, score

FOLDS: Final = 5
BINS: Final = 10
"""Bins of the expected calibration error (Guo et al. 2017)."""

_ROUNDS: Final = 20
"""Steps of the search for the two numbers: each moves by the reach or halves it, which ends far below a hundredth."""


class Calibration(NamedTuple):
    """What scores are divided by, and what is added to that of boilerplate then."""

    temperature: float
    bias: float


class Judged(NamedTuple):
    """A page and the probability of each class for each of its lines."""

    page: LabelledPage
    found: Matrix


def fold(site: str) -> int:
    """The fold that a site's pages are in, 0 to ``FOLDS - 1``; the same on every machine.

    >>> fold("bbc")
    3
    """
    return zlib.crc32(site.encode()) % FOLDS


def cross_validated(
    pages: Sequence[LabelledPage],
    measured: Callable[[LabelledPage], bool],
    *,
    steps: int = STEPS,
    seed: int = 0,
    workers: int = 1,
) -> Iterator[Judged]:
    """Judge pages by models that know no page of their sites.

    Args:
        pages: all pages.
        measured: which of them are to be judged.
        steps, seed: as ``train`` takes them.
        workers: processes that share the work; the result is the same for any number.
    """
    examples = [page.example for page in pages]
    judged = [at for at, page in enumerate(pages) if measured(page)]
    jobs = [(number, judged, steps, seed) for number in range(FOLDS)]
    if workers == 1:
        folds = (_judged(examples, *job) for job in jobs)
        yield from (Judged(pages[at], found) for one in folds for at, found in one)
        return
    # Not by fork: a library's threads would not be there in the child.
    with get_context("spawn").Pool(workers, _share, [examples]) as pool:
        for one in pool.imap(_judged_there, jobs):
            yield from (Judged(pages[at], found) for at, found in one)


_shared: list[Example] = []
"""The pages, in a process that shares the work."""


def _share(examples: list[Example]) -> None:
    _shared[:] = examples


def _judged_there(job: tuple[int, list[int], int, int]) -> list[tuple[int, Matrix]]:
    return _judged(_shared, *job)


def _judged(
    examples: Sequence[Example], number: int, measured: Sequence[int], steps: int, seed: int
) -> list[tuple[int, Matrix]]:
    """The probabilities of those pages to be measured that are in a fold."""
    others = [example for example in examples if fold(example.site) != number]
    weights = train(others, classes=len(CLASSES), steps=steps, seed=seed)
    return [(at, judge(weights, examples[at])) for at in measured if fold(examples[at].site) == number]


def judge(weights: Weights, example: Example) -> Matrix:
    """The probabilities of a page's lines."""
    return probabilities(prepared(weights), stepped(weights, example.numbers, example.marks), example.kin)


def calibrate(judged: Sequence[Judged]) -> Calibration:
    """The two numbers that make what is known of the lines likeliest."""
    scores = np.concatenate([np.log(np.maximum(found, 1e-9)) for _, found in judged])
    allowed = np.concatenate([page.example.allowed for page, _ in judged])
    right = (allowed[:, None] >> np.arange(len(CLASSES)) & 1).astype(bool)
    known = allowed > 0
    scores, right = scores[known], right[known]
    best, reach = np.zeros(2), np.ones(2)
    for _ in range(_ROUNDS):
        moves = [best + reach * (x, y) for x in (0, -1, 1) for y in (0, -1, 1)]
        chosen = min(moves, key=lambda move: _surprise(scores, right, Calibration(float(np.exp(move[0])), move[1])))
        reach = reach / 2 if chosen is moves[0] else reach
        best = chosen
    return Calibration(float(np.exp(best[0])), float(best[1]))


def _surprise(scores: Matrix, right: npt.NDArray[np.bool_], by: Calibration) -> float:
    found = _recalibrated(scores, by)
    return float(-np.log(np.maximum((found * right).sum(axis=1), 1e-9)).mean())


def _recalibrated(scores: Matrix, by: Calibration) -> Matrix:
    scores = scores / by.temperature
    scores[:, -1] += by.bias
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def recalibrated(found: Matrix, by: Calibration) -> Matrix:
    """Probabilities as the calibrated network gives them."""
    return _recalibrated(np.log(np.maximum(found, 1e-9)), by)


def calibrated(weights: Weights, by: Calibration) -> Weights:
    """The weights of a network that gives calibrated probabilities."""
    leave = weights["leave"] / np.float32(by.temperature)
    leave[-1, -1] += np.float32(by.bias)
    return {**weights, "leave": leave}


def story_text(judged: Judged) -> str:
    """The story of a page, one line for each of its lines."""
    kept = [CLASSES[at] in STORY_KINDS for at in decided(judged.found, CLASSES).best]
    return "\n".join(line for line, keep in zip(judged.page.lines, kept, strict=True) if keep)


class LabelledLine(NamedTuple):
    """A line whose label is known: what it is, what it is taken for, and how sure that is."""

    label: str
    kind: str | None
    found_label: str
    found_kind: str
    confidence: float


def labelled_lines(judged: Judged) -> Iterator[LabelledLine]:
    """The lines of a page whose labels are known."""
    best, confidence = decided(judged.found, CLASSES)
    page = judged.page
    for label, kind, at, sure in zip(page.labels, page.kinds, best.tolist(), confidence.tolist(), strict=True):
        if label:
            yield LabelledLine(label, kind, LABEL_OF[CLASSES[at]], CLASSES[at], sure)


def f1(pairs: Iterable[tuple[str | None, str]], name: str) -> float | None:
    """F1 of a label or kind, from what lines are and what they are taken for; None where no line is it.

    >>> f1([("body", "body"), ("body", "caption"), ("caption", "caption")], "body")
    0.6666666666666666
    """
    counts = Counter((wanted == name, found == name) for wanted, found in pairs)
    both, wrong = counts[True, True], counts[True, False] + counts[False, True]
    return 2 * both / (2 * both + wrong) if both + counts[True, False] else None


def calibration_error(lines: Sequence[LabelledLine]) -> float:
    """The expected calibration error: how far confidence is from the share that is right, on average.

    >>> sure = LabelledLine("body", None, "body", "paragraph", 0.9)
    >>> calibration_error([sure, sure._replace(label="caption")])
    0.4
    """
    gaps = [0.0] * (BINS + 1)
    for line in lines:
        gaps[int(line.confidence * BINS)] += line.confidence - (line.label == line.found_label)
    return round(sum(map(abs, gaps)) / max(1, len(lines)), 6)


def story_score(judged: Iterable[Judged]) -> Score:
    """The measure of the article-extraction benchmark."""
    return score((one.page.gold or "", story_text(one)) for one in judged if one.page.gold)


def measure(judged: Sequence[Judged]) -> dict[str, float | None]:
    """The figures that a model's card holds."""
    lines = [line for one in judged for line in labelled_lines(one)]
    labels = [(line.label, line.found_label) for line in lines]
    figures = {
        "story_f1_fundus": story_score(one for one in judged if one.page.source == "fundus").f1,
        "story_f1": story_score(judged).f1,
        "calibration_error": calibration_error(lines),
        **{f"{label}_f1": f1(labels, label) for label in LABELS},
    }
    return {name: None if value is None else round(value, 4) for name, value in figures.items()}
