"""JSON: an array of objects, or objects one behind the other, each with a text and what is known about it.

The objects are found by their brackets as the file is read, and each is parsed on its own: memory holds one of them,
one that is broken or too large does not take the others down, and an array of any length can be read. An array inside
of an object, as interfaces answer, is parsed with it, and may be as large as a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from libya_news.records import Drop, RawArticle

from ._json import parse_json
from ._streams import BLOCK, Forward, OpenFile, in_utf8, too_large

_IN_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
"""A string up to its quotation mark, to the end, or to a backslash there."""


BETWEEN: Final = b" \t\r\n,\x1e\xef\xbb\xbf"
"""What may stand between objects: also the record separator of RFC 7464, and a byte order mark."""


@lru_cache(maxsize=1)
def _outside() -> Any:
    """All up to a bracket, whole strings included, or up to a string without an end; RE2 leaps over them."""
    import re2  # type: ignore[import-untyped] # noqa: PLC0415 - importing the package must not wait for it

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # of bytes, whatever they are
    return re2.compile(rb'(?s)[^"{}\[\]]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}\[\]]*)*', options)


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article an object, or those in the list that it holds; what is broken is dropped with its number."""
    file = in_utf8(file)
    limit = file.reading.max_document_bytes
    scanner = _Scanner(limit)
    number = 0
    stream = Forward(file.stream)
    while block := stream.read(BLOCK):
        for size, item in scanner.feed(block):
            if size > limit:
                number += 1
                yield Drop(f"{file.name}:{number}", "read", too_large(size, limit))
                continue
            for found in parse_json(item, file, number + 1, "item"):
                number += 1
                yield found
    if scanner.inside:
        yield Drop(f"{file.name}:{number + 1}", "read", f"broken JSON: item {number + 1} has no end")
    elif not number:
        yield Drop(file.name, "read", "no record: there is no JSON object in it")
    elif scanner.stray:
        yield Drop(file.name, "read", "broken JSON: between its objects stands more than commas, which was not read")


def _end(pattern: Any, data: bytes, at: int) -> int:
    """Where what matches at a place ends."""
    found = pattern.match(data, at)
    return int(found.end()) if found else at


class _Scanner:
    """Where objects begin and end: those that stand by themselves, and those right inside of an array that does.

    Args:
        limit: bytes of an object that are kept; of a larger one only the size is told.

    Attributes:
        stray: whether there is anything between them but commas.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._depth = self._base = self._size = 0
        self._quoted = self.stray = False
        self._kept: list[bytes] = []
        self._rest = b""

    @property
    def inside(self) -> bool:
        """Whether an object, or the array of all, is still open."""
        return self._depth > 0

    def feed(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """Take more bytes; give each object that ends in them, with its size, and without its bytes if too large."""
        data, self._rest = self._rest + block, b""
        at = start = 0
        while at < len(data):
            if self._quoted:
                at = _end(_IN_STRING, data, at)
                if data[at : at + 1] == b"\\":
                    data, self._rest = data[:at], data[at:]
                self._quoted = at == len(data)
                at += 1
                continue
            before, at = at, _end(_outside(), data, at)
            mark = data[at : at + 1]
            if self._depth == self._base and (mark == b'"' or data[before:at].strip(BETWEEN)):
                self.stray = True
            at += 1
            was, ended = self._depth, self._turn(mark)
            if was == self._base and self._depth > was:
                start = at - 1
            if ended:
                self._keep(data[start:at])
                yield self._taken()
        if self._depth > self._base:
            self._keep(data[start:])

    def _turn(self, mark: bytes) -> bool:
        """Go in or out by one bracket; whether an object ended with it."""
        if not mark or mark == b'"':
            self._quoted = bool(mark)
        elif mark == b"[" and not self._depth:
            self._depth = self._base = 1
        elif mark in b"[{":
            self._depth += 1
        elif self._depth:
            self._depth -= 1
            self._base = min(self._base, self._depth)
            return self._depth == self._base and (self._base > 0 or mark == b"}")
        return False

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        self._kept = [*self._kept, part] if self._size <= self._limit else []

    def _taken(self) -> tuple[int, bytes]:
        taken = self._size, b"".join(self._kept)
        self._size, self._kept = 0, []
        return taken
