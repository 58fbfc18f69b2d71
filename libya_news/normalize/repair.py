"""Repair of mojibake: text that was read in another encoding than it was written in.

The method is ftfy's (R. Speer): read the text back into bytes in the encoding that it was misread in, decode these as
what they were, and accept the result only where it is less bad. ftfy does so for encodings of the Latin, Greek and
Cyrillic scripts, by a pattern of unlikely neighbours. Here two more criteria are measured: for UTF-8, that a whole line
decodes strictly into characters that news is written in; for Arabic bytes, how well the letters' frequencies fit.

Left alone: a line whose damage lost bytes. What is lost is not guessed.
"""

from __future__ import annotations

import math
import re
from functools import cache
from os.path import commonprefix
from typing import TYPE_CHECKING

from .edits import Edit, apply_edits
from .readings import Reading, members, reading, readings, sequence, table
from .suspicion import ARABIC_READINGS, suspicions
from .tidy import lines

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

SURE_SEQUENCES = 3
"""So many characters beyond ASCII make a line's strict decoding as UTF-8 proof enough: no undamaged line of the corpora
(en, fr, es, it, ar) and of news pages in 28 languages decodes with three; one in 100,000 does with two."""

SURE_SEQUENCES_OF_TEXT = 8
"""The same for a whole text, whose lines then need not be looked at one by one."""

LEAST_ARABIC = -3.75
"""Mean logarithm of the letters' frequencies from which on bytes are taken for Arabic. Of 2,742 Arabic newspaper
paragraphs the lowest reaches -3.76 and 99 % reach -3.4; the best of Russian, Greek, Hebrew, Thai, Chinese, Japanese and
Korean text, whose bytes were read in the same way, reaches -4.0."""

SUSPICIOUS = ("unlikely", "misread_arabic", "swapped")

_DEFINED_C1 = {chr(byte): reading("cp1252").characters[byte] for byte in range(0x80, 0xA0)}
_C1 = re.compile("[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")

UNKNOWN_LETTER = -8.0
"""What a letter counts that is not one of the Arabic alphabet: one in 3,000."""

FEW_LETTERS, FEWER_LETTERS = 8, 2
"""Letters that a line needs to be judged by their frequencies; and what a line needs in a text where another was sure."""


def mojibake(text: str) -> list[Edit]:
    """Undo one wrong decoding: of the whole text where it is one for all, else line by line.

    >>> mojibake("ط§ظ„ط¹ط±ط§ظ‚")[0].new
    'العراق'
    """
    if (new := _utf8(text, SURE_SEQUENCES_OF_TEXT)) is not None:
        return [Edit(0, len(text), new, transcoded=True)]
    damaged = [(start, end) for start, end in lines(text) if suspicions(text[start:end], *SUSPICIOUS)]
    edits = [edit for start, end in damaged for edit in line_edits(text[start:end], start)]
    return edits or swapped_edits(text)


def line_edits(line: str, start: int) -> list[Edit]:
    """Undo one wrong decoding of UTF-8 in a line that begins at ``start``: from end to end, in pieces, or by ftfy."""
    if (new := _utf8(line, SURE_SEQUENCES)) is not None:
        return [Edit(start, start + len(line), new, transcoded=True)]
    for edits in (_pieces(line), _by_ftfy(line)):
        if edits and not is_damaged(apply_edits(line, edits)):
            return [edit._replace(start=edit.start + start, end=edit.end + start) for edit in edits]
    return []


def is_damaged(line: str) -> bool:
    """Whether a line has mojibake in it that no repair of this module can undo."""
    return bool(suspicions(line, "misread_arabic", "lossy_arabic"))


def _pieces(line: str) -> list[Edit]:
    """Words of UTF-8 that was misread in an encoding of Arabic, in a line that is sound otherwise."""
    for name in ARABIC_READINGS:
        runs = [(m, _utf8_in(reading(name), m[0], SURE_SEQUENCES)) for m in _misread_words(name).finditer(line)]
        if edits := [Edit(m.start(), m.end(), new, transcoded=True) for m, new in runs if new is not None]:
            return edits
    return []


@cache
def _misread_words(name: str) -> re.Pattern[str]:
    return re.compile(f"(?:{sequence(name)})+(?:[ -@\\[-`{{-~]+(?:{sequence(name)})+)*")


def _utf8(text: str, enough: int) -> str | None:
    """The text as UTF-8, where it was misread in one encoding from end to end."""
    found = (_utf8_in(encoding, text, enough) for encoding in readings())
    return next((new for new in found if new is not None), None)


def _utf8_in(encoding: Reading, text: str, enough: int) -> str | None:
    try:
        new = encoding.to_bytes(text).decode("utf-8")
    except UnicodeError:
        return None
    return new if _is_news(new, enough) else None


def _is_news(new: str, enough: int) -> bool:
    ascii_length = len(new.encode("ascii", "ignore"))
    if len(new) - ascii_length < enough or _rare().search(new):
        return False
    dense = len(_dense().findall(new))
    return not dense or dense * 2 >= len(re.findall("[A-Za-z]", new))


@cache
def _rare() -> re.Pattern[str]:
    return re.compile(f"[{table()['rare']}]")


@cache
def _dense() -> re.Pattern[str]:
    return re.compile(f"[{table()['dense']}]")


@cache
def _config() -> TextFixerConfig:
    from ftfy import TextFixerConfig  # noqa: PLC0415 - slow to import, and needed for damaged text only

    return TextFixerConfig(unescape_html=False, fix_c1_controls=False, explain=True)


def _by_ftfy(line: str) -> list[Edit]:
    from ftfy import fix_encoding_and_explain  # noqa: PLC0415 - see _config

    if not suspicions(line, "unlikely"):
        return []
    new = fix_encoding_and_explain(line, _config()).text
    return [] if new == line else [_smallest(line, new)]


def _smallest(old: str, new: str) -> Edit:
    """One edit from an old text to a new one, without what both begin or end with."""
    start = len(commonprefix((old, new)))
    same = len(commonprefix((old[start:][::-1], new[start:][::-1])))
    return Edit(start, len(old) - same, new[start : len(new) - same])


def swapped_edits(text: str) -> list[Edit]:
    """Undo the reading of Arabic bytes as Windows-1252 or Latin-1, line by line.

    A line is judged by the frequencies of its letters; where one was sure, less is asked of the others.
    """
    damaged = [(start, end) for start, end in lines(text) if suspicions(text[start:end], "swapped")]
    for encoding in map(reading, table()["arabic"]):
        if any(_is_arabic(_words(text, span), encoding, FEW_LETTERS) for span in damaged):
            found = [_words(text, span) for span in lines(text)]
            words = [word for line in found if _is_arabic(line, encoding, FEWER_LETTERS) for word in line]
            return [Edit(m.start(), m.end(), _swap(m[0], encoding)) for m in words]
    return []


def _words(text: str, span: tuple[int, int]) -> list[re.Match[str]]:
    """What stands between spaces and ASCII punctuation and has no ASCII letter in it."""
    return list(_swapped_word().finditer(text, *span))


@cache
def _swapped_word() -> re.Pattern[str]:
    beyond = members(reading("cp1252"), 0x80, 0xFF) + r"\x80-\x9f"
    return re.compile(f"(?<![A-Za-z{beyond}])[{beyond}]+(?![A-Za-z{beyond}])")


def _is_arabic(words: list[re.Match[str]], encoding: Reading, enough: int) -> bool:
    letters = [letter for m in words for letter in _swap(m[0], encoding) if letter.isalpha()]
    frequencies = _frequencies()
    score = sum(frequencies.get(letter, UNKNOWN_LETTER) for letter in letters)
    return len(letters) >= enough and score >= LEAST_ARABIC * len(letters)


@cache
def _frequencies() -> dict[str, float]:
    return {letter: math.log(share) for letter, share in table()["letters"].items()}


def _swap(word: str, encoding: Reading) -> str:
    """A word that was read as Windows-1252 or Latin-1, read in another encoding instead."""
    return "".join(encoding.characters[_western()[letter]] for letter in word)


@cache
def _western() -> dict[str, int]:
    """The byte of each character of Windows-1252, and of the controls that Latin-1 has in the same places."""
    controls = {chr(byte): byte for byte in range(0x80, 0xA0)}
    return controls | {character: byte for byte, character in enumerate(reading("cp1252").characters)}


def c1_controls(text: str) -> list[Edit]:
    """C1 controls become what stands in their place in Windows-1252, as in browsers; not in lines that are damaged.

    The five that it leaves undefined stay.
    """
    if not _C1.search(text):
        return []
    sound = (span for span in lines(text) if _C1.search(text, *span) and not is_damaged(text[slice(*span)]))
    return [Edit(m.start(), m.end(), _DEFINED_C1[m[0]]) for span in sound for m in _C1.finditer(text, *span)]
