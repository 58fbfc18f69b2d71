"""ARC, the format before WARC: every response of a crawl with status 200 that is a page is an article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from libya_news.records import Drop, RawArticle

from ._http import MAX_HEAD_BYTES, page
from ._streams import BLOCK, Budget, OpenFile, too_large

_FIELDS: Final = 5
"""Address, IP, date, media type and length; version 2 has more before the length.

Source: Burner and Kahle, Arc File Format, Internet Archive, 1996.
"""

_ABOUT_THE_CRAWL: Final = b"filedesc:"


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield the pages; everything else that was fetched is a drop with the number of its record, from 1."""
    number, budget = 0, Budget(file.size)
    most = file.reading.max_document_bytes + MAX_HEAD_BYTES
    while line := file.stream.readline(MAX_HEAD_BYTES):
        if not line.strip():
            continue
        number += 1
        where = f"{file.name}:{number}"
        fields = line.split()
        if len(fields) < _FIELDS or not fields[-1].isdigit() or len(fields[-1]) > 18:
            yield Drop(where, "read", "broken ARC: there is no record where one should begin; nothing behind was read")
            return
        length = int(fields[-1])
        block = file.stream.read(min(length, most + 1))
        if len(block) < min(length, most + 1):
            yield Drop(where, "read", f"truncated: {len(block):,} of {length:,} bytes are there")
        elif length > most:
            _skip(file, length - len(block))
            yield Drop(where, "read", too_large(length, file.reading.max_document_bytes))
        elif not line.startswith(_ABOUT_THE_CRAWL):
            yield page(block, file, str(number), fields[0].decode("utf-8", "replace"), budget)


def _skip(file: OpenFile, size: int) -> None:
    while size > 0 and (block := file.stream.read(min(size, BLOCK))):
        size -= len(block)
