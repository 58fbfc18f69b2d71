"""All texts of the corpora: normalised once and for all, and the same with the scan as without it."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libya_news.normalize import FIX_NAMES, NormalizeOptions, normalize
from libya_news.normalize.fixes import run_fixes

SAMPLED = 25
"""Of the Arabic newspapers every so many-th article is read, of all else all of them: what fits in some seconds."""


def jsonl(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def newspapers(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from (article["content"] for article in json.loads(archive.read(name))[::SAMPLED])


def files(folder: Path) -> Iterator[str]:
    yield from (path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(folder.glob("*.txt")))


def texts(corpora: Path, name: str) -> Iterator[str]:
    if name == "arabic-news":
        return newspapers(corpora / name)
    path = corpora / "libya" / name
    return files(path) if path.is_dir() else jsonl(path)


def without_the_scan(text: str) -> str:
    """What comes out where each fix looks at the text."""
    return run_fixes(text, set(FIX_NAMES), NormalizeOptions()).text


@pytest.mark.shared
@pytest.mark.parametrize("name", ["en.jsonl.gz", "ar.jsonl.gz", "ar-radio", "es", "fr", "it", "arabic-news"])
def test_texts_are_normalised_once_and_for_all_and_without_the_scan_alike(shared: Path, name: str) -> None:
    number = 0
    for text in texts(shared / "corpora", name):
        number += 1
        once = normalize(text).text
        assert normalize(once).text is once
        assert without_the_scan(text) == once
    assert number > 0
