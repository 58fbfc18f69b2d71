"""JSON lines: every line is an object with a text and what is known about it."""

from __future__ import annotations

from collections.abc import Iterator

from libya_news.records import Drop, RawArticle

from ._json import parse_json
from ._streams import OpenFile, in_utf8, refuse_empty, too_large


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a line; a broken line is dropped with its physical line number, and reading goes on."""
    file = in_utf8(file)
    limit = file.reading.max_document_bytes
    number = empty = 0
    while line := file.stream.readline(limit + 1):
        number += 1
        if len(line) > limit:
            size = len(line)
            while not line.endswith(b"\n") and (line := file.stream.readline(limit)):
                size += len(line)
            yield Drop(f"{file.name}:{number}", "read", too_large(size, limit))
        elif line := line.removeprefix(b"\xef\xbb\xbf").strip():
            empty = 0
            yield from parse_json(line, file, number, "line")
        else:
            empty += 1
            refuse_empty(empty)
