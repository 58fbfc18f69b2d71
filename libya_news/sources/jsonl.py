"""JSON lines: every line is an object with a text and what is known about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from libya_news.records import Drop, RawArticle

from . import json_objects
from ._json import parse_json
from ._streams import OpenFile, in_utf8, refuse_empty, too_large

_NO_LINES: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[|\{[ \t]*\r?\n)")
"""How JSON begins that has its objects on several lines, or in an array, whatever its file is called."""

_HEAD_BYTES: Final = 1 << 12
"""Bytes in which that is seen: white space may stand before it."""


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a line; a broken line is dropped with its physical line number, and reading goes on."""
    head, file = in_utf8(file).sample(_HEAD_BYTES)
    return json_objects.read(file) if _NO_LINES.match(head) else _lines(file)


def _lines(file: OpenFile) -> Iterator[RawArticle | Drop]:
    limit = file.reading.max_document_bytes
    number = empty = 0
    while line := file.stream.readline(limit + 1):
        number += 1
        if len(line) > limit:
            size = len(line)
            while not line.endswith(b"\n") and (line := file.stream.readline(limit)):
                size += len(line)
            yield Drop(f"{file.name}:{number}", "read", too_large(size, limit))
        elif line := line.strip(json_objects.BETWEEN):
            empty = 0
            yield from parse_json(line, file, number, "line")
        else:
            empty += 1
            refuse_empty(empty)
