"""Train and measure segmenters: what ``libya-news train`` and ``libya-news evaluate`` call.

Training needs the packages of the extra ``train``; measuring needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from libya_news._models import save_model
from libya_news.errors import UsageError
from libya_news.segment import segment
from libya_news.sources import SourceFile

from . import recipe
from .evaluate import measure
from .examples import read_examples
from .report import write_report

__all__ = ["evaluate_model", "train_model"]


def train_model(
    data: Sequence[Path], out: Path, *, seed: int = 0, steps: int = 400, told: Callable[[str], None] = print
) -> Path:
    """Train a model on labelled texts and write it with its card.

    Args:
        data: files of annotated texts or labelled pages, folders of releases, of which the split ``train`` is taken.
        out: folder for ``model.npz`` and ``model.json``, to be given to ``segment(..., model=...)``.
        seed: fixes everything that is drawn; the same data, seed and machine give the same bytes.
        steps: steps of the training, of 4,096 units each.
        told: called with a line of progress now and then.

    Returns:
        The card's path.

    Raises:
        DataError: some data cannot be read.
        UsageError: the packages of the extra ``train`` are missing.
    """
    if find_spec("jax") is None:
        raise UsageError(
            "Training needs the package 'jax', which is not installed.",
            "Install libya-news[train]; Python 3.11 or later.",
        )
    examples = [example for path in data for example in read_examples(path)]
    told(f"{len(examples)} texts, {sum(len(example.units) for example in examples)} units")
    arrays = recipe.fit(examples, recipe.features(examples), told, steps, seed)
    inputs = {path.name: sha256_of(path) for path in data if path.is_file()}
    return save_model(out, "model", arrays, {"name": out.name, "seed": seed, "steps": steps, "inputs": inputs})


def evaluate_model(model: str, gold: Path, *, out: Path | None = None) -> dict[str, Any]:
    """Measure a model on labelled texts.

    Args:
        model: ``default`` or a model's folder.
        gold: a file of annotated texts or labelled pages, or a release's folder, of which the split ``test`` is taken
            where there is one.
        out: folder for ``figures.json``, ``confusion.svg`` and ``reliability.svg``, or None.

    Returns:
        Figures of all texts (``all``) and by ``language:`` and ``source:``. They are honest only for texts that the
        model was not trained on.

    Raises:
        DataError: the model or the gold cannot be read.
    """
    examples = read_examples(gold, split="test")
    tallies = measure(
        (example, segment(example.text, title=example.title or None, model=model)) for example in examples
    )
    if out is not None:
        return write_report(out, tallies)
    return {name: tally.figures() for name, tally in sorted(tallies.items())}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    return SourceFile(path, path.name).digest()[0]
