"""Patterns that tell damaged text from sound text: cheap, and blind to what the repair would be."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from .readings import members, reading, sequence

if TYPE_CHECKING:
    import re2

ARABIC_READINGS = ("cp1256", "iso8859-6")
"""The encodings of Arabic in which UTF-8 is misread."""

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
    """Two neighbouring characters of UTF-8 that was misread in an encoding of Arabic; or one beside a Latin letter."""
    pairs = (f"{one}{one}|[A-Za-z]{one}|{one}[A-Za-z]" for one in map(sequence, ARABIC_READINGS))
    return "|".join(pairs)


def swapped() -> str:
    """A word all beyond ASCII, of the characters that stand for letters in Windows-1252 or Latin-1."""
    return f"[{swapped_letters()}]{{{_SHORT_WORD},}}"


def swapped_letters() -> str:
    """The characters that bytes of Arabic letters are read as in Windows-1252 or Latin-1."""
    return r"\x80-\x9f\u00aa\u00b5\u00ba\u00c0-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"


def lossy_arabic() -> str:
    """Three leads of Arabic UTF-8, each followed by what is no Arabic letter: what Mac Arabic and other codecs that
    lose bytes leave behind."""
    leads = "".join(members(reading(name), 0xD8, 0xD9) for name in ARABIC_READINGS)
    return rf"(?:[{leads}][^\s\u0600-\u06ff.,:;!?()\"'0-9-]){{3}}"


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


@cache
def automaton(*names: str) -> re2.Set:
    """One automaton for some of the patterns: ``Match`` on UTF-8 gives the positions in ``names`` of those that match."""
    return compile_set([to_re2(patterns()[name]) for name in names])


def compile_set(sources: list[str]) -> re2.Set:
    """One automaton for several patterns in RE2's syntax, in which ``^`` and ``$`` are a line's ends."""
    import re2  # noqa: PLC0415 - see unlikely

    options = re2.Options()
    options.max_mem = 64 << 20
    compiled = re2.Set.SearchSet(options)
    for source in sources:
        compiled.Add(f"(?m){source}".encode())
    compiled.Compile()
    return compiled


def suspicions(text: str, *names: str) -> set[str]:
    """Which of the named patterns match somewhere in the text."""
    return {names[at] for at in automaton(*names).Match(text.encode("utf-8", "replace")) or ()}
