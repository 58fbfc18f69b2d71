"""Sound texts and pages to begin with: the project's own, and the common data's where it lies beside the project."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"

PIECE = 2000
"""Bytes of a text or page that are taken, from its middle on: small inputs are quick, and enough to go wrong."""

FROM_SHARED = 20


def more_texts() -> list[bytes]:
    """The seed articles, and the first texts of the common corpora."""
    found = [path.read_bytes() for path in sorted((ROOT / "seeds").glob("*.txt"))]
    files = sorted(path for path in (SHARED / "corpora").rglob("*") if path.suffix in (".txt", ".sgml"))
    found += [path.read_bytes() for path in files[:FROM_SHARED]]
    return [text[len(text) // 2 :][:PIECE] for text in found]


def more_pages() -> list[bytes]:
    """The pages of the cases, and the first of the common ones."""
    cases = sorted((ROOT / "tests" / "cases" / "segment_html").glob("*.toml"))
    found = [path.read_bytes() for path in cases] + list(itertools.islice(_shared_pages(), FROM_SHARED))
    return [page[len(page) // 2 :][:PIECE] for page in found]


def _shared_pages() -> Iterator[bytes]:
    path = SHARED / "pages" / "dev.jsonl.gz"
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["html"].encode("utf-8", "replace") for line in lines)
