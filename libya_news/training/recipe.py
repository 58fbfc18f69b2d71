"""What the default model is trained on, in which shares, and how it is measured on texts it has not seen."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.segment._features import Document as Read
from libya_news.segment._features import matrix
from libya_news.segment._network import prepared, probabilities

from . import network
from .annotations import SOURCE as ANNOTATIONS
from .annotations import read_annotations
from .examples import UNKNOWN, Example, grouped, read_examples
from .pieces import Stock
from .stock import stocks
from .synthesis import scraped

Told = Callable[[str], None]

GOLD: Final = "gold/dev.jsonl"
PAGES: Final = "pages/dev.jsonl.gz"
MORE: Final = "pages/wcxb.jsonl.gz"
CORPORA: Final = "corpora/libya"

STEPS: Final = 1500
"""Steps of a training: see ``network.HIDDEN``. Five trainings, four of them to measure, take a quarter of an hour on
two idle cores."""
FOLDS: Final = 4
SEED: Final = 20261127
SYNTHETIC: Final = 6000
"""Half-cleaned texts put together for a training: with them and the pages no document is drawn more than a few times,
annotated texts excepted."""
LANGUAGE_SHARES: Final = {"en": 4, "ar": 3, "es": 3, "fr": 3, "it": 3}
OTHER_LANGUAGES: Final = 0.5
"""How often a half-cleaned text is in a language: those of the subject come first, of the others there are few."""

SHARES: Final[Mapping[str, tuple[float, float]]] = {
    "fundus": (1.0, 1.0), "fundus_history": (0.6, 0.7), "readability": (0.6, 0.6), "newspaper4k": (0.5, 0.6),
    "trafilatura": (0.1, 1.0), "wcxb": (0.15, 0.5),
}  # fmt: skip
"""For each page source: how often a page is drawn, and how much a unit of it counts, by what its labels are trusted."""
ANNOTATED: Final = (1.0, 2.0)
SYNTHESIZED: Final = (0.7, 1.0)
"""The same for all annotated and all half-cleaned texts, the first as a share of what all pages together get."""


def gather(shared: Path, annotations: Path) -> list[Example]:
    """All that the default model is trained and measured on, from the folder of common data.

    Args:
        shared: holds ``GOLD``, ``PAGES``, ``MORE`` and ``CORPORA``.
        annotations: stand-off labels of documents of its corpora.
    """
    labelled = read_annotations(annotations, shared / "corpora")
    annotated = grouped(read_examples(shared / GOLD) + labelled)
    pages = read_examples(shared / PAGES, ()) + read_examples(shared / MORE)
    seen = [example.text for example in annotated if example.source != ANNOTATIONS]
    return annotated + pages + synthetic(pages, shared / CORPORA, seen, SYNTHETIC)


def tested(example: Example) -> bool:
    """Annotations of the raw corpora are trained on only: the gold is what was labelled twice."""
    return example.source != ANNOTATIONS and (example.exact or example.source in ("fundus", "fundus_history"))


def synthetic(examples: Sequence[Example], corpora: Path | None, exclude: Sequence[str], count: int) -> list[Example]:
    """Half-cleaned texts around the stories of labelled pages and unlabelled articles."""
    found = stocks([example for example in examples if example.id.endswith("#walk")], corpora, exclude)
    return [scraped(_chosen(found, number), number) for number in range(count)] if found else []


def _chosen(found: Mapping[str, Stock], number: int) -> Stock:
    names = sorted(found)
    shares = [LANGUAGE_SHARES.get(name, OTHER_LANGUAGES) for name in names]
    return found[random.Random(number).choices(names, weights=shares)[0]]  # noqa: S311 - training data, no secret


def features(examples: Sequence[Example], batch: int = 40) -> list[npt.NDArray[np.float16]]:
    """The features of every example, in half precision: they are counts and shares, and there are many."""
    found: list[npt.NDArray[np.float16]] = []
    for start in range(0, len(examples), batch):
        part = examples[start : start + batch]
        rows = matrix([Read(example.text, example.units, example.title) for example in part]).astype(np.float16)
        found.extend(np.split(rows, np.cumsum([len(example.units) for example in part])[:-1]))
    return found


def training_set(
    examples: Sequence[Example], rows: Sequence[npt.NDArray[np.float16]], without: set[str] | None = None
) -> list[network.Document]:
    """The examples as the network takes them, those of some groups left out."""
    kept = [
        number for number, example in enumerate(examples) if example.units and example.group not in (without or set())
    ]
    pages = sum(SHARES[examples[number].source][0] for number in kept if examples[number].source in SHARES) or 1.0
    annotated = sum(examples[number].source not in {*SHARES, "synthetic"} for number in kept)
    made = sum(examples[number].source == "synthetic" for number in kept)
    found = []
    for number in kept:
        example = examples[number]
        if example.source in SHARES:
            share, weight = SHARES[example.source]
        elif example.source == "synthetic":
            share, weight = SYNTHESIZED[0] * pages / made, SYNTHESIZED[1]
        else:
            share, weight = ANNOTATED[0] * pages / annotated, ANNOTATED[1]
        labels, kinds = np.array(example.labels, np.int32), np.array(example.kinds, np.int32)
        found.append(network.Document(rows[number], labels, kinds, share, weight))
    return found


def folds(examples: Sequence[Example], count: int) -> dict[str, int]:
    """Every tested group's fold: annotated groups dealt out from the largest, for folds of like size, pages by name."""
    sizes: dict[str, int] = {}
    for example in examples:
        if example.exact and example.source != ANNOTATIONS:
            sizes[example.group] = sizes.get(example.group, 0) + len(example.units)
    ordered = sorted(sizes, key=lambda group: (-sizes[group], group))
    dealt = {group: number % count for number, group in enumerate(ordered)}
    pages = {example.group for example in examples if example.source != ANNOTATIONS} - dealt.keys()
    return dealt | {group: zlib.crc32(group.encode()) % count for group in pages}


def cross_validate(
    examples: Sequence[Example],
    rows: Sequence[npt.NDArray[np.float16]],
    tested: Callable[[Example], bool],
    told: Told,
) -> dict[int, npt.NDArray[np.float32]]:
    """The probabilities of kinds for every tested example, from a training that saw no text of its group.

    Returns:
        By index into ``examples``.
    """
    fold_of = folds(examples, FOLDS)
    found: dict[int, npt.NDArray[np.float32]] = {}
    for fold in range(FOLDS):
        without = {group for group, number in fold_of.items() if number == fold}
        documents = training_set(examples, rows, without)
        progress = _progress(told, f"fold {fold + 1} of {FOLDS}", STEPS)
        trained = prepared(network.train(documents, STEPS, SEED + fold, progress))
        for number, example in enumerate(examples):
            if example.group in without and example.units and tested(example):
                found[number] = probabilities(trained, rows[number].astype(np.float32), [len(rows[number])])
    return found


def fit(
    examples: Sequence[Example],
    rows: Sequence[npt.NDArray[np.float16]],
    told: Told,
    steps: int = STEPS,
    seed: int = SEED,
) -> dict[str, npt.NDArray[np.float32]]:
    """Train on everything."""
    return network.train(training_set(examples, rows), steps, seed, _progress(told, "training", steps))


def _progress(told: Told, what: str, steps: int) -> Callable[[int, float], None]:
    return lambda done, loss: told(f"{what}: step {done} of {steps}, loss {loss:.3f}")


def temperature(examples: Sequence[Example], found: Mapping[int, npt.NDArray[np.float32]]) -> float:
    """The number by which scores are divided so that cross-validated labels are as often right as they say."""
    members = np.array([[LABEL_OF[kind] == label for label in LABELS] for kind in KIND_NAMES], np.float32)
    logs = np.log(np.concatenate([found[number] for number in sorted(found)]) + 1e-9)
    labels = np.concatenate([examples[number].labels for number in sorted(found)])
    known = labels != UNKNOWN

    def surprise(value: float) -> float:
        odds = np.exp(logs[known] / value)
        chances = (odds / odds.sum(axis=1, keepdims=True)) @ members
        return float(-np.log(chances[np.arange(len(chances)), labels[known]] + 1e-9).mean())

    return min((round(0.6 + step / 20, 2) for step in range(49)), key=surprise)


def heated(chances: npt.NDArray[np.float32], heat: float) -> npt.NDArray[np.float32]:
    """Probabilities as a model with that temperature gives them."""
    odds = chances ** np.float32(1 / heat)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)
