"""The encodings that text is misread in, and how a misread line is read again."""

from __future__ import annotations

import codecs
import re
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from libya_news._tables import load_table


def table() -> MappingProxyType[str, Any]:
    """The facts about mojibake."""
    return load_table("normalize/mojibake", expect="normalize-mojibake")


class Reading(NamedTuple):
    """A single-byte encoding in which any byte has a character, and any such character its byte.

    Attributes:
        name: Python's name for the encoding.
        characters: what the bytes 0 to 255 stand for.
        byte_of: the way back, as ``codecs.charmap_encode`` takes it.
    """

    name: str
    characters: str
    byte_of: Any

    def to_bytes(self, text: str) -> bytes:
        """The bytes that were read as this text.

        Raises:
            UnicodeEncodeError: a character of the text is none of this encoding.
        """
        return codecs.charmap_encode(text, "strict", self.byte_of)[0]


@cache
def reading(name: str) -> Reading:
    """The encoding of that name; each byte that it leaves undefined stands for its Latin-1 character.

    >>> reading("cp1256").to_bytes("ط§").decode("utf-8")
    'ا'
    """
    defined = (bytes([byte]).decode(name, "replace") for byte in range(256))
    characters = "".join(chr(byte) if found == "\ufffd" else found for byte, found in enumerate(defined))
    return Reading(name, characters, codecs.charmap_build(characters))


@cache
def readings() -> tuple[Reading, ...]:
    """The encodings that UTF-8 is misread in, in the order in which they are tried."""
    return tuple(map(reading, table()["readings"]))


@cache
def rare() -> re.Pattern[str]:
    """Matches a character that news is not written in."""
    return re.compile(f"[{table()['rare']}]")


def members(encoding: Reading, first: int, last: int) -> str:
    """What the bytes ``first`` to ``last`` are read as, to be put between the brackets of a pattern."""
    return re.escape(encoding.characters[first : last + 1])


@cache
def sequence(name: str) -> str:
    """A pattern for one character of two bytes or more, in UTF-8 that was misread in the encoding of that name.

    Single letters of the Latin, Greek and Cyrillic scripts, Arabic and Hebrew letters, general punctuation, and
    what has three or four bytes.
    """
    encoding = reading(name)
    behind = f"[{members(encoding, 0x80, 0xBF)}]"
    two, three, four = (f"[{members(encoding, *span)}]" for span in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4)))
    return f"(?:{two}{behind}|{three}{behind}{behind}|{four}{behind}{behind}{behind})"
