"""TREC-style SGML: ``<DOC>`` blocks with ``<DOCNO>``, ``<URL>``, ``<TITLE>``, ``<TEXT>`` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from libya_news.normalize import normalize
from libya_news.records import Drop, RawArticle

from ._streams import BLOCK, Forward, OpenFile, too_large
from .dates import parse_date

_DOC: Final = re.compile(rb"<DOC>(.*?)(</DOC>|(?=<DOC>)|\Z)", re.DOTALL)
_FIELD: Final = re.compile(rb"<(DOCNO|URL|SRC|TITLE|TIME|AUTHOR|ABSTRACT|TEXT)>")
_END: Final = b"</DOC>"


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a ``<DOC>``; its text stays bytes, since the file may be in any encoding."""
    limit = file.reading.max_document_bytes
    number = 0
    for size, piece in _pieces(Forward(file.stream), limit):
        if size > limit:
            number += 1
            yield Drop(f"{file.name}:{number}", "read", too_large(size, limit))
            continue
        for match in _DOC.finditer(piece):
            number += 1
            yield _document(match, file.name, number)


def _pieces(stream: Forward, limit: int) -> Iterator[tuple[int, bytes]]:
    """What lies between the ends of documents, each with its end and its size; no bytes of one beyond the limit."""
    size, held = 0, bytearray()
    while block := stream.read(BLOCK):
        *ended, rest = (held[-len(_END) :] + block).split(_END)
        before = held[: -len(_END)]
        for part in ended:
            whole = before + part + _END
            yield size + len(whole), bytes(whole)
            size, before = 0, bytearray()
        held = before + rest
        if len(held) > limit:
            size, held = size + len(held) - len(_END), held[-len(_END) :]
    yield size + len(held), bytes(held)


def _document(match: re.Match[bytes], name: str, number: int) -> RawArticle | Drop:
    fields = _fields(match[1])
    position = _text(fields, "DOCNO") or str(number)
    if not match[2]:
        return Drop(f"{name}:{position}", "read", "broken document: <DOC> without </DOC>")
    if "TEXT" not in fields:
        return Drop(f"{name}:{position}", "read", "no text: the document has no <TEXT>")
    author, when = _text(fields, "AUTHOR"), _text(fields, "TIME")
    return RawArticle(
        name,
        _story(fields["TEXT"], fields.get("ABSTRACT", b"")),
        position,
        url=_text(fields, "URL"),
        publisher=_text(fields, "SRC"),
        title=_text(fields, "TITLE"),
        authors=(author,) if author else (),
        published_at=parse_date(when) if when else None,
    )


def _fields(document: bytes) -> dict[str, bytes]:
    """What stands between the tags of each field. One that has no end is looked for once, so that time stays linear."""
    fields: dict[str, bytes] = {}
    endless: set[bytes] = set()
    at = 0
    while found := _FIELD.search(document, at):
        name, at = found[1], found.end()
        end = -1 if name in endless else document.find(b"</%b>" % name, at)
        if end < 0:
            endless.add(name)
            continue
        fields[name.decode("ascii")] = document[at:end].strip()
        at = end
    return fields


def _story(text: bytes, abstract: bytes) -> bytes:
    """The abstract stands before the text, unless the text repeats it."""
    return text if abstract in text else b"\n\n".join(filter(None, (abstract, text)))


def _text(fields: dict[str, bytes], key: str) -> str | None:
    return normalize(fields[key]).text if fields.get(key) else None
