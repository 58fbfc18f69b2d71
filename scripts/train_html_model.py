#!/usr/bin/env python3
"""Train the model of ``segment_html`` and write it to ``libya_news/models/`` with its card.

The pages lie in the folder of common data beside the project. It takes about ten minutes on one core.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from pathlib import Path

from libya_news._models import PAGES, save_model
from libya_news.segment._dom_features import columns
from libya_news.training import sha256_of
from libya_news.training.html import CLASSES, STEPS, read_pages
from libya_news.training.html_network import train

ROOT = Path(__file__).resolve().parent.parent

SEED = 0
FILES = ("dev.jsonl.gz", "wcxb.jsonl.gz")


def main() -> None:
    """Read the pages, train, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=ROOT.parent / "shared" / "pages", help="folder of the page files")
    parser.add_argument("--out", type=Path, default=ROOT / "libya_news" / "models", help="folder of the model")
    options = parser.parse_args()
    paths = [options.pages / name for name in FILES]
    pages = sorted(read_pages(paths), key=lambda page: page.id)
    weights = train([page.example for page in pages], classes=len(CLASSES), steps=STEPS, seed=SEED, on_step=_report)
    card = {
        "name": PAGES,
        "family": "dilated convolutions over lines",
        "seed": SEED,
        "steps": STEPS,
        "inputs": {path.name: sha256_of(path) for path in paths},
        "pages": dict(sorted(Counter(page.source for page in pages).items())),
        "figures": "docs/benchmarks/html.md",
        "limits": "trained on English and German above all; confidence is not calibrated",
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "classes": CLASSES,
        "columns": columns(),
    }
    print(save_model(options.out, PAGES, weights, card))


def _report(step: int, loss: float) -> None:
    if step % 50 == 0:
        print(f"step {step} of {STEPS}: loss {loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
