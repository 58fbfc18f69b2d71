"""Builds on a Ray cluster that this machine runs for as long: how memory grows with the corpus."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .build import ROOT, measured
from .corpora import DEFAULT, table

SIZES = (100, 500)
"""Of made-up corpora, in MB of text."""

PAUSE = 1.0
"""Seconds between two looks at memory: a look at a dozen processes takes a while itself."""


def main(arguments: list[str]) -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=DEFAULT, help="folder of raw corpora (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="of made-up corpora, in MB of text")
    parser.add_argument("--folder", type=Path, help="where corpora and releases lie meanwhile")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks/cluster.md", help="report")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="libya_news.", dir=chosen.folder) as folder:
        grown = [measured(Path(folder), chosen.corpora, size, ("--engine", "ray"), PAUSE) for size in chosen.sizes]
    rows = [[f"{size:,}", f"{count:,}", f"{peak:.0f}"] for size, count, _, peak in grown]
    report = (
        "# Builds on a Ray cluster of one machine\n\n`scripts/bench cluster` writes this file. The corpora are those "
        "of [whole builds](build.md). Peak memory is that of the command and of all processes of Ray together, its "
        "object store included, looked at once a second (what they share is counted once).\n\n"
        + table(["text, MB", "articles", "peak memory, MB"], rows)
    )
    chosen.output.write_text(report, encoding="utf-8")
    print(report)
