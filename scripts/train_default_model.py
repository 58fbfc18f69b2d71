#!/usr/bin/env python3
"""Rebuild the model that comes with the package, from the common data and the annotations beside this script.

    scripts/train_default_model.py ../shared [--out libya_news/models]

Measures by cross-validation over sites first (no text is measured by a model that saw its site), then trains on
everything. Needs the extra ``train``; about 15 minutes on two cores. The same data give the same bytes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from libya_news._models import save_model
from libya_news.segment._learned import segments
from libya_news.training import recipe, sha256_of
from libya_news.training.evaluate import Tally, measure
from libya_news.training.examples import Example
from libya_news.training.report import write_report

ANNOTATED = Path(__file__).parent / "annotations" / "libya.jsonl"
LICENCES = "annotations of fundus, readability, trafilatura: Apache-2.0 or MIT; wcxb: CC BY 4.0 (c) 2026 Murrough Foley"
LIMITS = "news articles; languages without a phrase table are judged by shape and place alone"


FIGURES = ("unit_macro_f1", "exact_f1", "kind_accuracy", "calibration_error", "article_f1")


def summary(figures: dict[str, Any]) -> dict[str, float]:
    """The main figures, and F1 of each label, rounded."""
    named = {name: figures[name] for name in FIGURES if figures[name] is not None}
    return {
        name: round(value, 4) for name, value in (named | {k: v["f1"] for k, v in figures["labels"].items()}).items()
    }


def told(line: str) -> None:
    """Progress on standard error."""
    print(line, file=sys.stderr, flush=True)


def measured(examples: list[Example], found: dict[int, Any], heat: float) -> dict[str, Tally]:
    """Figures of cross-validated probabilities, through the same decoding that users get."""

    def pairs() -> Any:
        for number, chances in sorted(found.items()):
            example = examples[number]
            yield example, segments("cross-validated", example.text, example.units, recipe.heated(chances, heat))

    return measure(pairs())


def _pages(examples: list[Example], found: dict[int, Any]) -> dict[str, dict[int, Any]]:
    """The tested fundus pages by converter."""
    parts: dict[str, dict[int, Any]] = {}
    for number, chances in found.items():
        if examples[number].source == "fundus":
            parts.setdefault(examples[number].id.rsplit("#", 1)[1], {})[number] = chances
    return parts


def main() -> None:
    """Read, measure, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, help="the folder of common data")
    parser.add_argument("--out", type=Path, default=Path("libya_news/models"), help="folder of the model and its card")
    parser.add_argument("--report", type=Path, help="folder for the figures and pictures of the cross-validation")
    options = parser.parse_args()
    examples = recipe.gather(options.shared, ANNOTATED)
    sources = Counter("annotated" if example.exact else example.source for example in examples)
    told(", ".join(f"{count} {name}" for name, count in sources.items()))
    rows = recipe.features(examples)
    found = recipe.cross_validate(examples, rows, recipe.tested, told)
    annotated = {number: chances for number, chances in found.items() if examples[number].exact}
    heat = recipe.temperature(examples, annotated)
    tallies = measured(examples, annotated, heat)
    figures = tallies["all"].figures()
    by_converter = {
        name: measured(examples, part, heat)["all"].figures() for name, part in _pages(examples, found).items()
    }
    if options.report:
        write_report(options.report, tallies)
        text = json.dumps(by_converter, indent=1)
        (options.report / "pages.json").write_text(text, encoding="utf-8")
    arrays = recipe.fit(examples, rows, told) | {"temperature": np.array([heat], np.float32)}
    card = {
        "name": "default",
        "family": "dilated convolutions over units",
        "seed": recipe.SEED,
        "steps": recipe.STEPS,
        "inputs": {name: sha256_of(options.shared / name) for name in (recipe.GOLD, recipe.PAGES, recipe.MORE)},
        "annotations": {f"{ANNOTATED.parent.name}/{ANNOTATED.name}": sha256_of(ANNOTATED)},
        "unlabelled": recipe.CORPORA,
        "licences": LICENCES,
        "limits": LIMITS,
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "cross_validated": summary(figures),
        "cross_validated_pages": {name: summary(part) for name, part in sorted(by_converter.items())},
    }
    told(f"cross-validated over sites: {card['cross_validated']} {card['cross_validated_pages']}")
    told(f"written: {save_model(options.out, 'default', arrays, card)}")


if __name__ == "__main__":
    main()
