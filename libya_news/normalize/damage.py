"""Damage beyond repair: where it is, so that it is left as it is and reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from .edits import Edit
from .suspicion import suspicions, suspicious_lines
from .tidy import lines

MAX_LINES = 20_000
"""Suspicious lines of a text that are looked at one by one; a text with more of them is damaged from end to end. No
article has as many: longer ones are dropped."""

_BEYOND_REPAIR = ("misread_arabic", "lossy_arabic")
_LOST = re.compile("[\ufffd\x80-\x9f]+")
_OPENING = r"(?P<opening>(?<![^\s(\[–—])[»›”](?=[^\W\d_]))"
"""What opens a quotation in German, Danish, Swedish and Finnish (»Über«, ”Åland”): likely before any letter."""

Span = tuple[int, int]


def is_damaged(line: str) -> bool:
    """Whether a line has mojibake of Arabic in it, which then is such that it cannot be undone.

    >>> is_damaged("Ù?ÙŠ Ø¬Ø§Ù†Ø¨"), is_damaged("في جانب")
    (True, False)
    """
    return not suspicions(line).isdisjoint(_BEYOND_REPAIR)


def is_given_up(text: str) -> bool:
    """Whether more lines are suspicious than are looked at one by one."""
    return len(suspicious_lines(text)) > MAX_LINES


def damaged_lines(text: str) -> list[Span]:
    """Spans of the lines that are damaged as a whole."""
    if is_given_up(text):
        return [(0, len(text))]
    return [(start, end) for start, end, found in suspicious_lines(text) if not found.isdisjoint(_BEYOND_REPAIR)]


def outside(edits: Sequence[Edit], spans: Sequence[Span]) -> list[Edit]:
    """The edits that touch none of the spans; both are in order.

    >>> outside([Edit(0, 1, ""), Edit(4, 5, "")], [(3, 9)])
    [Edit(start=0, end=1, new='', transcoded=False, whole=False)]
    """
    kept = []
    at = 0
    for edit in edits:
        while at < len(spans) and spans[at][1] <= edit.start:
            at += 1
        if at == len(spans) or edit.end <= spans[at][0]:
            kept.append(edit)
    return kept


def damage(text: str, *, suspicious: bool) -> tuple[Span, ...]:
    """Where a text is damaged beyond repair: lines of mojibake, unlikely neighbours, and signs for what is lost.

    Args:
        text: the text after repair.
        suspicious: whether anything in it still looks like mojibake; if not, only signs for lost characters are sought.
    """
    if not suspicious:
        return tuple(m.span() for m in _LOST.finditer(text))
    if is_given_up(text):
        return ((0, len(text)),)
    return tuple(_joined(span for start, end in lines(text) for span in _damage_in(text, start, end)))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, of which those that touch are one."""
    joined: list[Span] = []
    for start, end in spans:
        touches = joined and joined[-1][1] == start
        joined.append((joined.pop()[0], end) if touches else (start, end))
    return joined


def _damage_in(text: str, start: int, end: int) -> list[Span]:
    found = suspicions(text[start:end])
    if not found.isdisjoint(_BEYOND_REPAIR):
        return [(start, end)]
    pattern = _unlikely_or_lost() if "unlikely" in found else _LOST
    return [m.span() for m in pattern.finditer(text, start, end) if m.lastgroup != "opening"]


@cache
def _unlikely_or_lost() -> re.Pattern[str]:
    from ftfy.badness import BADNESS_RE  # noqa: PLC0415 - slow to import, and needed for damaged text only

    return re.compile(f"{_OPENING}|{BADNESS_RE.pattern}|{_LOST.pattern}", BADNESS_RE.flags)
