"""Patterns that tell damaged text from sound text: cheap, and blind to what the repair would be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from .readings import Reading, members, reading

_AUTOMATON_BYTES = 64 << 20
"""Memory for the states that an automaton has met: a choice with room to spare over RE2's 8 MB, as texts of many
scripts meet many states, and a full memory is emptied and filled again."""

ARABIC_READINGS = ("cp1256", "iso8859-6")
"""The encodings of Arabic in which UTF-8 is misread."""

Line = tuple[int, int, frozenset[str]]
"""Start and end of a line, and the names of the suspicions that it raises."""

_SHORT_WORD = 4
"""Letters of a word that is taken for bytes of another script, where each of them is beyond ASCII. European words
have up to three in a row ("créée" two, "ääö" three)."""


def unlikely() -> str:
    """ftfy's pattern of unlikely neighbours (``ftfy.badness``, R. Speer), which finds UTF-8 and other text misread in
    encodings of the Latin, Greek and Cyrillic scripts, in RE2's syntax."""
    from ftfy.badness import BADNESS_RE  # noqa: PLC0415 - slow to import, and needed once

    pattern = _without_layout(BADNESS_RE.pattern)
    return pattern.replace(r"\s", r"[\s\x0b\x1c-\x1f\x{85}\pZ]").replace(r"\w", r"[\pL\pN_]")


def _without_layout(pattern: str) -> str:
    """A verbose pattern without its white space and comments, which RE2 does not know."""
    token = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|#[^\n]*|\s+|.", re.DOTALL)
    return "".join(found for found in token.findall(pattern) if found[0] != "#" and not found.isspace())


def misread_arabic() -> str:
    """UTF-8 that was misread in an encoding of Arabic: two neighbours, or an accented letter beside a plain one.

    Each is a lead and a sign that is not found behind it: no letter, as in Persian, and no Arabic punctuation. Or
    three Arabic letters in a row, with any sign: their two leads are rare letters. Leads that are letters at the end of
    words (ا ب ة) count behind a plain letter alone: "قناة«BBC»" is sound.
    """
    return "|".join(map(_misread_in, map(reading, ARABIC_READINGS)))


def _misread_in(encoding: Reading) -> str:
    behind = f"[{re.escape(''.join(filter(_is_odd, encoding.characters[0x80:0xC0])))}]"
    pair = f"[{members(encoding, 0xC2, 0xDF)}]{behind}|[{members(encoding, 0xE0, 0xEF)}]{behind}{behind}"
    accented = f"[{members(encoding, 0xC2, 0xC5)}]{behind}"
    accented_behind = f"[{members(encoding, 0xC2, 0xC9)}]{behind}"
    arabic = f"[{members(encoding, 0xD8, 0xD9)}][{members(encoding, 0x80, 0xBF)}]"
    return f"(?:{pair})(?:{pair})|(?:{arabic}){{3}}|[A-Za-z]{accented_behind}|{accented}[A-Za-z]"


def _is_odd(character: str) -> bool:
    """Whether a character does not stand behind an Arabic letter in sound text."""
    return not character.isalpha() and character not in "،؛؟\xa0\u200c\u200d"


def swapped() -> str:
    """A word all beyond ASCII, of the characters that stand for letters in Windows-1252 or Latin-1."""
    return f"[{swapped_letters()}]{{{_SHORT_WORD},}}"


def swapped_letters() -> str:
    """The characters that bytes of Arabic letters are read as in Windows-1252 or Latin-1."""
    return r"\x80-\x9f\u00aa\u00b5\u00ba\u00c0-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"


def lossy_arabic() -> str:
    """Three leads of Arabic UTF-8, each followed by what is no Arabic letter: what Mac Arabic and other codecs that
    lose bytes leave behind. Or one that was read as Windows-1252, with a question mark for what followed it, and
    beside it an Arabic letter or another lead: alone it is sound ("OÙ?")."""
    leads = "".join(members(reading(name), 0xD8, 0xD9) for name in ARABIC_READINGS)
    beside = rf"(?:[ØÙÚÛ][?{members(reading('cp1252'), 0x80, 0xBF)}]|[\u0600-\u06ff])"
    lost = rf"[ØÙÚÛ]\?{beside}|{beside}[ØÙÚÛ]\?"
    return rf"(?:[{leads}][^\s\u0600-\u06ff.,:;!?()\"'0-9-]){{3}}|{lost}"


@cache
def patterns() -> dict[str, str]:
    """All of them by name, in Python's syntax but for ``unlikely``."""
    return {
        "unlikely": unlikely(),
        "misread_arabic": misread_arabic(),
        "lossy_arabic": lossy_arabic(),
        "swapped": swapped(),
    }


def to_re2(pattern: str) -> str:
    r"""A pattern of Python's with ``\uXXXX`` escapes and look-aheads left out, in RE2's syntax."""
    return re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern)


def compile_set(sources: Sequence[str]) -> Callable[[bytes], list[int] | None]:
    """One automaton for several patterns in RE2's syntax, in which ``^`` and ``$`` are a line's ends.

    Returns:
        a function that gives the positions of the patterns that match in a text as UTF-8; None for none.
    """
    import re2  # type: ignore[import-untyped] # noqa: PLC0415 - see unlikely

    options = re2.Options()
    options.max_mem = _AUTOMATON_BYTES
    compiled = re2.Set.SearchSet(options)
    for source in sources:
        compiled.Add(f"(?m){source}".encode())
    compiled.Compile()
    match: Callable[[bytes], list[int] | None] = compiled.Match
    return match


@cache
def _match() -> Callable[[bytes], list[int] | None]:
    return compile_set([to_re2(pattern) for pattern in patterns().values()])


def suspicions(text: str) -> frozenset[str]:
    """Which of the patterns match somewhere in the text, by name."""
    return _NONE if text.isascii() else _found(text)


_NONE: frozenset[str] = frozenset()


@cache
def _found(text: str) -> frozenset[str]:
    names = tuple(patterns())
    return frozenset(names[at] for at in _match()(text.encode("utf-8", "replace")) or ())


@lru_cache(maxsize=1)
def suspicious_lines(text: str) -> list[Line]:
    r"""The lines that raise a suspicion; of one text, which all fixes ask for until one of them changes it.

    >>> [(start, end, sorted(found)) for start, end, found in suspicious_lines("a\nÃ©")]
    [(2, 4, ['unlikely'])]
    """
    suspicious, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        if not line.isascii() and (found := _found(line)):
            suspicious.append((start, end, found))
        start = end + 1
    return suspicious


def forget() -> None:
    """Let go of what was found: every fix asks for the same lines, but of a text that is done nobody asks again."""
    _found.cache_clear()
    suspicious_lines.cache_clear()
