"""TREC-style SGML: ``<DOC>`` blocks with ``<DOCNO>``, ``<URL>``, ``<TITLE>``, ``<TEXT>`` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from libya_news.normalize import normalize
from libya_news.records import Drop, RawArticle

from ._fields import parse_date
from ._files import MAX_DOCUMENT_BYTES, SourceFile

_DOC: Final = re.compile(rb"<DOC>(.*?)(</DOC>|(?=<DOC>)|\Z)", re.DOTALL)
_FIELD: Final = re.compile(rb"<([A-Z]+)>(.*?)</\1>", re.DOTALL)


def read(file: SourceFile) -> Iterator[RawArticle | Drop]:
    """Yield one article a ``<DOC>``; its text stays bytes, since the file may be in any encoding."""
    with file.open() as stream:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        yield Drop(file.name, "read", f"too large: more than {MAX_DOCUMENT_BYTES:,} bytes in one document")
        return
    for number, match in enumerate(_DOC.finditer(data), start=1):
        yield _document(match, file.name, number)


def _document(match: re.Match[bytes], name: str, number: int) -> RawArticle | Drop:
    fields = {key.decode("ascii"): value.strip() for key, value in _FIELD.findall(match[1])}
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


def _story(text: bytes, abstract: bytes) -> bytes:
    """The abstract stands before the text, unless the text repeats it."""
    return text if abstract in text else b"\n\n".join(filter(None, (abstract, text)))


def _text(fields: dict[str, bytes], key: str) -> str | None:
    return normalize(fields[key]).text if fields.get(key) else None
