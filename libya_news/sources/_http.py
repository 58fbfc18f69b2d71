"""Pages from recorded HTTP responses, as WARC and ARC files hold them."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import Final, Literal

from fastwarc.warc import WarcRecord, WarcRecordType

from libya_news.records import Drop, RawArticle

from ._streams import Budget, OpenFile, too_large, unreadable

PAGES: Final = ("text/html", "application/xhtml+xml")
"""Media types of pages; whatever else a crawl has fetched is no article."""

MAX_HEAD_BYTES: Final = 1 << 18
"""Bytes of status line and headers; servers send no more than 8 to 64 KB."""


def page(block: bytes, file: OpenFile, position: str, url: str | None, budget: Budget) -> RawArticle | Drop:  # noqa: PLR0911 - one for each reason
    """The page in the bytes of an HTTP response, or a drop that tells why there is none.

    Args:
        block: status line, headers and body, as they came over the wire.
        file: where it comes from.
        position: where in the file it stands.
        url: the address that was asked for.
        budget: what all pages of the file may be together, without the codings of their transfer.

    Raises:
        Refused: they are more.
    """
    where, limit = f"{file.name}:{position}", file.reading.max_document_bytes
    try:
        record = _response(block, "none")
    except OSError as error:  # a head that is too long, or none
        return Drop(where, "read", unreadable(error))
    status, kind = record.http_headers.status_code, (record.http_content_type or "none").strip().lower()
    if status != 200:
        return Drop(where, "read", f"no page: HTTP status {status or 'missing'}")
    if kind not in PAGES:
        return Drop(where, "read", f"no page: media type {kind[:100]}")
    declared = record.http_headers.get("Content-Length") or ""
    data = record.reader.read()
    if declared.isdigit() and int(declared) > len(data):
        return Drop(where, "read", f"truncated: {len(data):,} of {int(declared):,} bytes of the page are there")
    decoded = _decoded(block, limit)
    data = decoded or data
    budget.spend(len(data))
    if len(data) > limit:
        return Drop(where, "read", too_large(len(data), limit))
    if decoded and _is_cut(block, len(decoded)):
        return Drop(where, "read", "truncated: the compressed page has no end mark")
    charset = (record.http_charset or "").strip("\"' ") or None
    return RawArticle(file.name, data, position, html=True, charset=charset, url=url)


def _decoded(block: bytes, limit: int) -> bytes | None:
    """The body without the codings of its transfer, as far as needed to see that it is too large.

    None where its headers name codings that it does not have: many archives are written decoded, with headers as sent.
    """
    try:
        return _response(block, "all").reader.read(limit + 1)
    except OSError:
        return None


def _is_cut(block: bytes, size: int) -> bool:
    """Whether a body in gzip that unpacks to so many bytes ends too early; ``fastwarc`` gives what there is of it."""
    coded = _response(block, "transfer").reader.read()
    if not coded.startswith(_GZIP) or coded.endswith(size.to_bytes(4, "little")):
        return False
    unpacked = zlib.decompressobj(zlib.MAX_WBITS + 16)
    with suppress(zlib.error):
        unpacked.decompress(coded, size + 1)
    return not unpacked.eof


_GZIP: Final = b"\x1f\x8b"


def _response(block: bytes, decoding: Literal["none", "transfer", "all"]) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(record_type=WarcRecordType.response)
    record.headers["Content-Type"] = "application/http; msgtype=response"
    record.is_http = True
    record.set_bytes_content(block)
    record.parse_http(auto_decode=decoding, max_header_len=MAX_HEAD_BYTES, quirks_mode=True)
    return record
