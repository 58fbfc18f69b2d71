"""Saved web pages: one file is one article."""

from __future__ import annotations

from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._streams import OpenFile


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield the page as one article, undecoded; what its markup says is read where it is laid out."""
    yield RawArticle(file.name, file.document(), html=True)
