"""How fast texts are normalised, beside ftfy and plsfix, run by turns in one process."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import process_time

from .corpora import articles, clean, options, table
from .damage import ARABIC, WESTERN
from .repair import FIXERS

ROUNDS = 3
CLEAN, DAMAGED = 1_500_000, 200_000
"""Characters of each set of texts, so that ftfy's turn takes seconds and not minutes."""


def main(arguments: list[str]) -> None:
    """Print the table and write it to the report."""
    chosen = options(__doc__, arguments, output="docs/benchmarks/normalize.md")
    rows = [[name, *row(texts)] for name, texts in sets(articles(chosen.corpora)).items()]
    report = (
        "# Speed of normalisation\n\n`scripts/bench normalize` writes this file. MB (of UTF-8) a second of the "
        f"process’s own time, medians of {ROUNDS} turns in one process on one core; ftfy line by line, "
        "with quotation marks and widths kept.\n\n" + table(["texts", *FIXERS, "ours / ftfy", "ours / plsfix"], rows)
    )
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(report, encoding="utf-8")
    print(report)


def sets(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """The texts to run on, by name: clean, as found, and damaged; whole articles and lines."""
    western = found["es"] + found["fr"] + found["it"]
    sources = {"English": found["en"], "Spanish, French, Italian": western, "Arabic": found["ar"]}
    chosen = {}
    for name, texts in sources.items():
        sound = cut(clean(texts), CLEAN)
        chosen[f"{name}: clean articles"] = sound
        chosen[f"{name}: clean lines"] = cut([line for text in sound for line in text.split("\n")], CLEAN // 4)
        chosen[f"{name}: as found"] = cut(texts, CLEAN // 4)
    for name, texts, kinds in (("French", found["fr"], WESTERN), ("Arabic", found["ar"], ARABIC)):
        sound = cut(clean(texts), DAMAGED)
        chosen |= {f"{name}: {kind}": [damage(text) for text in sound] for kind, damage in kinds.items()}
    return chosen


def cut(texts: list[str], most: int) -> list[str]:
    """The first texts, up to so many characters together."""
    kept: list[str] = []
    for text in texts:
        most -= len(text)
        if most < 0:
            break
        kept.append(text)
    return kept


def row(texts: list[str]) -> list[str]:
    """Medians of the fixers' throughput, and ratios of ours to the others."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    times: dict[str, list[float]] = {name: [] for name in FIXERS}
    for _ in range(ROUNDS):
        for name, fix in FIXERS.items():
            times[name].append(seconds(fix, texts))
    speeds = {name: size / median(found) for name, found in times.items()}
    ratios = [f"{speeds['ours'] / speeds[other]:.1f}" for other in ("ftfy", "plsfix")]
    return [*(f"{speed:.1f}" for speed in speeds.values()), *ratios]


def seconds(fix: Callable[[str], str], texts: list[str]) -> float:
    """How long a fixer takes for all texts."""
    start = process_time()
    for text in texts:
        fix(text)
    return process_time() - start
