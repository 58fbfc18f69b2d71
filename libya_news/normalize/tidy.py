"""Tidy-ups: each finds the places it would change and says what should stand there. None reads meaning into a text.

Left alone on purpose: curly quotes, dashes, diacritics, digits, hamza forms, the width of Chinese, Japanese and Korean
characters, line and paragraph structure, tabs. That a line is indented stays to be seen, but not by how many spaces.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from libya_news._tables import load_table

from .edits import Edit, Rule

Fix = Rule | Callable[[str], list[Edit]]
"""Finds what to change in a text: edits in order that do not overlap, each of which changes something."""

MAX_MARKS = 30
"""Longest run of combining marks that is put into order: the limit of UAX #15's Stream-Safe Text Format. No script
needs more, and ordering a run costs the square of its length."""

JSON_LETTERS = 3
"""Letters beyond ASCII that are escaped in a text that JSON wrote: a text on programming may have one or two, but has
quotation marks besides. A judgement."""

_JSON_LETTER = re.compile(r"(?<!\\)\\u(?!00[0-9])[0-9a-f]{4}", re.IGNORECASE)
_JSON_ESCAPE = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}|\\.", re.IGNORECASE)
_AMPERSAND = "(?:amp|AMP|#0{0,5}38|#[xX]0{0,4}26);"
_PAIR = rf"#(5[56][0-9]{{3}});&(?:{_AMPERSAND})*#(5[67][0-9]{{3}})"
_ENTITY = re.compile(
    rf"&(?:{_AMPERSAND})*((?:{_PAIR}|#[0-9]{{1,7}}|#[xX][0-9A-Fa-f]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});)"
)
_HIGH, _LOW = r"[\ud800-\udbff]", r"[\udc00-\udfff]"
_SURROGATE = re.compile(rf"{_HIGH}{_LOW}|(?:{_HIGH}(?!{_LOW})|[\udc00-\udc7f\udd00-\udfff])+")
_UNDECODABLE = re.compile(r"[\udc80-\udcff]")
_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_BIDI_OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
_BIDI_OPEN |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def table() -> MappingProxyType[str, Any]:
    """The facts that the tidy-ups go by."""
    return load_table("normalize/tidy", expect="normalize-tidy")


def fill(pattern: str) -> str:
    """A pattern of the table with its classes of characters filled in."""
    for name, members in table()["classes"].items():
        pattern = pattern.replace(f"{{{name}}}", members)
    return pattern


@cache
def pattern_fix(name: str) -> Rule:
    """The tidy-up of that name in the table, as one pass over the text.

    >>> pattern_fix("spaces").apply("a\\xa0b")
    ('a b', 1)
    """
    rules = table()["patterns"][name]
    news = [new for _, new in rules]
    either = "|".join(f"({fill(pattern)})" for pattern, _ in rules)
    joined = re.compile(f"{table()['first'].get(name, '')}(?:{either})")
    return Rule(joined, news[0] if len(set(news)) == 1 else partial(_choose, news))


def _choose(news: list[str], match: re.Match[str]) -> str:
    return news[(match.lastindex or 1) - 1]


def _joined(match: re.Match[str]) -> str:
    pair = match[0].encode("utf-16-le", "surrogatepass")
    try:
        return pair.decode("utf-16-le")
    except UnicodeDecodeError:  # no pair, but lone ones in a row
        return "\ufffd" * len(match[0])


surrogates = Rule(_SURROGATE, _joined)
"""Pairs of UTF-16 surrogates become the character they stand for; a lone one becomes U+FFFD."""

undecodable = Rule(_UNDECODABLE, "\ufffd")
"""A byte that could not be decoded, as Python's ``surrogateescape`` has it, becomes U+FFFD."""


def json_escapes(text: str) -> list[Edit]:
    r"""Escapes of JSON become their characters, where a text all of ASCII is the inside of a string that JSON wrote.

    >>> [edit.new for edit in json_escapes(r"caf\u00e9, \u00e9t\u00e9")]
    ['é', 'é', 'é']
    """
    if not text.isascii() or len(_JSON_LETTER.findall(text)) < JSON_LETTERS:
        return []
    try:
        json.loads(f'"{text}"', strict=False)
    except ValueError:
        return []
    return [Edit(*m.span(), json.loads(f'"{m[0]}"')) for m in _JSON_ESCAPE.finditer(text)]


def html_entities(text: str) -> list[Edit]:
    """HTML entities become their characters, however often their ampersand was escaped.

    A name in capitals that HTML does not know is one in a text that was put in capitals (ftfy's rule), and the
    numbers of two surrogates are one character. A line with ``<`` in it is left alone, as it may be HTML that is meant
    to be read as such (ftfy's rule). So is an entity without its semicolon, and a name that HTML does not know.

    >>> html_entities("Q&amp;amp;A")
    [Edit(start=1, end=10, new='&', transcoded=False, whole=False)]
    """
    if "&" not in text:
        return []
    found = (
        m for start, end in lines(text) if text.find("<", start, end) < 0 for m in _ENTITY.finditer(text, start, end)
    )
    edits = (Edit(m.start(), m.end(), _unescaped(m)) for m in found)
    return [edit for edit in edits if edit.new != text[edit.start : edit.end]]


def _unescaped(match: re.Match[str]) -> str:
    """What an entity, or a pair of them, stands for; the same where it stands for nothing."""
    entity = "&" + match[1]
    if match[2] and _is_pair(high := int(match[2]), low := int(match[3])):
        return (chr(high) + chr(low)).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    new = html.unescape(entity)
    if new == entity and entity.isupper():
        small = html.unescape(entity.lower())
        return small.upper() if small != entity.lower() else entity
    return new


def _is_pair(high: int, low: int) -> bool:
    return 0xD800 <= high < 0xDC00 <= low < 0xE000


def lines(text: str) -> Iterator[tuple[int, int]]:
    r"""Spans of the lines of a text, without their ``\n``.

    >>> list(lines("ab\n\nc"))
    [(0, 2), (3, 3), (4, 5)]
    """
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


def bidi_pairs(text: str) -> list[Edit]:
    """Embeddings, overrides and isolates go where they have no partner in their line, or no right-to-left letter."""
    if not _BIDI.search(text):
        return []
    return [Edit(at, at + 1, "") for start, end in lines(text) for at in _stray_bidi(text, start, end)]


def _stray_bidi(text: str, start: int, end: int) -> list[int]:
    marks = [m.start() for m in _BIDI.finditer(text, start, end)]
    if marks and not right_to_left().search(text, start, end):
        return marks
    open_at: list[int] = []
    paired: set[int] = set()
    for at in marks:
        if text[at] in _BIDI_OPEN:
            open_at.append(at)
        elif open_at and _BIDI_OPEN[text[open_at[-1]]] == text[at]:
            paired |= {open_at.pop(), at}
    return [at for at in marks if at not in paired]


@cache
def right_to_left() -> re.Pattern[str]:
    """Matches a letter that is written from right to left."""
    return re.compile(fill("[{rtl}]"))


def _latin_letters(match: re.Match[str]) -> str:
    letters: str = table()["latin_ligatures"][match[0]]
    return letters


latin_ligatures = Rule(re.compile("[\ufb00-\ufb06]"), _latin_letters)
"""Typographic ligatures become their letters; œ and æ are letters and stay."""


def _arabic_letters(match: re.Match[str]) -> str:
    return letters_of(match[0])


@cache
def letters_of(form: str) -> str:
    """The letters of an Arabic presentation form; for a mark without the space or tatweel that carries it.

    >>> letters_of("\ufefb") == "\u0644\u0627"
    True
    """
    letters = unicodedata.normalize("NFKC", form)
    return letters.lstrip(" \u0640") or letters


presentation_forms = Rule(re.compile(fill("[{presentation}]")), _arabic_letters)
"""Arabic presentation forms and ligatures become letters, in reading order.

Phrases that are set as one sign stay (U+FDFA to U+FDFD), and so do the ornate parentheses.
"""


def nfc(text: str) -> list[Edit]:
    """Unicode normalisation form C (UAX #15), word by word.

    A text with more than ``MAX_MARKS`` combining marks in a row keeps that run as it is.
    """
    spans = [span for span in lines(text) if not unicodedata.is_normalized("NFC", text[slice(*span)])]
    words = (m for span in spans for m in _NOT_ASCII.finditer(text, *span) if not _has_long_marks(m[0]))
    return [Edit(m.start(), m.end(), new) for m in words if (new := unicodedata.normalize("NFC", m[0])) != m[0]]


def _has_long_marks(word: str) -> bool:
    run = 0
    for character in word if len(word) > MAX_MARKS else "":
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MAX_MARKS:
            return True
    return False
