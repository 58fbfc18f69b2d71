"""From bytes to text: byte order mark, UTF-8, UTF-16 without a mark, what the source declares, detection."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from libya_news._tables import load_table

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; that of UTF-32 begins like that of UTF-16, so it goes first."""

SAMPLE_BYTES = 1 << 16
"""How much the detector sees, from about the first byte on that is not ASCII: a bound on its cost, at 5 MB/s. A
choice."""

_BEFORE = 200
"""Bytes before the first one beyond ASCII that the detector sees, too: the word that it stands in, and some more."""

_DECLARATION = re.compile(
    rb"""(?:<meta\b[^>]{0,200}?charset|<\?xml[^>]{0,100}?encoding)\s*=\s*["']?([\w.:-]{2,30})""", re.IGNORECASE
)
_HEAD = 1024
_HIGH = re.compile(rb"[\x80-\xff]")
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
DECLARED_CONFIDENCE = 0.9
"""How sure a declaration is that fits: a convention, below what leaves no doubt. It was not measured."""

ERRORS_APART = 4
"""Characters of several bytes for each error in bytes that still are UTF-8. A Spanish article in Windows-1252 was taken
for UTF-8 with a limit of one; with four, all Western articles of ``scripts/bench detect`` are right."""

CHARACTERS_FOR_EACH_BLANK = 100
"""Characters for each space or line end in UTF-16, at most, so that they tell the order of its bytes. A Thai sentence
has some 30 without a space. A choice; what has fewer is the detector's."""

STRAY_NULS, COMMONEST_BYTE = 10, 3
"""In UTF-8 fewer than one byte in so many is NUL, and fewer than one in so many are the same: of 4,000 articles of the
corpora the commonest byte is 30 % of one at the most. In UTF-16 each of them is beyond one of the two."""

UTF16_CONFIDENCE = 0.95
"""How sure that is: what the detector says of the same."""

_EURO = re.compile(rb"\xa4|[A-Za-z][\xbc\xbd\xa8\xb8][a-z]|(?:^|[ '(])\xbd[a-z]")
"""What ISO-8859-15 has in the place of ¤, ¼, ½, ¨ and ¸: the euro sign, and œ, Œ, š, ž in words."""

_MIXED = re.compile(
    "[A-Za-z][\u0370-\u06ff\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7a3]|[\u0370-\u06ff\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7a3][A-Za-z]"
)
_OTHER_WORD = re.compile("[\u0370-\u06ff\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7a3]+")


class Decoded(NamedTuple):
    """Bytes as text.

    Attributes:
        text: the text; each byte that could not be decoded stands in it as a lone surrogate, U+DC80 to U+DCFF.
        encoding: Python's name of the encoding.
        confidence: in [0, 1]; 1 where a byte order mark or strict decoding as UTF-8 leaves no doubt, 0 where the bytes
            seem to be no text at all.
        skipped: length of the byte order mark.
        errors: what brings ``text`` back to its bytes, as ``str.encode`` takes it.
    """

    text: str
    encoding: str
    confidence: float
    skipped: int = 0
    errors: str = "surrogateescape"


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Bytes to text, on any bytes.

    Args:
        data: the bytes.
        declared: what the source says they are in; otherwise what an HTML or XML declaration at their head says.
            Either is believed only where the bytes are not valid UTF-8 and can all be read in it.

    >>> decode("ليبيا".encode("cp1256"), declared="windows-1256")[:3]
    ('ليبيا', 'cp1256', 0.9)
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, 1.0)._replace(skipped=len(mark))
    if not _may_be_utf16(data[:SAMPLE_BYTES]):
        try:
            return Decoded(data.decode("utf-8"), "utf-8", 1.0)
        except UnicodeDecodeError:
            pass
        if found := _cesu8(data):
            return found
    elif found := _utf16(data):
        return found
    return _declared(data, declared) or _broken_utf8(data) or detected(data)


def _cesu8(data: bytes) -> Decoded | None:
    """The bytes as CESU-8 (UTR #26): UTF-8 but for characters such as emoji, which are pairs of UTF-16 surrogates."""
    try:
        text = data.decode("utf-8", "surrogatepass")
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")  # all are pairs
    except UnicodeDecodeError:
        return None
    return Decoded(text, "utf-8", 1.0, errors="surrogatepass")


def _may_be_utf16(sample: bytes) -> bool:
    """Whether there are more NUL in the bytes than go astray in UTF-8.

    UTF-16 has one beside each letter of ASCII, or the same byte begins most letters; in Chinese it is no UTF-8.
    """
    if not (nuls := sample.count(0)):
        return False
    if nuls * STRAY_NULS >= len(sample) or Counter(sample).most_common(1)[0][1] * COMMONEST_BYTE >= len(sample):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return True
    return False


def _utf16(data: bytes) -> Decoded | None:
    """The bytes as UTF-16 without a byte order mark, in the order in which they have spaces and line ends."""
    sample = data[: min(len(data), SAMPLE_BYTES) // 2 * 2]
    blanks, encoding = max((_blanks(sample, encoding), encoding) for encoding in ("utf-16-be", "utf-16-le"))
    enough = 0 < len(sample) <= 2 * CHARACTERS_FOR_EACH_BLANK * blanks
    return _decoded(data, encoding, UTF16_CONFIDENCE) if enough else None


def _blanks(sample: bytes, encoding: str) -> int:
    """How many spaces and line ends there are in UTF-16 text; none where something in it is no character of a text."""
    text = sample.decode(encoding, "surrogatepass")
    if any(unicodedata.category(sign) in {"Cc", "Cn", "Co"} for sign in set(text) - {"\t", "\n", "\r"}):
        return 0
    return text.count(" ") + text.count("\n")


def _table() -> MappingProxyType[str, Any]:
    return load_table("normalize/encodings", expect="normalize-encodings")


def _declared(data: bytes, declared: str | None) -> Decoded | None:
    """The bytes in the encoding that is declared for them, where that is one of news and all bytes are right in it."""
    in_text = _DECLARATION.search(data, 0, _HEAD)
    names = (declared, in_text and in_text[1].decode("ascii", "replace"))
    return next((found for name in names if name and (found := _read_as(data, name))), None)


def _read_as(data: bytes, name: str) -> Decoded | None:
    try:
        encoding = codecs.lookup(name).name
        if encoding not in _news_encodings():
            return None
        encoding = _with_windows(data, encoding)
        return Decoded(data.decode(encoding), encoding, DECLARED_CONFIDENCE)
    except (LookupError, ValueError):
        return None


@cache
def _news_encodings() -> frozenset[str]:
    return frozenset(codecs.lookup(name).name for name in (*_table()["news"], "ascii"))


def _with_windows(data: bytes, encoding: str) -> str:
    return _table()["windows"].get(encoding, encoding) if _WINDOWS_ONLY.search(data) else encoding


def _broken_utf8(data: bytes) -> Decoded | None:
    """The bytes as UTF-8 with a few errors among many characters of several bytes."""
    text = data.decode("utf-8", "surrogateescape")
    errors = len(re.findall("[\udc80-\udcff]", text))
    several = len(text) - len(text.encode("ascii", "ignore")) - errors
    if b"\0" in data or several < ERRORS_APART * errors:
        return None
    return Decoded(text, "utf-8", several / (several + errors))


def detected(data: bytes) -> Decoded:
    """The bytes in the encoding that chardet finds, but for the mistakes that are known of it."""
    import chardet  # noqa: PLC0415 - only needed for bytes that are not UTF-8

    first = _HIGH.search(data)
    start = max(0, first.start() - _BEFORE) if first and b"\0" not in data[:SAMPLE_BYTES] else 0
    sample = data[start : start + SAMPLE_BYTES]
    found = chardet.detect(sample, include_encodings=_table()["news"], compat_names=False)
    encoding = found["encoding"]
    if encoding is None:  # the detector takes it for binary data
        return _decoded(data, "cp1252", 0.0)
    if encoding.startswith("utf-16"):
        return _decoded(data, encoding, found["confidence"])
    if encoding in {"utf-8", "ascii"} or _is_mixed(sample.decode(encoding, "ignore")):
        encoding = "cp1252"
    return _decoded(data, _western(data, _with_windows(data, encoding)), found["confidence"])


def _is_mixed(text: str) -> bool:
    """Whether words of another script than Latin mostly have Latin letters in them: no language is written so."""
    return len(_MIXED.findall(text)) * 2 > len(_OTHER_WORD.findall(text))


def _western(data: bytes, encoding: str) -> str:
    """ISO-8859-15 or Windows-1252, which the detector confuses, by the characters in which they differ."""
    if encoding not in {"cp1252", "iso8859-1", "iso8859-15"}:
        return encoding
    return "iso8859-15" if _EURO.search(data) and not _WINDOWS_ONLY.search(data) else "cp1252"


def _decoded(data: bytes, encoding: str, confidence: float) -> Decoded:
    """The bytes in an encoding, with what is wrong in it as lone surrogates."""
    if not encoding.startswith(("utf-16", "utf-32")):
        return Decoded(data.decode(encoding, "surrogateescape"), encoding, confidence)
    unit = 4 if encoding.startswith("utf-32") else 2
    whole = len(data) // unit * unit
    rest = "".join(chr(0xDC00 + byte) for byte in data[whole:] if byte >= 0x80)
    try:
        return Decoded(data[:whole].decode(encoding, "surrogatepass") + rest, encoding, confidence, 0, "surrogatepass")
    except UnicodeDecodeError:  # UTF-32 has numbers that are no characters
        return Decoded(data.decode("latin-1"), "latin-1", 0.0)
