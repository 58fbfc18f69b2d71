#!/usr/bin/env python3
"""Train the model of ``segment_html`` and write it to ``libya_news/models/`` with its card.

First five models are trained that each leave out a fifth of the sites: their probabilities there say how to calibrate
the one that is trained on all. The pages lie in the folder of common data beside the project.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections import Counter
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums in the same order on every machine with the same kernels

from libya_news._models import PAGES, save_model
from libya_news.segment._dom_features import columns
from libya_news.training import sha256_of
from libya_news.training.html import CLASSES, NEWS, STEPS, read_pages
from libya_news.training.html_check import FOLDS, Judged, calibrate, calibrated, cross_validated, measure, recalibrated
from libya_news.training.html_network import train

ROOT = Path(__file__).resolve().parent.parent

SEED = 0
WORKERS = 2
FILES = ("dev.jsonl.gz", "wcxb.jsonl.gz")
LICENCES = {
    "fundus": "MIT",
    "fundus_history": "MIT",
    "newspaper4k": "MIT",
    "readability": "Apache-2.0",
    "trafilatura": "Apache-2.0",
    "wcxb": "CC-BY-4.0, (c) 2026 Murrough Foley",
}
"""Licences of the annotations; the pages belong to their publishers, and none of their text is in the model."""


def main() -> None:
    """Read the pages, cross-validate, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=ROOT.parent / "shared" / "pages", help="folder of the page files")
    parser.add_argument("--out", type=Path, default=ROOT / "libya_news" / "models", help="folder of the model")
    options = parser.parse_args()
    paths = [options.pages / name for name in FILES]
    pages = sorted(read_pages(paths), key=lambda page: page.id)
    judged = list(cross_validated(pages, lambda page: page.source in NEWS, seed=SEED, workers=WORKERS))
    by = calibrate(judged)
    judged = [Judged(page, recalibrated(found, by)) for page, found in judged]
    weights = train([page.example for page in pages], classes=len(CLASSES), steps=STEPS, seed=SEED, on_step=_report)
    card = {
        "name": PAGES,
        "family": "dilated convolutions over lines, and means over lines of one kin",
        "seed": SEED,
        "steps": STEPS,
        "inputs": {path.name: sha256_of(path) for path in paths},
        "pages": dict(sorted(Counter(page.source for page in pages).items())),
        "licences": LICENCES,
        "calibration": by._asdict(),
        "figures": {"method": f"{FOLDS}-fold cross-validation by site, news pages", **measure(judged)},
        "limits": "trained on English and German above all, on news pages of 2015 to 2026; docs/benchmarks/html.md",
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "classes": CLASSES,
        "columns": columns(),
    }
    print(save_model(options.out, PAGES, calibrated(weights, by), card))


def _report(step: int, loss: float) -> None:
    if step % 50 == 0:
        print(f"step {step} of {STEPS}: loss {loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
