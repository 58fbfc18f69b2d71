"""Train the network of ``segment/_network.py``.

Where only a unit's label is known, the loss is that of the label, the sum over its kinds; where the kind is known too,
both count. Steps are those of Adam (Kingma and Ba 2015) with a rate that falls along a cosine. Everything is drawn
from one seed, so that two trainings on one machine give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.segment._features import language_columns, width
from libya_news.segment._network import DILATIONS, WHOLE

from .examples import UNKNOWN

Matrix = npt.NDArray[np.float32]
Weights = dict[str, Any]

HIDDEN: Final = 96
"""Units of each layer. By cross-validation on the annotated texts, 64 with ``DROP`` 0.3 and 800 steps had macro F1
0.917; 96 with 0.35 and 1,200 steps 0.935, of which a rule for ornaments and mended training labels have a share. From
one training to another such figures move by as much as a hundredth."""
ROWS: Final = 4096
"""Units of one step."""
GAP: Final = 8
"""Empty rows between two documents of a step: more than the layers look to one side."""
LONGEST: Final = 600
"""Units of a document that one step takes, so that no page fills a step alone."""
DROP: Final = 0.35
"""Share of each layer's values that a step leaves out (Srivastava et al. 2014)."""
MOST: Final = 128
"""Documents of one step at the most: those beyond share the place of the last."""
DROP_INPUT: Final = 0.1
STRANGE: Final = 0.15
"""Share of documents whose phrases and word lists are hidden, so that a language without a table can be read too."""
RATE: Final = 4e-3
WARM: Final = 50
"""Steps until the full rate."""
DECAY: Final = 1e-5
RARE: Final = {"caption": 3.0, "bullet": 4.0}
"""How much more a unit of a rare label counts than others."""
MANY: Final = 250
"""Boilerplate units of a document that count in full; of more, all count as much as these together."""


class Document(NamedTuple):
    """One document of the training set: features, labels, kinds, how often it is drawn, how much its units count."""

    features: npt.NDArray[np.float16]
    labels: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.int32]
    share: float
    weight: float


class _Batch(NamedTuple):
    features: Matrix
    present: npt.NDArray[np.float32]
    owner: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


_MEMBERS: Final = np.array([[LABEL_OF[kind] == label for kind in KIND_NAMES] for label in LABELS])


def train(
    documents: Sequence[Document], steps: int, seed: int, told: Callable[[int, float], None]
) -> dict[str, Matrix]:
    """Train from nothing.

    Args:
        documents: the training set.
        steps: how many steps of ``ROWS`` units.
        seed: fixes everything that is drawn.
        told: called now and then with the number of steps done and the loss.
    """
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    step = jax.jit(_step)
    weights = _start(jax.random.PRNGKey(seed))
    mean = square = jax.tree.map(jnp.zeros_like, weights)
    for number, batch in enumerate(_batches(documents, steps, seed), 1):
        rate = RATE * min(1, number / WARM) * (0.5 + 0.5 * np.cos(np.pi * number / steps)) + 1e-5
        key = jax.random.PRNGKey(seed * 1_000_003 + number)
        weights, mean, square, loss = step(weights, mean, square, float(number), batch, key, rate)
        if number % WARM == 0:
            told(number, float(loss))
    return {name: np.asarray(values) for name, values in weights.items()} | {"temperature": np.ones(1, np.float32)}


def _start(key: Any) -> Weights:
    """Weights of He et al. 2015, with a bias row of zeros; later layers start small."""
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    sizes = {"enter": (width(), HIDDEN, 1.0), "leave": (2 * HIDDEN, len(KIND_NAMES), 0.3)}
    sizes["whole"] = (2 * HIDDEN, HIDDEN, 0.5)
    sizes |= {f"mix{index}": (3 * HIDDEN, HIDDEN, 0.5) for index in range(len(DILATIONS))}
    weights = {}
    for number, (name, (rows, columns, scale)) in enumerate(sorted(sizes.items())):
        drawn = jax.random.normal(jax.random.fold_in(key, number), (rows, columns)) * scale * np.sqrt(2 / rows)
        weights[name] = jnp.concatenate([drawn, jnp.zeros((1, columns))])
    return weights


def _batches(documents: Sequence[Document], steps: int, seed: int) -> Iterator[_Batch]:
    rng = np.random.default_rng(seed)
    shares = np.array([document.share for document in documents])
    for _ in range(steps):
        yield _batch(documents, shares / shares.sum(), rng)


def _batch(documents: Sequence[Document], shares: npt.NDArray[np.float64], rng: np.random.Generator) -> _Batch:
    hidden = language_columns()
    columns = documents[0].features.shape[1]
    batch = _Batch(
        features=np.zeros((ROWS, columns), np.float32),
        present=np.zeros(ROWS, np.float32),
        owner=np.full(ROWS, MOST, np.int32),
        labels=np.zeros(ROWS, np.int32),
        kinds=np.full(ROWS, UNKNOWN, np.int32),
        weights=np.zeros(ROWS, np.float32),
    )
    at = number = 0
    while at < ROWS - 2 * GAP:
        document = documents[rng.choice(len(documents), p=shares)]
        size = len(document.labels)
        start = int(rng.integers(0, size - LONGEST + 1)) if size > LONGEST else 0
        taken = slice(start, start + min(size, LONGEST, ROWS - at))
        labels = document.labels[taken]
        rows = slice(at, at + len(labels))
        batch.features[rows] = document.features[taken]
        if rng.random() < STRANGE:
            batch.features[rows.start : rows.stop, hidden] = 0
        batch.present[rows] = 1
        batch.owner[rows] = min(number, MOST - 1)
        batch.labels[rows] = np.maximum(labels, 0)
        batch.kinds[rows] = document.kinds[taken]
        batch.weights[rows] = document.weight * unit_weights(labels)
        at += len(labels) + GAP
        number += 1
    return batch


def unit_weights(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """How much each unit of a document counts, by its label."""
    boilerplate = labels == LABELS.index("boilerplate")
    by_label = np.array([RARE.get(label, 1.0) for label in LABELS])
    by_label[LABELS.index("boilerplate")] = min(1.0, MANY / max(int(boilerplate.sum()), 1))
    return np.where(labels == UNKNOWN, 0, by_label[labels]).astype(np.float32)


def _scores(weights: Weights, batch: _Batch, key: Any) -> Any:
    """The network of ``segment/_network.py``, with values left out at random."""
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    def thinned(values: Any, number: int, share: float) -> Any:
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - share, values.shape)
        return values * kept / (1 - share)

    def affine(values: Any, name: str) -> Any:
        return values @ weights[name][:-1] + weights[name][-1]

    present = batch.present[:, None]
    entered = jax.nn.relu(affine(thinned(batch.features, 0, DROP_INPUT), "enter")) * present
    first = state = thinned(entered, 1, DROP)
    for index, reach in enumerate(DILATIONS):
        if index == WHOLE:
            common = thinned(_common(state, batch), len(DILATIONS) + 2, DROP)
            state = state + jax.nn.relu(affine(common, "whole"))[batch.owner] * present
        padded = jnp.pad(state, ((reach, reach), (0, 0)))
        around = jnp.concatenate([padded[: -2 * reach], state, padded[2 * reach :]], axis=1)
        state = (state + jax.nn.relu(affine(thinned(around, index + 2, DROP), f"mix{index}"))) * present
    return affine(jnp.concatenate([state, first], axis=1), "leave")


def _common(state: Any, batch: _Batch) -> Any:
    """Of each document the mean and the maximum of its units; they are never below zero, as gaps are zero."""
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    count = jax.ops.segment_sum(batch.present, batch.owner, MOST + 1)[:, None]
    mean = jax.ops.segment_sum(state, batch.owner, MOST + 1) / jnp.maximum(count, 1)
    highest = jnp.maximum(jax.ops.segment_max(state, batch.owner, MOST + 1), 0)
    return jnp.concatenate([mean, highest], axis=1)


def _loss(weights: Weights, batch: _Batch, key: Any) -> Any:
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    logs = jax.nn.log_softmax(_scores(weights, batch, key))
    of_label = jax.nn.logsumexp(jnp.where(jnp.asarray(_MEMBERS)[batch.labels], logs, -1e9), axis=1)
    of_kind = jnp.take_along_axis(logs, jnp.maximum(batch.kinds, 0)[:, None], 1)[:, 0]
    gained = jnp.where(batch.kinds == UNKNOWN, of_label, 0.6 * (of_kind + of_label))
    large = sum((values[:-1] ** 2).sum() for values in weights.values())
    return -(gained * batch.weights).sum() / batch.weights.sum() + DECAY * large


def _step(weights: Weights, mean: Weights, square: Weights, number: float, batch: _Batch, key: Any, rate: float) -> Any:
    import jax  # noqa: PLC0415 - only training needs it
    import jax.numpy as jnp  # noqa: PLC0415 - as jax

    loss, slope = jax.value_and_grad(_loss)(weights, batch, key)
    norm = jnp.sqrt(sum((values**2).sum() for values in jax.tree.leaves(slope)))
    slope = jax.tree.map(lambda values: values * jnp.minimum(1, 1 / norm), slope)
    mean = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, mean, slope)
    square = jax.tree.map(lambda old, new: 0.99 * old + 0.01 * new**2, square, slope)

    def moved(values: Any, first: Any, second: Any) -> Any:
        return values - rate * (first / (1 - 0.9**number)) / (jnp.sqrt(second / (1 - 0.99**number)) + 1e-7)

    return jax.tree.map(moved, weights, mean, square), mean, square, loss
