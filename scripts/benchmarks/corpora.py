"""The texts that benchmarks run on, from the folder of common data beside the project."""

from __future__ import annotations

import argparse
import gzip
import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from libya_news.normalize import normalize

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "corpora"
SEED = 20200114


def options(description: str | None, arguments: list[str], output: str | None = None) -> argparse.Namespace:
    """The options that benchmarks have in common."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--corpora", type=Path, default=DEFAULT, help="folder of raw corpora (default: %(default)s)")
    if output:
        root = Path(__file__).resolve().parents[2]
        parser.add_argument("--output", type=Path, default=root / output, help=f"report (default: {output})")
    return parser.parse_args(arguments)


def articles(corpora: Path) -> dict[str, list[str]]:
    """Whole articles by language, as found."""
    libya = corpora / "libya"
    with gzip.open(libya / "en.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = {"en": [json.loads(line)["text"] for line in lines]}
    for language in ("es", "fr", "it"):
        found[language] = [path.read_text(encoding="utf-8") for path in sorted((libya / language).glob("*.txt"))]
    found["ar"] = list(_arabic(sorted((corpora / "arabic-news").glob("*.zip"))[:2]))
    return found


def _arabic(archives: Iterable[Path]) -> Iterator[str]:
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from (article["content"] for article in json.loads(archive.read(name)))


def pages(corpora: Path) -> dict[str, list[str]]:
    """Plain text of news pages by language."""
    found: dict[str, list[str]] = {}
    with gzip.open(corpora.parent / "pages" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(row["lang"], []).append(row["texts"]["walk"])
    return found


def clean(texts: Iterable[str]) -> list[str]:
    """The texts normalised, without those that are damaged beyond repair."""
    return [found.text for found in map(normalize, texts) if not found.damage]


def paragraphs(texts: Iterable[str], most: int = 300) -> list[str]:
    """Different paragraphs beyond ASCII, of 80 characters or more, chosen by chance from a fixed seed."""
    found = {line for text in texts for line in text.split("\n") if len(line) >= 80 and not line.isascii()}
    chosen = sorted(found)
    random.Random(SEED).shuffle(chosen)  # noqa: S311 - a fixed choice, not a secret
    return chosen[:most]


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
