"""How fast normalised texts are segmented, beside ftfy on the same texts, run by turns in one process."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import process_time

import ftfy

from libya_news.segment import segment

from .corpora import articles, clean, options, pages, table

ROUNDS = 3
MOST = 600_000
"""Characters of each set of texts, so that ftfy's turn takes seconds and not minutes."""


def main(arguments: list[str]) -> None:
    """Print the table and write it to the report."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/segment-speed.md")
    found = articles(chosen.corpora) | {f"pages, {name}": texts for name, texts in pages(chosen.corpora).items()}
    rows = [[name, *row(clean(cut(found[name])))] for name in ("en", "es", "fr", "it", "ar", "pages, en", "pages, de")]
    report = (
        "# Speed of segmentation\n\n`scripts/bench segment` writes this file. MB (of UTF-8) a second of processor "
        f"time, medians of {ROUNDS} turns in one process, one text at a time; ftfy: `ftfy.fix_text` on the same.\n\n"
        + table(["texts", "MB", "segment", "ftfy", "segment / ftfy"], rows)
    )
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def cut(texts: list[str]) -> list[str]:
    """The first texts, up to ``MOST`` characters together."""
    kept: list[str] = []
    left = MOST
    for text in texts:
        left -= len(text)
        if left < 0:
            break
        kept.append(text)
    return kept


def row(texts: list[str]) -> list[str]:
    """Megabytes, throughput of both, and their ratio."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    for text in texts[:2]:
        segment(text)
    ours, theirs = ([turn(function, texts) for _ in range(ROUNDS)] for function in (segment, ftfy.fix_text))
    speeds = [size / median(times) for times in (ours, theirs)]
    return [f"{size:.2f}", *(f"{speed:.2f}" for speed in speeds), f"{speeds[0] / speeds[1]:.1f}"]


def turn(function: Callable[[str], object], texts: list[str]) -> float:
    """Seconds that one turn takes."""
    started = process_time()
    for text in texts:
        function(text)
    return process_time() - started
