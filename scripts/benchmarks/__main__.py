"""Run a benchmark: ``scripts/bench NAME [OPTIONS]``. Each is a module of this folder with a ``main``.

Each prints its table, and writes it where its ``--help`` says.
"""

from __future__ import annotations

import sys
from importlib import import_module

BENCHMARKS = {
    "normalize": "speed of normalisation, beside ftfy and plsfix",
    "repair": "share of damaged paragraphs that are restored, and of undamaged ones that are changed",
    "linear": "seconds for texts of 64 MiB of one line, of only bullets and the like, and for a quarter of them",
    "detect": "share of encodings that are found, beside other detectors",
    "segment": "labels of plain text, beside rules, another family of models and extractors; speed beside ftfy",
    "topics": "which articles are about Libya, on articles labelled by reading, and speed",
    "language": "how often the language of a piece of news is told right",
    "sites": "what profiles of sites add to segmentation",
    "html": "the story of web pages, beside other extractors",
    "dates": "when web pages were published, beside htmldate",
    "release": "time and memory of releases of a million articles, and of a rebuild with one article changed",
    "build": "whole builds beside ftfy and trafilatura, and how time and memory grow with the corpus",
    "cluster": "builds on a Ray cluster of this machine: how memory grows with the corpus",
}


def main(arguments: list[str]) -> int:
    """Run the benchmark of that name; without a name, or with an unknown one, say which there are."""
    if not arguments or arguments[0] not in BENCHMARKS:
        print("usage: scripts/bench NAME [OPTIONS]\n\n" + "\n".join(f"{n:12}{d}" for n, d in BENCHMARKS.items()))
        return 0 if arguments[:1] in ([], ["-h"], ["--help"]) else 2
    import_module(f"benchmarks.{arguments[0]}").main(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
