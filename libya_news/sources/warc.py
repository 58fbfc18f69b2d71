"""WARC: every response of a crawl with status 200 that is a page is an article, and so is the text taken from one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from libya_news.records import Drop, RawArticle

from ._http import MAX_HEAD_BYTES, PAGES, page
from ._streams import Budget, Forward, OpenFile, too_large

_ABOUT_THE_CRAWL: Final = (WarcRecordType.warcinfo, WarcRecordType.request, WarcRecordType.metadata)
"""Records that hold nothing that was fetched, and are passed over."""

_BARE: Final = {"conversion": ("text/plain", *PAGES), "resource": PAGES}
"""Media types of articles that stand in a record without the response of a server: texts of pages, as Common Crawl has
them in its WET files, and pages that were saved as files."""

_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)

_NEXT_RECORD: Final = re.compile(rb"\r\n\r\nWARC/1\.\d\r\nWARC-", re.IGNORECASE)

_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")

_KEPT: Final = 1 << 17
"""Latest bytes of a stream that are kept. ``fastwarc`` reads 64 KB at once and takes heads of up to 32 KB: when it
gives a record, the head and at least 32 KB before it are among these."""


class _Kept(Forward):
    """A stream whose latest bytes are kept, since ``fastwarc`` tells neither where heads end nor what it skips."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._kept = bytearray()

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        self._kept += data
        del self._kept[:-_KEPT]
        return data

    def end_of_head(self, start: int) -> int:
        """Where the head ends of the record that begins at an offset, and was given just now."""
        first = self._at - len(self._kept)
        end = _END_OF_HEAD.search(self._kept, start - first)
        return first + end.end() if end else self._at

    def parts(self, start: int, end: int) -> bool:
        """Whether nothing but line ends stands between two offsets; of more than is kept nobody knows."""
        first = self._at - len(self._kept)
        return start >= end or (start >= first and not self._kept[start - first : end - first].strip(b"\r\n"))


def read(file: OpenFile) -> Iterator[RawArticle | Drop]:
    """Yield the pages; everything else that was fetched is a drop with the number of its record, from 1.

    ``fastwarc`` passes over lines that begin no record. They are a drop, too, with their offset in the unpacked file;
    that there is no record at all is said elsewhere.
    """
    number, end, budget = 0, 0, Budget(file.size)
    try:
        stream: Any = _Kept(file.stream)
        records = ArchiveIterator(stream, parse_http=False, quirks_mode=True, stream_detect=False)
        for number, record in enumerate(records, start=1):
            yield from _skipped(stream, end, record.stream_pos, file)
            end = stream.end_of_head(record.stream_pos) + record.content_length
            if record.record_type not in _ABOUT_THE_CRAWL:
                yield _article(record, file, str(number), budget)
        if number:
            yield from _skipped(stream, end, stream.tell(), file)
    except OSError as error:
        yield Drop(f"{file.name}:{number + 1}", "read", f"broken WARC: {error}; nothing behind it was read")


def _skipped(stream: _Kept, start: int, end: int, file: OpenFile) -> Iterator[Drop]:
    """A drop for what stands between two records, or behind the last, and does not only part them."""
    if not stream.parts(start, end):
        yield Drop(file.name, "read", f"broken WARC: {end - start:,} bytes at offset {start:,} are no record")


def _article(record: WarcRecord, file: OpenFile, position: str, budget: Budget) -> RawArticle | Drop:
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ") or None
    most = file.reading.max_document_bytes + MAX_HEAD_BYTES
    length = record.content_length
    block = record.reader.read(min(length, most + 1)) if length > 0 else b""
    reason = _unlike_an_article(record) or _cut(record, block, min(length, most + 1))
    if not reason and length > most:
        reason = too_large(length, file.reading.max_document_bytes)
    if reason:
        return Drop(f"{file.name}:{position}", "read", reason)
    if str(record.record_type) in _BARE:
        return _bare(record, block, file, position, url, budget)
    return page(block, file, position, url, budget)


def _bare(
    record: WarcRecord, block: bytes, file: OpenFile, position: str, url: str | None, budget: Budget
) -> RawArticle | Drop:
    """The text or page that is all of a record."""
    budget.spend(len(block))
    if len(block) > file.reading.max_document_bytes:
        return Drop(f"{file.name}:{position}", "read", too_large(len(block), file.reading.max_document_bytes))
    html = _media_type(record) in PAGES
    said = _CHARSET.search(record.headers.get("Content-Type") or "") if html else None
    return RawArticle(file.name, block, position, html=html, charset=said[1] if said else None, url=url)


def _media_type(record: WarcRecord) -> str:
    return (record.headers.get("Content-Type") or "none").partition(";")[0].strip().lower()


def _unlike_an_article(record: WarcRecord) -> str:
    if record.record_type == WarcRecordType.revisit:
        return "revisit: the page was fetched before, and is not in this record"
    if record.record_type != WarcRecordType.response and _media_type(record) not in _BARE.get(
        str(record.record_type), ()
    ):
        return f"no page: a record of type {record.record_type} and media type {_media_type(record)[:100]}"
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
