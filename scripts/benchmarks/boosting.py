"""Another family of models for the same task: gradient-boosted trees over each unit's features.

The surroundings of a unit are among its features, so that the trees see what the network's lower layers see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from libya_news.labels import KIND_NAMES, LABELS
from libya_news.training import recipe
from libya_news.training.examples import Example
from libya_news.training.network import LONGEST, Document, unit_weights

UNITS: Final = 120_000
"""Units that are drawn to train on, so that a fold takes minutes; drawn as often as the network draws them."""
ROUNDS: Final = 120
CLASSES: Final = ("headline", "paragraph", "caption", "related_link", "navigation")
"""What is told apart: the four labels, and the headline, which is no part of the article's text. The others stand for
all kinds of their label, so that there is no figure of kinds."""

_BY_LABEL: Final = {"body": "paragraph", "caption": "caption", "bullet": "related_link", "boilerplate": "navigation"}


def boosted(
    examples: Sequence[Example],
    rows: Sequence[npt.NDArray[np.float16]],
    tested: Callable[[Example], bool],
) -> dict[int, npt.NDArray[np.float32]]:
    """The probabilities of kinds for every tested example, by a model that saw no text of its group."""
    fold_of = recipe.folds(examples, recipe.FOLDS)
    found: dict[int, npt.NDArray[np.float32]] = {}
    for fold in range(recipe.FOLDS):
        without = {group for group, number in fold_of.items() if number == fold}
        model = _fit(recipe.training_set(examples, rows, without), fold)
        for number, example in enumerate(examples):
            if example.group in without and example.units and tested(example):
                chances = np.zeros((len(example.units), len(KIND_NAMES)), np.float32)
                told = model.predict_proba(rows[number].astype(np.float32))
                chances[:, [KIND_NAMES.index(CLASSES[known]) for known in model.classes_]] = told
                found[number] = chances
    return found


def _fit(documents: Sequence[Document], seed: int) -> HistGradientBoostingClassifier:
    rng = np.random.default_rng(seed)
    shares = np.array([document.share for document in documents])
    features, targets, weights = [], [], []
    drawn = 0
    while drawn < UNITS:
        document = documents[rng.choice(len(documents), p=shares / shares.sum())]
        known = np.flatnonzero(document.labels >= 0)
        if len(known) > LONGEST:
            known = rng.choice(known, LONGEST, replace=False)
        weight = document.weight * unit_weights(document.labels)[known]
        features.append(document.features[known])
        pairs = zip(document.labels[known], document.kinds[known], strict=True)
        targets.append(np.array([_class(*pair) for pair in pairs], int))
        weights.append(weight)
        drawn += len(known)
    model = HistGradientBoostingClassifier(max_iter=ROUNDS, learning_rate=0.15, max_leaf_nodes=31, random_state=seed)
    model.fit(np.concatenate(features).astype(np.float32), np.concatenate(targets), np.concatenate(weights))
    return model


def _class(label: int, kind: int) -> int:
    if kind == KIND_NAMES.index("headline"):
        return CLASSES.index("headline")
    return CLASSES.index(_BY_LABEL[LABELS[label]])
