"""Articles of a test as a build has them: on a shelf, in memory alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from libya_news.records import Article
from libya_news.release.rows import InBatches, articles
from libya_news.release.shelf import Selection, Shelf


def selected(made: Iterable[Article], folder: Path | None = None) -> Selection:
    return Shelf(folder or Path()).take_in(InBatches(made))


def by_split(parts: Mapping[str, Selection]) -> dict[str, list[Article]]:
    return {name: [article for batch in part for article in articles(batch)] for name, part in parts.items()}
