"""Cut a text into units: its lines, and the pieces that a template has glued into one line.

Cuts come from tables alone and look at nothing but the line, so they cost the same wherever the line stands. What a
piece is, is decided later; only where a template's own words leave no doubt does the unit say so (``Unit.known``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ._phrases import agencies, glued, longest_first

_LONGEST_CREDIT: Final = 90
"""Characters of a credit behind a caption, its mark included: names, agency, licence and "File" fit in with room."""

_SHORTEST_CAPTION: Final = 12
"""Characters that must stand before a credit tail: less is a place, a name or a date, so the line is a byline."""

_CAPTION: Final = 40
"""Characters of a caption behind what leads it: less is the rest of a row of buttons."""

_SECTIONS: Final = ("media_fallback", "caption_marker", "credit_marker", "caption_lead")
"""Lists of template words that are cut out of a line."""

_CODES: Final = r"(?<=#)\w{3,20}#|(?<=\[)/?(?:caption|embed|gallery|video|audio|pullquote|playlist)\b[^\]\n]{0,200}\]"
"""Short codes of content systems that were left in the text, without their first character."""

_COUNTER: Final = r"(?<=\d)\d{0,2} (?:of|/) \d{1,3}(?!\w)"
"""Which picture of a gallery this is, without its first digit."""


class Unit(NamedTuple):
    """A trimmed run of characters that gets one kind.

    Attributes:
        start: first code point.
        end: one past the last.
        breaks: line ends between this unit and the one before it, 0 inside a line; more than one is a blank line.
        known: the kind, where the cut itself shows it, or None.
        tail: whether it is a credit only if a caption stands before it, and else the end of the text before it.
    """

    start: int
    end: int
    breaks: int
    known: str | None = None
    tail: bool = False


class _Mark(NamedTuple):
    """A template word in the text, and the list that it is from."""

    start: int
    end: int
    section: str


class _Piece(NamedTuple):
    start: int
    end: int
    known: str | None
    tail: bool = False


def _either(entries: Sequence[str]) -> str:
    return "|".join(re.escape(entry) for entry in entries)


@lru_cache(maxsize=1)
def _section_of() -> dict[str, str]:
    return {entry: section for section in reversed(_SECTIONS) for entry in glued(section)}


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    """Every template word, code and counter. A set of first characters leads, so that the search leaps over the rest;
    then a word's middle is ruled out, and only then are the words tried."""
    by_first: dict[str, list[str]] = {}
    for entry in sorted(_section_of(), key=lambda entry: (-len(entry), entry)):
        by_first.setdefault(entry[0], []).append(entry[1:])
    firsts = "".join(map(re.escape, sorted(by_first)))
    rest = "|".join(f"(?<={re.escape(first)})(?:{_either(entries)})" for first, entries in sorted(by_first.items()))
    clock = r"(?:\s\d{1,2}:\d\d(?!\d))?"
    return re.compile(rf"[{firsts}#\[0-9](?<!\w.)(?:(?:{rest}){clock}|{_CODES}|{_COUNTER})")


_SIGN: Final = re.compile(r"[(\[©:：|/–—-]")
"""What a credit behind a caption may begin with, or the colon behind its first word."""

_SET_OFF: Final = frozenset(" \t\xa0.!?…»”\"’')]")
"""What stands before a bar, a dash or a slash that sets off a credit, and is no hyphen."""


@lru_cache(maxsize=1)
def _credit_words() -> tuple[str, ...]:
    return tuple(glued("credit_words"))


@lru_cache(maxsize=1)
def _tail() -> re.Pattern[str]:
    """A credit behind a caption, with the mark that sets it off, to the end of a line."""
    word = _either(_credit_words())
    agency = _either(agencies())
    maker = rf"(?:(?:{word}|{agency})(?!\w)|©|\(c\))"
    rest = rf"[^()\[\]|\n]{{0,{_LONGEST_CREDIT}}}"
    # Each form begins with a sign of _SIGN, or with the word before the colon. A bracket before a full stop is part of
    # the sentence.
    brackets = (
        rf"[(\[]\s*{maker}{rest}[)\]]",  # (AP Photo/Name, File)
        rf"[(\[][^()\[\]|\n]{{0,60}}(?:/|via )\s*(?:{agency})(?!\w)[^()\[\]|\n]{{0,20}}[)\]]",  # (Name/via Reuters)
    )
    others = (
        rf"(?<=[\s.!?…»”\"’')\]])[|/–—-]+\s*{maker}{rest}",  # – Reuters
        r"(?<=[.!?…»”\"’'])\|[^|\n]{2,40}",  # A sentence.| Anybody
        r"(?<=[.!?…»”\"’']\s)\|[^|\n]{2,40}",  # A sentence. | Anybody
        rf"(?<!\w)(?:{word})\s?[:：]\s?{rest}",  # Photo: Name/Agency
        rf"(?<=\s)©{rest}",
    )
    return re.compile(rf"(?:{'|'.join(brackets)}|(?:{'|'.join(others)})\.?)\Z")


@lru_cache(maxsize=1)
def _by() -> re.Pattern[str]:
    """A credit that is a sentence of its own behind a caption: "A sentence. Foto por Name"."""
    return re.compile(rf"[.!?…»”\"]\s((?:{_either(_credit_words())})\s(?:by|por|de|par|di|von)\s[^.\n]{{2,50}}\.?\Z)")


def units(text: str) -> list[Unit]:
    """Cut a text into units, in order; together they cover every character that is not white space.

    >>> [(unit.start, unit.end, unit.known) for unit in units("Media captionBBC Arabic found it")]
    [(0, 13, 'caption_marker'), (13, 32, 'caption')]
    """
    signs = _found(_signs(), text)
    found: list[Unit] = []
    start = last = 0
    sign = next(signs)
    for number, line in enumerate(text.splitlines(keepends=True)):
        after = start + len(line)
        if solid := line.strip():
            begin = start + line.index(solid[0])
            end = begin + len(solid)
            while sign < begin:
                sign = next(signs)
            breaks, last = number - last, number
            if sign < end:
                found.extend(_cut(text, begin, end, breaks))
            else:
                found.append(Unit(begin, end, breaks))
        start = after
    return found


def _cut(text: str, start: int, end: int, breaks: int) -> Iterator[Unit]:
    """The units of a line in which something stands that may cut it."""
    marked = next(_found(_mark_signs(), text[start:end])) < end - start
    marks = [_mark(found) for found in _marks().finditer(text, start, end)] if marked else []
    for piece in _pieces(text, start, end, marks):
        solid = text[piece.start : piece.end].strip()
        if solid:
            begin = text.index(solid[0], piece.start)
            yield Unit(begin, begin + len(solid), breaks, piece.known, piece.tail)
            breaks = 0


@lru_cache(maxsize=1)
def _signs() -> Any:
    """Whatever a mark or a credit holds, for one linear scan over the text: most lines have none of it."""
    words = [*_section_of(), *_credit_words(), *agencies()]
    return _scanner(words, r"©|\(c\)|\||#\w|\[/?[cegvap]|\d (?:of|/) \d")


@lru_cache(maxsize=1)
def _mark_signs() -> Any:
    """Whatever a mark holds, for lines with a sign: many news agencies are named in lines without a mark."""
    return _scanner(_section_of(), r"#\w|\[/?[cegvap]|\d (?:of|/) \d")


def _scanner(words: Iterable[str], others: str) -> Any:
    import re2  # type: ignore[import-untyped] # noqa: PLC0415 - importing the package must not wait for it

    return re2.compile(f"{'|'.join(map(re2.escape, longest_first(words)))}|{others}")


def _found(scanner: Any, text: str) -> Iterator[int]:
    """Where in a text a scanner finds something, in order; at last the largest number there is."""
    try:
        yield from (found.start() for found in scanner.finditer(text))
    except UnicodeEncodeError:  # of lone surrogates, for which any other character does
        yield from _found(scanner, text.encode("utf-8", "replace").decode())
        return
    yield sys.maxsize


def _mark(found: re.Match[str]) -> _Mark:
    word = found.group()
    section = _section_of().get(word) or _section_of().get(word.rpartition(" ")[0])
    return _Mark(found.start(), found.end(), section or ("code" if word[0] in "#[" else "caption_lead"))


def _pieces(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Iterator[_Piece]:
    """The pieces of one line. A mark begins a piece; what stands behind a mark is its content."""
    marks = [mark for mark in marks if _stands_alone(text, start, end, mark)] if marks else marks
    at = start
    content: str | None = None
    for index, mark in enumerate(marks):
        yield from _content(text, at, mark.start, content)
        limit = marks[index + 1].start if index + 1 < len(marks) else end
        at, content, piece = _marked(text, mark, limit)
        yield piece
    yield from _content(text, at, end, content)


def _stands_alone(text: str, start: int, end: int, mark: _Mark) -> bool:
    """A mark is not the beginning of a sentence, so no small letter follows it; what leads a caption leads its line."""
    if mark.section == "caption_lead" and not _leads(text, start, end, mark):
        return False
    return mark.section == "code" or not text[mark.end : min(mark.end + 2, end)].lstrip()[:1].islower()


def _leads(text: str, start: int, end: int, mark: _Mark) -> bool:
    """Whether a mark is the first of its line, ends with its word, and has a caption behind it."""
    return (
        not text[start : mark.start].strip()
        and not text[mark.end : mark.end + 1].isalnum()
        and end - mark.end >= _CAPTION
    )


def _marked(text: str, mark: _Mark, limit: int) -> tuple[int, str | None, _Piece]:
    """Where a mark's content begins, the kind of that content, and the mark's own piece."""
    if mark.section == "credit_marker":
        kind = "credit" if text[mark.end : limit].strip(" :\t\xa0") else "caption_marker"
        return limit, None, _Piece(mark.start, limit, kind)
    if mark.section == "caption_lead":
        return mark.end, None, _Piece(mark.start, mark.end, None)
    content = "caption" if mark.section == "caption_marker" else None
    return mark.end, content, _Piece(mark.start, mark.end, mark.section)


def _content(text: str, start: int, end: int, known: str | None) -> Iterator[_Piece]:
    """The text between two marks: a caption and its credit, or any other running text."""
    tail = _credit_tail(text[max(start, end - 4 * _LONGEST_CREDIT) : end], start >= end - 4 * _LONGEST_CREDIT)
    if tail is None:
        yield _Piece(start, end, known)
    else:
        begin = max(start, end - 4 * _LONGEST_CREDIT) + tail
        yield _Piece(start, begin, known)
        yield _Piece(begin, end, "credit", tail=True)


def _credit_tail(text: str, whole: bool = True) -> int | None:
    """Where a credit begins behind a caption, or None; ``whole`` says whether the line begins where the text does.

    >>> _credit_tail("Rebels celebrate in Misrata on Sunday. (AP Photo/Ben Curtis)")
    39
    """
    text = text.rstrip()
    if (sentence := _by().search(text, max(0, len(text) - _LONGEST_CREDIT))) is not None:
        return sentence.start(1)
    for start in _possible_credits(text, max(0, len(text) - 2 * _LONGEST_CREDIT)):
        before = text[:start]
        if (not whole or len(before.strip()) >= _SHORTEST_CAPTION) and _tail().match(text, start):
            return None if text[start] == "|" and "|" in before else start  # bars make bylines and rows of links
    return None


def _possible_credits(text: str, offset: int) -> Iterator[int]:
    """Where a credit may begin: at a sign, or at the credit word before a colon."""
    for sign in _SIGN.finditer(text, offset):
        at, char = sign.start(), sign.group()
        if char in "([©":
            yield at
        elif char not in ":：":
            yield from (at,) if text[at - 1 : at] in _SET_OFF else ()
        elif (head := text[:at].rstrip()).endswith(_credit_words()):
            yield len(head) - next(len(word) for word in _credit_words() if head.endswith(word))
