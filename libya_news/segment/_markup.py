"""Markup as it comes: nested without end, never closed. What a parser cannot take in linear time is taken out first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from libya_news._tables import load_table

MANY_TAGS: Final = 3000
"""Tags above which a page is looked at for depth. Fewer cannot cost a parser more than a third of a second."""

MAX_DEPTH: Final = 512
"""Elements within each other. Browsers stop there too; news pages have less than a hundred."""

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


@lru_cache(maxsize=1)
def _levels() -> dict[str, int | None]:
    """Which of the two depths a tag adds to: None for none of them; a name that is missing adds to the first."""
    tags = load_table("html", expect="html")["tags"]
    nothing = [*tags["void"], *tags["drawn"], *tags["open_ended"], "script", "style", ""]
    return dict.fromkeys(tags["formatting"], 1) | dict.fromkeys(nothing)


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
    if count_of("<", markup) <= MANY_TAGS or not (_depths(markup) > (MAX_DEPTH, MAX_FORMATTING)).any():
        return markup
    depth = [0, 0]
    return _TAG.sub(lambda tag: tag.group() if _keeps(tag.group(1) or b"", depth) else _REMOVED, markup)


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
    """How many elements are within each other; those whose end may be left out do not count.

    >>> nesting(b"<div><p>a<p>b<ul><li>c</ul></div>"), nesting(b"<!-- <div> -->")
    (2, 0)
    """
    return int(_depths(markup).max(initial=0))


def _depths(markup: bytes) -> npt.NDArray[np.int64]:
    """The two depths behind each tag: running sums that do not fall below the ground."""
    tags = _TAG.findall(markup)
    numbers = {tag: number for number, tag in enumerate(sorted(set(tags)))}
    moves = np.array([_move(tag) for tag in numbers]).reshape(-1, 2)
    heights = np.cumsum(moves[[numbers[tag] for tag in tags]], axis=0)
    return np.asarray(heights - np.minimum(np.minimum.accumulate(heights, axis=0), 0), np.int64)


def _move(tag: bytes) -> tuple[int, int]:
    """What a tag adds to each of the two depths."""
    name = tag.decode("ascii").lower()
    level = _levels().get(name.removeprefix("/"), 0)
    by = -1 if name[:1] == "/" else 1
    return (0, 0) if level is None else (0, by) if level else (by, 0)


def _keeps(tag: bytes, depth: list[int]) -> bool:
    """Count a tag, and say whether it stays; a stray end tag does not count below the ground."""
    for level, (by, limit) in enumerate(zip(_move(tag), (MAX_DEPTH, MAX_FORMATTING), strict=True)):
        if by:
            depth[level] = max(0, depth[level] + by)
            return depth[level] < limit + (by > 0)
    return True
