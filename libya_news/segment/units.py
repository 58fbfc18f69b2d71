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

_LONGEST_CAPTION: Final = 700
"""Characters behind a caption's marker that are the caption: the longest of the annotated texts has 635. More is a
story whose line ends were lost, with a caption before it."""

_WORDS_OF_CREDIT: Final = 5
"""Words behind a credit's marker that may end in a full stop; more of them are a sentence of the story."""

_SIGN_BEHIND: Final = r"(?:[^\S\n]?[,،，:：]|[.!…]{1,3})?"
"""What a template sets behind its word, and what goes with it."""

_OPENS: Final = re.compile(r"(?:[(\[]|(?<=[\s.!?…»”\"’')\]])[|/–—-]+)\s*\Z")
"""What sets off a credit, up to its marker."""

_TAG: Final = r"(?<=#)\w{3,20}#"
_CODE: Final = r"(?<=\[)/?(?:caption|embed|gallery|video|audio|pullquote|playlist)\b[^\]\n]{0,200}\]"
"""Short codes of content systems that were left in the text, without their first character."""

_COUNTER: Final = r"(?<=\d)\d{0,2} (?:of|/) \d{1,3}(?!\w)"
"""Which picture of a gallery this is, without its first digit."""


class Unit(NamedTuple):
    """A trimmed run of characters that gets one kind.

    Attributes:
        start: first code point.
        end: one past the last.
        breaks: line ends between this unit and the one before it, 0 inside a line and for the first unit; more than one
            is a blank line.
        known: the kind, where the cut itself shows it, or None.
        tail: whether it is a credit only if a caption stands before it, and else the end of the text before it.
    """

    start: int
    end: int
    breaks: int
    known: str | None = None
    tail: bool = False


class _Mark(NamedTuple):
    """A template word in the text.

    Attributes:
        start: first character, with what sets it off once that is known.
        word_end, end: behind the word, and behind the sign that goes with it.
        section: the list that it is from.
        limit: where its content ends at the latest.
    """

    start: int
    word_end: int
    end: int
    section: str
    limit: int = 0


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
    firsts = "".join(sorted({re.escape(entry[0]) for entry in _section_of()}))
    words, small, large = (_without_first(filter(chosen, _section_of())) for chosen in (bool, _is_uncased, _is_title))
    apart = rf"(?<!\w.)(?:(?P<word>{words})(?:\s\d{{1,2}}:\d\d(?!\d))?{_SIGN_BEHIND}|{_TAG}|{_COUNTER})"
    joined = rf"(?P<joined>(?<=[A-Za-z].)(?:{small})|(?<=\w.)(?:{large})){_SIGN_BEHIND}"
    return re.compile(rf"[{firsts}#\[0-9](?:{apart}|{joined}|{_CODE})")


def _without_first(entries: Iterable[str]) -> str:
    """Entries, the longest first, where their first character has been read."""
    by_first: dict[str, list[str]] = {}
    for entry in longest_first(entries):
        by_first.setdefault(entry[0], []).append(entry[1:])
    return "|".join(f"(?<={re.escape(first)})(?:{_either(rest)})" for first, rest in sorted(by_first.items()))


def _is_uncased(entry: str) -> bool:
    """Whether an entry is in a script without capitals, so that a Latin letter before it is not of its word."""
    return entry[0].isalpha() and entry[0].upper() == entry[0].lower()


def _is_title(entry: str) -> bool:
    """Whether an entry begins like no word's middle: with a capital, and with more than a word."""
    return entry[0].isupper() and " " in entry


_SIGN: Final = re.compile(r"[(\[©:：|/–—-]")
"""What a credit behind a caption may begin with, or the colon behind its first word."""

_SET_OFF: Final = frozenset(" \t\xa0.!?…»”\"’')]")
"""What stands before a bar, a dash or a slash that sets off a credit, and is no hyphen."""


@lru_cache(maxsize=1)
def _credit_words() -> tuple[str, ...]:
    return tuple(glued("credit_words"))


@lru_cache(maxsize=1)
def _agencies() -> tuple[str, ...]:
    return tuple(agencies())


@lru_cache(maxsize=1)
def _tail() -> re.Pattern[str]:
    """A credit behind a caption, with the mark that sets it off, to the end of a line."""
    word = _either(_credit_words())
    agency = _either(_agencies())
    maker = rf"(?:(?:{word}|{agency})(?!\w)|©|\(c\))"
    rest = rf"[^()\[\]|\n]{{0,{_LONGEST_CREDIT}}}"
    # Each form begins with a sign of _SIGN, or with the word before it. A bracket before a full stop is part of the
    # sentence, and a full stop ends one.
    unended = (
        rf"[(\[]\s*{maker}{rest}[)\]]",  # (AP Photo/Name, File)
        rf"[(\[][^()\[\]|\n]{{0,60}}(?:/|via )\s*(?:{agency})(?!\w)[^()\[\]|\n]{{0,20}}[)\]]",  # (Name/via Reuters)
        rf"(?<=[.!?…»”\"’']\s)(?:{agency})\s?/{rest}(?<![.!?])",  # A sentence. REUTERS/Name
    )
    others = (
        rf"(?<=[\s.!?…»”\"’')\]])[|/–—-]+\s*{maker}{rest}",  # – Reuters
        r"(?<=[.!?…»”\"’'])\|[^|\n]{2,40}",  # A sentence.| Anybody
        r"(?<=[.!?…»”\"’']\s)\|[^|\n]{2,40}",  # A sentence. | Anybody
        rf"(?<!\w)(?<!\w-)(?:{word})\s?[:：]\s?{rest}",  # Photo: Name/Agency
        rf"(?<=\s)©{rest}",
    )
    return re.compile(rf"(?:{'|'.join(unended)}|(?:{'|'.join(others)})\.?)\Z")


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
            breaks, last = number - last if found else 0, number
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
    words = [*_section_of(), *_credit_words(), *_agencies()]
    return _scanner(words, r"©|\(c\)|\||#\w|\[/?[cegvap]|\d (?:of|/) \d")


@lru_cache(maxsize=1)
def _mark_signs() -> Any:
    """Whatever a mark holds, for lines with a sign: many news agencies are named in lines without a mark."""
    return _scanner(_section_of(), r"#\w|\[/?[cegvap]|\d (?:of|/) \d")


def _scanner(words: Iterable[str], others: str) -> Any:
    import re2  # type: ignore[import-untyped] # noqa: PLC0415 - importing the package must not wait for it

    options = re2.Options()
    options.max_mem = _SCANNER_BYTES
    return re2.compile(f"{'|'.join(map(re2.escape, longest_first(words)))}|{others}", options)


_SCANNER_BYTES: Final = 64 << 20
"""Memory for a scanner of the words of all languages. It takes what it needs, and with less than that becomes slow."""


def _found(scanner: Any, text: str) -> Iterator[int]:
    """Where in a text a scanner finds something, in order; at last the largest number there is."""
    try:
        yield from (found.start() for found in scanner.finditer(text))
    except UnicodeEncodeError:  # of lone surrogates, for which any other character does
        yield from _found(scanner, text.encode("utf-8", "replace").decode())
        return
    yield sys.maxsize


def _mark(found: re.Match[str]) -> _Mark:
    start = found.start()
    word_end = max(found.end("word"), found.end("joined"))
    if word_end > 0:
        return _Mark(start, word_end, found.end(), _section_of()[found.string[start:word_end]])
    section = "code" if found.string[start] in "#[" else "caption_lead"
    return _Mark(start, found.end(), found.end(), section)


def _pieces(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Iterator[_Piece]:
    """The pieces of one line. A mark begins a piece; what stands behind a mark is its content."""
    at = start
    content: str | None = None
    for mark in _standing(text, start, end, marks):
        yield from _content(text, at, mark.start, content)
        at, content, piece = _marked(text, mark)
        yield piece
    yield from _content(text, at, end, content)


def _standing(text: str, start: int, end: int, marks: Sequence[_Mark]) -> list[_Mark]:
    """The marks that are no part of a sentence, each with what sets it off and where its content ends."""
    found: list[_Mark] = []
    limit = end
    for mark in reversed(marks):
        if _stands_alone(text, start, end, mark):
            begin = _opening(text, start, mark)
            close = _closing(text, begin, mark, limit)
            if mark.section != "credit_marker" or _is_credit(text, mark, close, limit):
                found.append(mark._replace(start=begin, limit=close))
                limit = begin
    return found[::-1]


def _stands_alone(text: str, start: int, end: int, mark: _Mark) -> bool:
    """A mark is not the beginning of a sentence, so no small letter follows it; what leads a caption leads its line;
    and what may be words of a sentence is set off from it."""
    if mark.section == "code":
        return True
    word, behind = text[mark.start : mark.word_end], text[mark.word_end : min(mark.word_end + 2, end)].strip()[:1]
    if behind.islower():
        return False
    if mark.section == "caption_lead":
        return mark.start == start and not text[mark.end : mark.end + 1].isalnum() and end - mark.end >= _CAPTION
    if mark.start > start and _leads(text, start, mark):
        return mark.word_end < end  # a bulleted word alone is an entry of a menu
    if (" " in word and not _is_uncased(word)) or _is_set_off(text, start, mark):
        return True
    is_before_sign = mark.section != "media_fallback" and not behind.isalnum()
    return not behind or is_before_sign or (_is_uncased(word) and behind.isupper())


def _is_set_off(text: str, start: int, mark: _Mark) -> bool:
    """Whether a mark is the first of its line, or behind a sign."""
    return not text[max(start, mark.start - 2) : mark.start].rstrip()[-1:].isalnum()


def _leads(text: str, start: int, mark: _Mark) -> bool:
    """Whether nothing but signs stands before a mark on its line."""
    return mark.start - start <= 3 and not any(map(str.isalnum, text[start : mark.start]))


def _opening(text: str, start: int, mark: _Mark) -> int:
    """Where what sets a mark off begins: the bullet of its line, or a bracket, bar or dash before a credit."""
    if mark.section != "code" and _leads(text, start, mark):
        return start
    opens = _OPENS.search(text, max(start, mark.start - 3), mark.start) if mark.section == "credit_marker" else None
    return opens.start() if opens else mark.start


def _closing(text: str, begin: int, mark: _Mark, limit: int) -> int:
    """Where a mark's content ends: at the bracket that closes, where one opens."""
    closes = {"(": ")", "[": "]"}.get(text[begin])
    close = text.find(closes, mark.end, limit) if closes and mark.section == "credit_marker" else -1
    return close + 1 if close >= 0 else limit


def _is_credit(text: str, mark: _Mark, close: int, limit: int) -> bool:
    """Whether what stands behind a credit's marker is short enough, and no sentence or part of one."""
    if close - mark.end > _LONGEST_CREDIT:
        return False
    if close < limit:
        behind = text[close : min(close + 2, limit)].strip()[:1]
        return not behind.islower() and behind not in set(".,;:،")
    content = text[mark.end : close].split()
    is_sentence = len(content) > _WORDS_OF_CREDIT and content[-1][-1] in ".!?؟。"
    return ":" in text[mark.word_end : mark.end] or not is_sentence


def _marked(text: str, mark: _Mark) -> tuple[int, str | None, _Piece]:
    """Where a mark's content begins, the kind of that content, and the mark's own piece."""
    if mark.section == "credit_marker":
        is_bare = not any(map(str.isalnum, text[mark.end : mark.limit]))
        return mark.limit, None, _Piece(mark.start, mark.limit, "caption_marker" if is_bare else "credit")
    if mark.section == "caption_lead":
        return mark.end, None, _Piece(mark.start, mark.end, None)
    kind = "caption" if mark.limit - mark.end <= _LONGEST_CAPTION else "paragraph"
    return mark.end, kind if mark.section == "caption_marker" else None, _Piece(mark.start, mark.end, mark.section)


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
    """Where a credit may begin: at a sign, at the credit word before a colon, or at the agency before a slash."""
    for sign in _SIGN.finditer(text, offset):
        at, char = sign.start(), sign.group()
        if char in "([©":
            yield at
            continue
        words = _credit_words() if char in ":：" else _agencies() if char == "/" else ()
        if (head := text[:at].rstrip()).endswith(words):
            yield len(head) - next(len(word) for word in words if head.endswith(word))
        elif char not in ":：" and text[at - 1 : at] in _SET_OFF:
            yield at
