"""Label units from tables and rules alone: what is known of templates, of a line's shape and of its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ._phrases import Hit, hits, word_set, words
from ._units import Unit

LONG: Final = 80
"""Characters from which a line counts as prose: hardly a menu entry or a headline is longer, most paragraphs are."""

_BULLET: Final = re.compile(r"[•‣◦·●■▪▸►»*\-–—]\s*(?=\S)")
_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟।:;][\"'”’»)\]]*$")
_CODE: Final = re.compile(r"[{};]\s*[{};]|\{[^{}]*:[^{}]*\}|function\s*\(|</?[a-z][^>]*>|^#\w+#$|^\[/?\w+[^\]]*\]$")


class Line(NamedTuple):
    """One unit as the rules see it."""

    text: str
    unit: Unit
    words: int
    hits: list[Hit]
    place: str  # before, in or after the story
    previous: str | None  # the kind of the unit before


def kinds(text: str, units: list[Unit]) -> list[tuple[str, str]]:
    """The kind of every unit, and the name of the rule that found it."""
    lines = [text[unit.start : unit.end] for unit in units]
    counts = [len(words(line[:400])) for line in lines]
    prose = [index for index, line in enumerate(lines) if _is_prose(line) and units[index].known is None]
    first, last = (prose[0], prose[-1]) if prose else (len(lines), -1)
    found: list[tuple[str, str]] = []
    titled = False
    for index, unit in enumerate(units):
        place = "before" if index < first else "after" if index > last else "in"
        line = Line(lines[index], unit, counts[index], hits(lines[index]), place, found[-1][0] if found else None)
        kind, rule = _decide(line)
        if rule == "head":
            kind, titled = ("standfirst" if titled else "headline"), True
        found.append((kind, rule))
    return found


def _is_prose(line: str) -> bool:
    return len(line) >= LONG and _SENTENCE_END.search(line) is not None


def _decide(line: Line) -> tuple[str, str]:
    for name, rule in RULES:
        kind = rule(line)
        if kind is not None:
            return kind, name
    return "paragraph", "rest"


def _cut(line: Line) -> str | None:
    return line.unit.known


def _glyphs(line: Line) -> str | None:
    return None if any(char.isalnum() for char in line.text[:400]) else "boilerplate_other"


def _code(line: Line) -> str | None:
    return "code" if _CODE.search(line.text[:400]) else None


def _after_marker(line: Line) -> str | None:
    return "caption" if line.previous == "caption_marker" and line.unit.breaks and line.words > 2 else None


def _phrase_line(line: Line) -> str | None:
    return next((hit.kind for hit in line.hits if hit.place == 0), None)


def _bullet(line: Line) -> str | None:
    if not _BULLET.match(line.text):
        return None
    if line.place == "before":
        return "navigation"
    return "list_text" if _is_prose(line.text) or line.text.endswith((".", "،")) else "related_link"


def _timestamp(line: Line) -> str | None:
    found = words(line.text[:80])
    if not found or len(line.text) > LONG or "0" not in found:
        return None
    timely = sum(word == "0" or word in word_set("time_words") for word in found)
    return "timestamp" if timely / len(found) >= 0.7 else None  # most of the words, a place name or an author allowed


def _template(line: Line) -> str | None:
    """A phrase of a table counts where it makes up a good part of the line, or where the line is short."""
    telling = [hit for hit in line.hits if hit.words * 6 >= line.words or (line.words <= 8 and hit.words > 1)]
    return telling[0].kind if telling and line.words <= 60 else None


def _head(line: Line) -> str | None:
    return "headline" if line.place == "before" and line.words >= 4 else None


def _in_head(line: Line) -> str | None:
    return "navigation" if line.place == "before" else None


def _crosshead(line: Line) -> str | None:
    short = line.place == "in" and line.words <= 12 and not line.text.endswith((".", ":", "”", '"', "»"))
    return "crosshead" if short and line.unit.breaks else None


def _after_story(line: Line) -> str | None:
    return "promo" if line.place == "after" and not _SENTENCE_END.search(line.text) else None


RULES: Final[tuple[tuple[str, Callable[[Line], str | None]], ...]] = (
    ("cut", _cut),  # what the cut itself shows is certain
    ("glyphs", _glyphs),
    ("code", _code),
    ("after-marker", _after_marker),  # before phrases: a caption may say anything
    ("phrase-line", _phrase_line),  # the whole line is a known phrase
    ("timestamp", _timestamp),
    ("template", _template),  # before bullets: a bulleted "Share" is no link to a story
    ("bullet", _bullet),
    ("head", _head),
    ("in-head", _in_head),
    ("crosshead", _crosshead),
    ("after-story", _after_story),
)
"""From the surest to the weakest; the first that speaks decides."""
