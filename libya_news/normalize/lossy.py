"""Mojibake that lost bytes: what is left of it is restored, and what is lost becomes U+FFFD.

Programs put a question mark or U+FFFD for a byte that an encoding does not define, or drop it: of "ف" in UTF-8, read as
Windows-1252, "Ù?" is left. What it was is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from .damage import is_given_up
from .edits import Edit, moved
from .readings import members, rare, reading, sequence, table
from .repair import SURE_SEQUENCES, SURE_SEQUENCES_OF_TEXT, strict_utf8
from .suspicion import suspicions, suspicious_lines

LETTERS_FOR_EACH_LOST = 3
"""Letters of one script, and not the Latin one, that a line's mojibake must be read as for each character that it
lost: a judgement, as text with more gaps is hardly read. It is proof enough: of 2,531,060 lines of the raw corpora and
of news pages, none has as many."""

LOST = "\ufffd"
_SWAPPED = frozenset({"swapped"})
_STAND_INS = "?\ufffd\x1a"
_BESIDES = "\x00-\x7f\xa0«»‘’“”–—…\ufffd"
"""What can stand between mojibake: ASCII, what HTML entities were, and what was lost as a whole."""


def lossy_mojibake(text: str) -> list[Edit]:
    """Undo one wrong decoding of UTF-8 in the lines that lost bytes to it.

    >>> [edit.new for edit in lossy_mojibake("Ù„ÙŠØ¨ÙŠØ§ Ù?ÙŠ")]
    ['ليبيا', '\\ufffd', 'ي']
    """
    if not suspicions(text) or strict_utf8(text, SURE_SEQUENCES_OF_TEXT) is not None or is_given_up(text):
        return []
    damaged = [(start, end) for start, end, found in suspicious_lines(text) if found != _SWAPPED]
    return [edit for start, end in damaged for edit in moved(_restored(text[start:end]), start)]


@cache
def _restored(line: str) -> Sequence[Edit]:
    """The edits that restore a line, read in the encoding in which it lost least; none where nothing is lost."""
    found = filter(None, (_read(line, name) for name in table()["lossy"]))
    least = min(found, key=lambda edits: sum(edit.new == LOST for edit in edits), default=())
    return least if least and strict_utf8(line, SURE_SEQUENCES) is None else ()


def forget() -> None:
    """Let go of what became of lines, as ``suspicion.forget`` does."""
    _restored.cache_clear()


def _read(line: str, name: str) -> list[Edit]:
    pieces = _pieces(name)
    if not _is_likely(line, name) or not re.fullmatch(f"[{_BESIDES}]*", pieces.sub("", line)):
        return []
    found = [*pieces.finditer(line)]
    try:
        edits = [_lost(m) if m["lost"] else _decoded(m, name) for m in found]
    except UnicodeDecodeError:
        return []
    new = "".join(edit.new for edit in edits)
    return edits if _is_sure(new, [m["lost"] for m in found if m["lost"]], name) else []


def _is_likely(line: str, name: str) -> bool:
    """Whether a line has all that it takes, at a glance: most have not."""
    if not _alphabet(name).fullmatch(line):
        return False
    leads = len(line) - len(_leads(name).sub("", line))
    whole = len(re.findall(sequence(name), line))
    return LETTERS_FOR_EACH_LOST * (leads - whole) <= leads


def _lost(match: re.Match[str]) -> Edit:
    return Edit(*match.span(), LOST)


def _decoded(match: re.Match[str], name: str) -> Edit:
    return Edit(*match.span(), reading(name).to_bytes(match[0].replace(" ", "\xa0")).decode("utf-8"), transcoded=True)


def _is_sure(new: str, lost: Sequence[str], name: str) -> bool:
    """Whether what is restored is text in one script, and all that was lost began as characters of it do."""
    beginnings = _beginnings(new, name)
    if not lost or rare().search(new) or not all(piece.startswith(beginnings) for piece in lost):
        return False
    scripts = Counter(_script(letter) for letter in new if letter.isalpha())
    del scripts["LATIN"]
    return len(scripts) == 1 and LETTERS_FOR_EACH_LOST * len(lost) <= scripts.total()


def _script(letter: str) -> str:
    """The script of a letter, by its name; Japanese counts as one."""
    name = unicodedata.name(letter, "").split(" ")[0]
    return "CJK" if name.startswith(("HIRAGANA", "KATAKANA")) else name


def _beginnings(new: str, name: str) -> tuple[str, ...]:
    """What the first bytes of these characters were misread as, of a no-break space, and of quotation marks and dashes.

    Sound letters beside mojibake are leads of other characters as a rule.
    """
    leads = {character.encode()[0] for character in set(new) - {LOST}} | {0xC2}
    characters = reading(name).characters
    return (*(characters[lead] for lead in leads if lead != 0xE2), characters[0xE2] + characters[0x80])


@cache
def _leads(name: str) -> re.Pattern[str]:
    return re.compile(f"[{members(reading(name), 0xC2, 0xF4)}]+")


@cache
def _alphabet(name: str) -> re.Pattern[str]:
    encoding = reading(name)
    return re.compile(f"[{_BESIDES}{members(encoding, 0x80, 0xBF)}{members(encoding, 0xC2, 0xF4)}]*")


@cache
def _pieces(name: str) -> re.Pattern[str]:
    """Characters that were misread in the encoding of that name, or one of which a part is lost.

    A no-break space, Π or Р, whose second byte is a no-break space itself, may have a plain one there.
    """
    encoding = reading(name)
    two, more = (f"[{members(encoding, *span)}]" for span in ((0xC2, 0xDF), (0xE0, 0xF4)))
    spaced = "".join(members(encoding, lead, lead) for lead in (0xC2, 0xCE, 0xD0))
    behind = f"[{members(encoding, 0x80, 0xBF)}{_STAND_INS}]"
    return re.compile(f"(?:{sequence(name)}|[{spaced}] )+|(?P<lost>{two}[{_STAND_INS}]?|{more}{behind}{{0,2}})")
