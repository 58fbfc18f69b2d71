"""Plain text: one file is one article, in any encoding."""

from __future__ import annotations

from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._files import MAX_DOCUMENT_BYTES, SourceFile


def read(file: SourceFile) -> Iterator[RawArticle | Drop]:
    """Yield the file's bytes as one article, undecoded."""
    with file.open() as stream:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        yield Drop(file.name, "read", f"too large: more than {MAX_DOCUMENT_BYTES:,} bytes in one document")
    else:
        yield RawArticle(file.name, data)
