"""Plain text: one file is one article, in any encoding."""

from __future__ import annotations

from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._streams import OpenFile


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield the file's bytes as one article, undecoded."""
    yield RawArticle(file.name, file.document())
