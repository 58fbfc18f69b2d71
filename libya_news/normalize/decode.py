"""From bytes to text: byte order mark, declared encoding, UTF-8, detection."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Decoded(NamedTuple):
    """Bytes as text; each byte that could not be decoded stands in it as a lone surrogate, U+DC80 to U+DCFF."""

    text: str
    encoding: str
    confidence: float
    skipped: int
    errors: str


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Bytes to text, on any bytes. A declared encoding counts only for bytes that are not valid UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data, encoding, 1.0, len(mark))
    try:
        return Decoded(data.decode("utf-8"), "utf-8", 1.0, 0, "strict")
    except UnicodeDecodeError:
        return _decode(data, declared or _detect(data), 0.5, 0)


def _detect(data: bytes) -> str:
    import chardet  # noqa: PLC0415 - only needed for bytes that are not UTF-8

    return chardet.detect(data)["encoding"] or "cp1252"


def _decode(data: bytes, encoding: str, confidence: float, skipped: int) -> Decoded:
    errors = "surrogateescape"
    try:
        return Decoded(data[skipped:].decode(encoding, errors), encoding, confidence, skipped, errors)
    except (LookupError, UnicodeDecodeError):
        return Decoded(data.decode("utf-8", errors), "utf-8", 0.0, 0, errors)
