"""Damage, made from clean text in the ways in which it comes about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

Damage = Callable[[str], str]


def _characters(encoding: str) -> str:
    """What the bytes 0 to 255 are read as; where a byte is not defined, its Latin-1 character (as browsers do)."""
    read = [bytes([byte]).decode(encoding, "replace") for byte in range(256)]
    return "".join(chr(byte) if found == "\ufffd" else found for byte, found in enumerate(read))


def misread(written: str, *read: str) -> Damage:
    """Text written in one encoding and read in another; with several, saved as UTF-8 and misread again each time.

    >>> misread("utf-8", "cp1252")("é")
    'Ã©'
    """

    def damage(text: str) -> str:
        data = text.encode(written, "ignore")
        for encoding in read[:-1]:
            data = data.decode("latin-1").translate(_characters(encoding)).encode("utf-8")
        return data.decode("latin-1").translate(_characters(read[-1]))

    return damage


def lossy_mac_arabic(text: str) -> str:
    """UTF-8 read by Python's Mac Arabic codec, which has one character for several bytes."""
    return text.encode("utf-8").decode("mac_arabic", "replace")


def lossy(stand_in: str) -> Damage:
    """UTF-8 read as Windows-1252, and each byte that is not defined in it replaced by a sign, or dropped.

    >>> lossy("?")("في")
    'Ù?ÙŠ'
    """
    return lambda text: text.encode("utf-8").decode("cp1252", "replace").replace("\ufffd", stand_in)


def lossy_soft_hyphens(text: str) -> str:
    """UTF-8 read as Windows-1256, and soft hyphens removed from it."""
    return misread("utf-8", "cp1256")(text).replace("\xad", "")


ARABIC: Mapping[str, Damage] = MappingProxyType(
    {
        "UTF-8 read as Windows-1256": misread("utf-8", "cp1256"),
        "the same twice": misread("utf-8", "cp1256", "cp1256"),
        "UTF-8 read as 1252, then as 1256": misread("utf-8", "cp1252", "cp1256"),
        "UTF-8 read as ISO-8859-6": misread("utf-8", "iso8859-6"),
        "UTF-8 read as Windows-1252": misread("utf-8", "cp1252"),
        "UTF-8 read as Latin-1": misread("utf-8", "latin-1"),
        "Windows-1256 read as Latin-1": misread("cp1256", "latin-1"),
        "Windows-1256 read as Windows-1252": misread("cp1256", "cp1252"),
    }
)
"""Damage to Arabic text that loses nothing."""

WESTERN: Mapping[str, Damage] = MappingProxyType(
    {
        "UTF-8 read as Windows-1252": misread("utf-8", "cp1252"),
        "UTF-8 read as Latin-1": misread("utf-8", "latin-1"),
        "UTF-8 read as Windows-1256": misread("utf-8", "cp1256"),
    }
)
"""Damage to text in Latin letters that loses nothing."""

LOSSY: Mapping[str, Damage] = MappingProxyType(
    {
        "“?” for undefined bytes": lossy("?"),
        "U+FFFD for undefined bytes": lossy("\ufffd"),
        "undefined bytes dropped": lossy(""),
        "read as Windows-1256, soft hyphens dropped": lossy_soft_hyphens,
        "Mac Arabic in Python's codec": lossy_mac_arabic,
    }
)
"""Damage that loses bytes, so that nothing can bring all of the text back."""
