"""Train the network of ``segment/_page_network.py``, with numpy alone; one seed gives the same numbers.

Adam (Kingma and Ba, 2015) with warm-up and cosine decay, dropout (Srivastava and others, 2014) on columns and layers,
gradients clipped by their norm. A line may be allowed several classes (its label is known, its kind is not): the loss
is the negative logarithm of their joint probability.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news.segment._page_network import BY_KIN, LAYERS, Sets, around, means, moved, sets
from libya_news.segment._steps import stepped

Matrix = npt.NDArray[np.float32]
Weights = dict[str, Matrix]

HIDDEN: Final = 48
"""Units of a layer: a choice that keeps the network at a tenth of a page's time."""

QUANTILES: Final = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95, 0.99)
"""Where the thresholds of a number column lie in its distribution; finer at the upper end, which is long."""

ROWS: Final = 4096
"""Lines of a batch: ten to forty pages, so that no page alone decides a step."""

LONGEST: Final = 700
"""Lines of a page that go into one batch: longer ones are forums and directories, of which a window is enough."""

GAP: Final = 16
"""Empty rows between two pages of a batch: no convolution sees across them."""

RATE: Final = 4e-3
WARM_UP: Final = 40
DECAY: Final = 2e-5
"""Learning rate at its highest, steps until then, and weight of the squared weights in the loss: customary values."""

DROP_COLUMNS: Final = 0.15
DROP_UNITS: Final = 0.2
"""Shares of columns and units left out at random in a step: a name that one site uses must not decide alone."""

BOILERPLATE_SHARE: Final = 2.0
"""Weight that the boilerplate lines of a page get at most, as a multiple of all its other lines': menus are endless."""

_SPARE: Final = 20.0
"""Weight of boilerplate that a page may always have, however short its story is."""


class Example(NamedTuple):
    """A page to learn from.

    Attributes:
        site: who published it; a site is never on both sides of a split.
        numbers: the number columns, a row for each line.
        marks: the yes-or-no columns.
        kin: for each line the numbers of the sets of lines that it belongs to.
        allowed: for each line the classes that it may have, as bits; none where nothing is known of it.
        weight: for each line how much it counts.
        share: how often the page is drawn, relative to others.
    """

    site: str
    numbers: Matrix
    marks: npt.NDArray[np.bool_]
    kin: npt.NDArray[np.int64]
    allowed: npt.NDArray[np.int64]
    weight: Matrix
    share: float


class _Batch(NamedTuple):
    rows: Matrix
    kin: list[Sets]
    filled: Matrix
    allowed: npt.NDArray[np.bool_]
    weight: Matrix


def train(
    examples: Sequence[Example],
    *,
    classes: int,
    steps: int,
    seed: int = 0,
    on_step: Callable[[int, float], None] | None = None,
) -> Weights:
    """Learn the numbers of a model.

    Args:
        examples: the pages; the last class is boilerplate.
        classes: how many there are.
        steps: batches to learn from.
        seed: start of all that is random.
        on_step: called after each step with its number, from 1, and the loss.
    """
    random = np.random.default_rng(seed)
    scaling = scales(examples)
    shares = np.array([example.share for example in examples])
    shares /= shares.sum()
    weights: Weights = {}
    optimizer = _Adam(steps)
    for step in range(1, steps + 1):
        batch = draw(examples, shares, scaling, classes, random)
        weights = weights or begin(batch.rows.shape[1], len(batch.kin), classes, random)
        loss, slopes = gradients(weights, batch, random)
        optimizer.move(weights, slopes, step)
        if on_step:
            on_step(step, loss)
    return {**_joined(weights), **scaling}


def _joined(weights: Weights) -> Weights:
    """Each layer's weights with its bias as last row, as ``segment/_page_network.py`` takes them."""
    pairs = {"enter": ("W0", "b0"), "leave": ("Wo", "bo")}
    pairs |= {f"look{layer}": (f"C{layer}", f"c{layer}") for layer in range(len(LAYERS))}
    return {name: np.vstack((weights[matrix], weights[bias])) for name, (matrix, bias) in pairs.items()}


def scales(examples: Sequence[Example]) -> Weights:
    """Mean, scale and thresholds of the number columns."""
    sample = np.concatenate([example.numbers[::7] for example in examples])
    pairs: list[tuple[int, float]] = []
    for column in range(sample.shape[1]):
        edges = np.unique(np.quantile(sample[:, column], QUANTILES).astype(np.float32))
        if len(edges) > 3:
            pairs += ((column, float(edge)) for edge in edges[1:])
    return {
        "mean": sample.mean(axis=0, dtype=np.float64).astype(np.float32),
        "scale": (0.5 / (sample.std(axis=0, dtype=np.float64) + 1e-3)).astype(np.float32),
        "column": np.array([column for column, _ in pairs]),
        "edge": np.array([edge for _, edge in pairs], dtype=np.float32),
    }


def begin(columns: int, kin: int, classes: int, random: np.random.Generator) -> Weights:
    """Weights as He and others (2015) draw them, smaller where many layers add up."""

    def drawn(inputs: int, outputs: int, size: float) -> Matrix:
        values: Matrix = (random.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs) * size).astype(np.float32)
        return values

    weights = {
        "W0": drawn(columns, HIDDEN, 0.5),
        "b0": np.zeros(HIDDEN, np.float32),
        "Wo": drawn(2 * HIDDEN, classes, 0.3),
        "bo": np.zeros(classes, np.float32),
    }
    for layer, what in enumerate(LAYERS):
        weights[f"C{layer}"] = drawn((1 + (kin if what == BY_KIN else 2)) * HIDDEN, HIDDEN, 0.5)
        weights[f"c{layer}"] = np.zeros(HIDDEN, np.float32)
    return weights


def draw(
    examples: Sequence[Example],
    shares: npt.NDArray[np.float64],
    scaling: Weights,
    classes: int,
    random: np.random.Generator,
) -> _Batch:
    """Pages drawn by their shares, one below the other, until the batch is full."""
    numbers = np.tile(scaling["mean"], (ROWS, 1))
    marks = np.zeros((ROWS, examples[0].marks.shape[1]), np.bool_)
    filled = np.zeros((ROWS, 1), np.float32)
    allowed = np.zeros(ROWS, np.int64)
    weight = np.zeros(ROWS, np.float32)
    kin = np.zeros((ROWS, examples[0].kin.shape[1]), np.int64)
    at = 0
    while at < ROWS - GAP:
        page = examples[random.choice(len(examples), p=shares)]
        size = min(len(page.weight), LONGEST, ROWS - at)
        first = int(random.integers(0, len(page.weight) - size + 1))
        here, there = slice(at, at + size), slice(first, first + size)
        numbers[here], marks[here], filled[here] = page.numbers[there], page.marks[there], 1.0
        allowed[here] = page.allowed[there]
        kin[here] = page.kin[there] + kin.max() + 1
        weight[here] = _balanced(page.weight[there], page.allowed[there] >= 1 << (classes - 1))
        at += size + GAP
    rows = stepped(scaling, numbers, marks) * filled
    return _Batch(
        rows,
        [sets(column) for column in kin.T],
        filled,
        (allowed[:, None] >> np.arange(classes) & 1).astype(bool),
        weight,
    )


def _balanced(weight: Matrix, boilerplate: npt.NDArray[np.bool_]) -> Matrix:
    """The weights of a page's lines, with those of boilerplate scaled down where they are too many."""
    most = BOILERPLATE_SHARE * weight[~boilerplate].sum() + _SPARE
    found = weight[boilerplate].sum()
    return np.where(boilerplate, weight * (most / found), weight) if found > most else weight


def _kept(shape: tuple[int, ...], dropped: float, random: np.random.Generator) -> Matrix:
    """Zeros at random, and ones so scaled that sums stay the same."""
    limit = round(dropped * 256)
    kept = random.integers(0, 256, shape, dtype=np.uint8) >= limit
    return kept.astype(np.float32) * np.float32(256 / (256 - limit))


def gradients(weights: Weights, batch: _Batch, random: np.random.Generator) -> tuple[float, Weights]:
    """The loss of a batch and how it changes with each weight, by back-propagation."""
    rows = batch.rows * _kept(batch.rows.shape, DROP_COLUMNS, random)
    active = rows @ weights["W0"] + weights["b0"]
    first_kept = _kept(active.shape, DROP_UNITS, random) * batch.filled
    first = np.maximum(active, 0) * first_kept
    hidden = first
    layers: list[tuple[Matrix, Matrix, Matrix]] = []
    for layer, what in enumerate(LAYERS):
        seen = around(hidden, what, batch.kin)
        kept = _kept(seen.shape, DROP_UNITS, random)
        seen *= kept
        inner = seen @ weights[f"C{layer}"] + weights[f"c{layer}"]
        layers.append((seen, kept, inner))
        hidden = (hidden + np.maximum(inner, 0)) * batch.filled
    both = np.concatenate((hidden, first), axis=1)
    loss, out = _loss(both @ weights["Wo"] + weights["bo"], batch)
    found: Weights = {"Wo": both.T @ out, "bo": out.sum(axis=0)}
    back = out @ weights["Wo"].T
    to_hidden, to_first = back[:, :HIDDEN], back[:, HIDDEN:]
    for layer in reversed(range(len(LAYERS))):
        to_hidden = to_hidden * batch.filled
        to_hidden = to_hidden + _through(weights, found, layer, layers[layer], to_hidden, batch.kin)
    to_active = (to_first + to_hidden) * first_kept * (active > 0)
    found["W0"], found["b0"] = rows.T @ to_active, to_active.sum(axis=0)
    for name, values in weights.items():
        if name[0] in "WC":
            found[name] += 2 * DECAY * values
    return loss, found


def _through(
    weights: Weights,
    found: Weights,
    layer: int,
    saved: tuple[Matrix, Matrix, Matrix],
    to_hidden: Matrix,
    kin: list[Sets],
) -> Matrix:
    """Take the gradient back through one layer, and note those of its weights."""
    seen, kept, inner = saved
    to_inner = to_hidden * (inner > 0)
    found[f"C{layer}"], found[f"c{layer}"] = seen.T @ to_inner, to_inner.sum(axis=0)
    to_seen = (to_inner @ weights[f"C{layer}"].T) * kept
    parts = np.split(to_seen, to_seen.shape[1] // HIDDEN, axis=1)
    if LAYERS[layer] == BY_KIN:
        # A mean passes to each row what all rows of its set get, divided by their number: again the mean.
        return np.asarray(parts[0] + sum(means(part, over) for part, over in zip(parts[1:], kin, strict=True)))
    before, here, behind = parts
    total: Matrix = here + moved(before, -LAYERS[layer]) + moved(behind, LAYERS[layer])
    return total


def _loss(scores: Matrix, batch: _Batch) -> tuple[float, Matrix]:
    """The weighted mean of the loss, and its gradient at the scores."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    known = batch.weight * batch.allowed.any(axis=1)
    right = np.where(batch.allowed, shares, 0)
    sums = np.maximum(right.sum(axis=1), 1e-9)
    share = (known / known.sum()).astype(np.float32)
    loss = float(-(np.log(sums) * share).sum())
    return loss, (shares - right / sums[:, None]) * share[:, None]


class _Adam:
    """Moments of the gradients, and the step that they give."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.mean: Weights = {}
        self.square: Weights = {}

    def move(self, weights: Weights, gradients: Weights, step: int) -> None:
        """Move the weights one step."""
        norm = np.sqrt(sum(float((gradient**2).sum()) for gradient in gradients.values()))
        rate = RATE * min(1.0, step / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / self.steps)) + 1e-5
        for name, gradient in gradients.items():
            clipped = gradient * np.float32(min(1.0, 1 / norm))
            self.mean[name] = 0.9 * self.mean.get(name, np.float32(0)) + 0.1 * clipped
            self.square[name] = 0.99 * self.square.get(name, np.float32(0)) + 0.01 * clipped**2
            mean, square = self.mean[name] / (1 - 0.9**step), self.square[name] / (1 - 0.99**step)
            weights[name] -= (rate * mean / (np.sqrt(square) + 1e-7)).astype(np.float32)
