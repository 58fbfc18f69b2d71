"""WARC: every response of a crawl with status 200 that is a page is an article."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from libya_news.records import Drop, RawArticle

from ._http import MAX_HEAD_BYTES, page
from ._streams import Budget, Forward, OpenFile, too_large

_ABOUT_THE_CRAWL: Final = (WarcRecordType.warcinfo, WarcRecordType.request, WarcRecordType.metadata)
"""Records that hold nothing that was fetched, and are passed over."""

_NEXT_RECORD: Final = re.compile(rb"\r\n\r\nWARC/1\.\d\r\nWARC-", re.IGNORECASE)


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield the pages; everything else that was fetched is a drop with the number of its record, from 1."""
    number, budget = 0, Budget(file.size)
    try:
        stream: Any = Forward(file.stream)
        records = ArchiveIterator(stream, parse_http=False, quirks_mode=True, stream_detect=False)
        for number, record in enumerate(records, start=1):
            if record.record_type not in _ABOUT_THE_CRAWL:
                yield _article(record, file, str(number), budget)
    except OSError as error:
        yield Drop(f"{file.name}:{number + 1}", "read", f"broken WARC: {error}; nothing behind it was read")


def _article(record: WarcRecord, file: OpenFile, position: str, budget: Budget) -> RawArticle | Drop:
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ") or None
    most = file.reading.max_document_bytes + MAX_HEAD_BYTES
    length = record.content_length
    block = record.reader.read(min(length, most + 1)) if length > 0 else b""
    reason = _unlike_a_response(record) or _cut(record, block, min(length, most + 1))
    if not reason and length > most:
        reason = too_large(length, file.reading.max_document_bytes)
    return Drop(f"{file.name}:{position}", "read", reason) if reason else page(block, file, position, url, budget)


def _unlike_a_response(record: WarcRecord) -> str:
    if record.record_type == WarcRecordType.revisit:
        return "revisit: the page was fetched before, and is not in this record"
    if record.record_type != WarcRecordType.response:
        return f"no page: a record of type {record.record_type}"
    cut = record.headers.get("WARC-Truncated")
    return f"truncated: the crawler stopped for {cut}" if cut else ""


def _cut(record: WarcRecord, block: bytes, length: int) -> str:
    if _NEXT_RECORD.search(block):
        return "broken record: its length reaches into the next record; nothing in it was read"
    if len(block) < length:
        return f"truncated: {len(block):,} of {record.content_length:,} bytes are there"
    if length == record.content_length and not _is_whole(block, record.headers.get("WARC-Block-Digest") or ""):
        return "broken record: its bytes are not those that its digest tells of"
    return ""


def _is_whole(block: bytes, digest: str) -> bool:
    """Whether bytes have the digest; also where it is none that is known.

    >>> digest = "sha1:OZYBHTQO4D3NPIDVQ6IS5ORRATH2VPAV"
    >>> _is_whole(b"page", digest), _is_whole(b"pag", digest)
    (True, False)
    """
    name, _, value = digest.partition(":")
    if name.lower() not in ("sha1", "sha256", "md5"):
        return True
    found = hashlib.new(name.lower(), block, usedforsecurity=False).digest()
    return value.strip().lower() in (found.hex(), base64.b32encode(found).decode("ascii").lower())
