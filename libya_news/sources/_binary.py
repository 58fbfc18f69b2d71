"""Telling bytes that are no text at all, before anybody tries to decode them."""

from __future__ import annotations

from typing import Final

MAGIC: Final = (
    (b"\x89PNG\r\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"RIFF", "RIFF media"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive or office document"),
    (b"\x1f\x8b", "gzip inside gzip"),
    (b"\xfd7zXZ", "xz archive"),
    (b"(\xb5/\xfd", "zstd archive"),
    (b"BZh", "bzip2 archive"),
    (b"7z\xbc\xaf", "7-Zip archive"),
    (b"\x7fELF", "program"),
    (b"PAR1", "Parquet file"),
    (b"ARROW1", "Arrow file"),
    (b"SQLite format 3", "SQLite database"),
)

SAMPLE_BYTES: Final = 65536

MAX_CONTROL_SHARE: Final = 0.05
"""Share of control bytes above which a sample is no text. Random bytes have 11 %; the dirtiest text of the corpora has
0.0 %, and a text of 20 characters with one stray NUL has 5 %."""

_UNICODE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"


def binary_reason(data: bytes) -> str | None:
    """What the bytes are instead of text, or None where they may be text.

    >>> binary_reason(b"\\x89PNG\\r\\n\\x1a\\n")
    'PNG image'
    >>> binary_reason("Libya".encode("utf-16-le")) is None
    True
    """
    for magic, name in MAGIC:
        if data.startswith(magic):
            return name
    sample = data[:SAMPLE_BYTES]
    if sample.startswith(_UNICODE_MARKS) or _looks_utf16(sample):
        return None
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return "control characters" if controls > MAX_CONTROL_SHARE * len(sample) else None


def _looks_utf16(sample: bytes) -> bool:
    """Without a byte order mark, UTF-16 news has a zero in every second byte of its spaces and line breaks."""
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    return max(zeros) > 0.04 * len(sample) and min(zeros) == 0
