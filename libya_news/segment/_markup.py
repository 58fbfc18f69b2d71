"""Markup as it comes: nested without end, never closed. What a parser cannot take in linear time is taken out first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
from selectolax.lexbor import LexborHTMLParser

from ._open import Open

MANY_TAGS: Final = 3000
"""Tags above which a page is looked at for depth. Fewer cannot cost a parser more than a third of a second."""

MAX_DEPTH: Final = 512
"""Elements within each other. Browsers stop there too; of 1,664 news pages two have more than a hundred."""

FAR_TOO_DEEP: Final = 4 * MAX_DEPTH
"""Elements within each other from which on a page is cut, where leaving out tags does not help: that is no accident."""

MAX_FORMATTING: Final = 32
"""Open elements such as ``<b>`` within each other: a parser opens each of them again in every paragraph."""

_RAW: Final = r"(?i:{0})\b[^<]*(?:<(?!/(?i:{0})\b)[^<]*)*"
"""A script or style sheet up to its end tag."""

_TAG: Final = re.compile(
    (
        rf"<(?:(?=[sS!])(?:{_RAW.format('script')}|{_RAW.format('style')}|!--[^-]*(?:-(?!->)[^-]*)*)"
        r"|(/?[a-zA-Z][a-zA-Z0-9-]*))"
    ).encode()
)
"""A tag's beginning with its name, or a whole script, style sheet or comment, in which tags are no tags."""

_REMOVED: Final = b"<!"
"""What the beginning of a tag becomes that goes too deep: a declaration that nobody knows, which parsers leave out."""

MAX_ATTRIBUTES: Final = 1000
"""Attributes of a tag. A parser compares each with all before it, which takes 21 s for 100,000 of them; a tag of a news
page has some dozens."""

_ATTRIBUTE: Final = r"""(?=([\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?))\1"""
"""An attribute. What looks ahead is not tried again in another way, so that time stays linear."""

_CROWDED: Final = re.compile(rf"<[a-zA-Z](?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES},}}".encode())
"""A tag with too many attributes, of which its name is the first; the longest of those in a row."""

_OPENING: Final = re.compile(b"<(?=[a-zA-Z])")
_SHORTEST_CROWDED: Final = 2 * MAX_ATTRIBUTES - 2
"""Bytes of a crowded tag at least: an attribute has a letter, and something that sets it off."""


def utf8(html: str) -> bytes:
    """Markup as parsers take it. Lone surrogates go."""
    return html.encode("utf-8", "ignore")


def count_of(sign: str, markup: bytes) -> int:
    """How often an ASCII character stands in markup."""
    return int(np.count_nonzero(np.frombuffer(markup, np.uint8) == ord(sign)))


def bounded(markup: bytes) -> bytes:
    """Markup with at most ``MAX_DEPTH`` elements within each other, and without tags of more than ``MAX_ATTRIBUTES``;
    the very same where it has none such.

    >>> bounded(b"<p>a</p>")
    b'<p>a</p>'
    >>> bounded(b"<div>" * 4000).count(b"<div")
    512
    """
    if any(_CROWDED.match(markup, opening) for opening in _perhaps_crowded(markup)):
        markup = _CROWDED.sub(_REMOVED, markup)
    if count_of("<", markup) <= MANY_TAGS:
        return markup
    elements = Open(markup)
    if not all(_kept(markup, elements)):
        kept = _kept(markup, Open(markup))
        markup = _TAG.sub(lambda tag: tag.group() if next(kept) else _REMOVED, markup)
    return _cut_where_deep(markup) if elements.odd > MAX_DEPTH else markup


def _kept(markup: bytes, elements: Open) -> Iterator[bool]:
    """For each tag, script, style sheet and comment, whether it stays."""
    most = MAX_DEPTH, MAX_FORMATTING
    for tag in _TAG.finditer(markup):
        yield not tag[1] or elements.tag(tag[1], tag.end(), most)


def _cut_where_deep(markup: bytes) -> bytes:
    """The markup up to where its elements go too deep in spite of all, as the parser itself tells.

    Twice as much is parsed each time, so that a parser never meets many elements much deeper than it can take.
    """
    ends = [tag.start() for tag in _TAG.finditer(markup)]
    count = MANY_TAGS
    while count < len(ends):
        if parsed_depth(markup[: ends[count]]) > FAR_TOO_DEEP:
            return markup[: ends[count // 2]]
        count *= 2
    return markup if parsed_depth(markup) <= FAR_TOO_DEEP else markup[: ends[count // 2]]


def parsed_depth(markup: bytes) -> int:
    """How many elements are within each other once markup is parsed."""
    node, depth, deepest = LexborHTMLParser(markup).root, 0, 0
    while node is not None:
        deepest = max(deepest, depth)
        if (child := node.first_child) is not None:
            node, depth = child, depth + 1
            continue
        while node is not None and node.next is None and depth:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None and depth else None
    return deepest


def _perhaps_crowded(markup: bytes) -> Iterator[int]:
    """Where a tag begins that may have too many attributes: the first ``>`` behind it is far away, or in quotes."""
    ends = np.append(np.flatnonzero(np.frombuffer(markup, np.uint8) == ord(">")), len(markup))
    far = np.diff(ends, prepend=-1) > _SHORTEST_CROWDED
    quoted = np.searchsorted(ends, [found.end() - 1 for found in _quoted_end().finditer(markup)])
    for number in np.union1d(np.flatnonzero(far), quoted).tolist():
        begin = ends[number - 1] if number else 0
        yield from (found.start() for found in _OPENING.finditer(markup, begin, ends[number]))


@lru_cache(maxsize=1)
def _quoted_end() -> Any:
    """An attribute's value in quotes up to its first ``>``."""
    import re2  # type: ignore[import-untyped] # noqa: PLC0415 - importing the package must not wait for it

    return re2.compile(rb"""=\s*(?:"[^">]*>|'[^'>]*>)""")


def nesting(markup: bytes) -> int:
    """How many elements are within each other.

    >>> nesting(b"<div><p>a<p>b<ul><li>c</ul></div>"), nesting(b"<!-- <div> -->"), nesting(b"<div></x><div>")
    (3, 0, 2)
    """
    elements, deepest, most = Open(markup), 0, (len(markup), len(markup))
    for tag in _TAG.finditer(markup):
        if tag[1]:
            elements.tag(tag[1], tag.end(), most)
            deepest = max(deepest, elements.depth, elements.formatting)
    return deepest
