"""Cut a text into units: its lines, and the pieces that a template has glued into one line.

Cuts come from tables alone and look at nothing but the line, so they cost the same wherever the line stands. What a
piece is, is decided later; only where a template's own words leave no doubt does the unit say so (``Unit.known``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from libya_news._tables import load_table

from ._phrases import glued, longest_first

_LINE: Final = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
"""Everything that ``str.splitlines`` takes for a line's end, ends a line here."""

_LONGEST_CREDIT: Final = 90
"""Characters of a credit behind a caption, its mark included: names, agency, licence and "File" fit in with room."""

_SHORTEST_CAPTION: Final = 12
"""Characters that must stand before a credit tail: less is a place, a name or a date, so the line is a byline."""


class Unit(NamedTuple):
    """A trimmed run of characters that gets one kind.

    Attributes:
        start: first code point.
        end: one past the last.
        breaks: line ends between this unit and the one before it, 0 inside a line; more than one is a blank line.
        known: the kind, where the cut itself shows it, or None.
    """

    start: int
    end: int
    breaks: int
    known: str | None = None


class _Piece(NamedTuple):
    start: int
    end: int
    known: str | None


def _either(entries: list[str]) -> str:
    return "|".join(re.escape(entry) for entry in entries)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    """Template words that are cut out wherever they stand; the group's name says what they are."""
    groups = ("media_fallback", "caption_marker", "credit_marker", "lead")
    sections = ("media_fallback", "caption_marker", "credit_marker", "caption_lead")
    alternatives = "|".join(
        f"(?P<{name}>{_either(glued(section))})" for name, section in zip(groups, sections, strict=True)
    )
    return re.compile(rf"(?<!\w)(?:{alternatives})")


@lru_cache(maxsize=1)
def _tail() -> re.Pattern[str]:
    """A credit behind a caption, with the mark that sets it off, at the end of a line."""
    word = _either(glued("credit_words"))
    agency = _either(longest_first(load_table("agencies", expect="agencies")["names"]))
    maker = rf"(?:(?:{word}|{agency})(?!\w)|©|\(c\))"
    rest = rf"[^()\[\]|\n]{{0,{_LONGEST_CREDIT}}}"
    forms = (
        rf"[(\[]\s*{maker}{rest}[)\]]",  # (AP Photo/Name, File)
        rf"[(\[][^()\[\]|\n]{{0,60}}(?:/|via )\s*(?:{agency})(?!\w)[^()\[\]|\n]{{0,20}}[)\]]",  # (Name/via Reuters)
        rf"(?<=[\s.!?…»”\"’')\]])[|/–—-]+\s*{maker}{rest}",  # – Reuters
        r"(?<=[.!?…»”\"’')\]])\s*\|[^|\n]{2,40}",  # A sentence. | Anybody
        rf"(?<!\w)(?:{word})\s?[:：]\s?{rest}",  # Photo: Name/Agency
        rf"(?<=[.!?…»”\"]\s)(?:{word})\s(?:by|por|de|par|di|von)\s[^.\n]{{2,50}}",  # A sentence. Foto por Name
        rf"(?<=\s)©{rest}",
    )
    return re.compile(rf"(?:{'|'.join(forms)})\.?$")


def units(text: str) -> list[Unit]:
    """Cut a text into units, in order; together they cover every character that is not white space.

    >>> [(unit.start, unit.end, unit.known) for unit in units("Media captionBBC Arabic found it")]
    [(0, 13, 'caption_marker'), (13, 32, 'caption')]
    """
    found: list[Unit] = []
    before = 0
    for line in _LINE.finditer(text):
        breaks = _line_ends(text, before, line.start())
        for piece in _pieces(line.group()):
            trimmed = _trimmed(text, line.start() + piece.start, line.start() + piece.end)
            if trimmed is not None:
                found.append(Unit(*trimmed, breaks, piece.known))
                breaks, before = 0, trimmed[1]
    return found


def _line_ends(text: str, start: int, end: int) -> int:
    gap = text[start:end]
    return len(gap.splitlines()) if gap else 0


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    solid = piece.strip()
    if not solid:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(solid)


def _pieces(line: str) -> Iterator[_Piece]:
    """The pieces of one line. A mark begins a piece; what stands behind a mark is its content."""
    marks = [mark for mark in _marks().finditer(line) if _stands_alone(line, mark)]
    at = 0
    content: str | None = None
    for index, mark in enumerate(marks):
        yield from _content(line, at, mark.start(), content)
        limit = marks[index + 1].start() if index + 1 < len(marks) else len(line)
        at, content, piece = _marked(line, mark, limit)
        yield piece
    yield from _content(line, at, len(line), content)


def _stands_alone(line: str, mark: re.Match[str]) -> bool:
    """A mark is not the beginning of a sentence: no small letter follows it."""
    rest = line[mark.end() : mark.end() + 2].lstrip()
    return not rest[:1].islower() and (mark.lastgroup != "lead" or not line[: mark.start()].strip())


def _marked(line: str, mark: re.Match[str], limit: int) -> tuple[int, str | None, _Piece]:
    """A mark's own piece, where its content begins, and the kind of that content."""
    kind = mark.lastgroup
    if kind == "credit_marker":
        if line[mark.end() : limit].strip(" :\t\xa0"):
            return limit, None, _Piece(mark.start(), limit, "credit")
        return limit, None, _Piece(mark.start(), limit, "caption_marker")
    if kind == "lead":
        return mark.end(), None, _Piece(mark.start(), mark.end(), None)
    return mark.end(), "caption" if kind == "caption_marker" else None, _Piece(mark.start(), mark.end(), kind)


def _content(line: str, start: int, end: int, known: str | None) -> Iterator[_Piece]:
    """The text between two marks: a caption and its credit, or any other running text."""
    tail = _credit_tail(line[start:end])
    if tail is None:
        yield _Piece(start, end, known)
    else:
        yield _Piece(start, start + tail, known)
        yield _Piece(start + tail, end, "credit")


def _credit_tail(text: str) -> int | None:
    """Where a credit begins behind a caption, or None.

    >>> _credit_tail("Rebels celebrate in Misrata on Sunday. (AP Photo/Ben Curtis)")
    39
    """
    text = text.rstrip()
    offset = max(0, len(text) - 2 * _LONGEST_CREDIT)
    found = _tail().search(text[offset:])
    if found is None or len(text[: offset + found.start()].strip()) < _SHORTEST_CAPTION:
        return None
    return offset + found.start()
