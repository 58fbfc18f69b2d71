"""Markup as it comes: nested without end, never closed. What a parser cannot take in linear time is taken out first."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

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
    rf"<(?:(?=[sS!])(?:{_RAW.format('script')}|{_RAW.format('style')}|!--[^-]*(?:-(?!->)[^-]*)*)"
    r"|(/?[a-zA-Z][a-zA-Z0-9-]*))"
)
"""A tag's beginning with its name, or a whole script, style sheet or comment, in which tags are no tags."""

_REMOVED: Final = "<!"
"""What the beginning of a tag becomes that goes too deep: a declaration that nobody knows, which parsers leave out."""

MAX_ATTRIBUTES: Final = 1000
"""Attributes of a tag. A parser compares each with all before it, which takes 21 s for 100,000 of them; a tag of a news
page has some dozens."""

_ATTRIBUTE: Final = r"""(?=([\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?))\1"""
"""An attribute. What looks ahead is not tried again in another way, so that time stays linear."""

_CROWDED: Final = re.compile(rf"<[a-zA-Z](?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES},}}")
"""A tag with too many attributes, of which its name is the first; the longest of those in a row."""


@lru_cache(maxsize=1)
def _levels() -> dict[str, int | None]:
    """Which of the two depths a tag adds to: None for none of them; a name that is missing adds to the first."""
    tags = load_table("html", expect="html")["tags"]
    nothing = [*tags["void"], *tags["drawn"], *tags["open_ended"], "script", "style", ""]
    return dict.fromkeys(tags["formatting"], 1) | dict.fromkeys(nothing)


def bounded(html: str) -> str:
    """The markup with at most ``MAX_DEPTH`` elements within each other, and without tags of more than
    ``MAX_ATTRIBUTES``; the very same where it has none such.

    >>> bounded("<p>a</p>")
    '<p>a</p>'
    >>> bounded("<div>" * 4000).count("<div")
    512
    """
    html = _CROWDED.sub(_REMOVED, html)
    if html.count("<") <= MANY_TAGS or not (_depths(html) > (MAX_DEPTH, MAX_FORMATTING)).any():
        return html
    depth = [0, 0]
    return _TAG.sub(lambda tag: tag.group() if _keeps(tag.group(1) or "", depth) else _REMOVED, html)


def nesting(html: str) -> int:
    """How many elements are within each other; those whose end may be left out do not count.

    >>> nesting("<div><p>a<p>b<ul><li>c</ul></div>"), nesting("<!-- <div> -->")
    (2, 0)
    """
    return int(_depths(html).max(initial=0))


def _depths(html: str) -> npt.NDArray[np.int64]:
    """The two depths behind each tag: running sums that do not fall below the ground."""
    tags = _TAG.findall(html)
    numbers = {tag: number for number, tag in enumerate(sorted(set(tags)))}
    moves = np.array([_move(tag) for tag in numbers]).reshape(-1, 2)
    heights = np.cumsum(moves[[numbers[tag] for tag in tags]], axis=0)
    return np.asarray(heights - np.minimum(np.minimum.accumulate(heights, axis=0), 0), np.int64)


def _move(tag: str) -> tuple[int, int]:
    """What a tag adds to each of the two depths."""
    name = tag.lower()
    level = _levels().get(name.removeprefix("/"), 0)
    by = -1 if name[:1] == "/" else 1
    return (0, 0) if level is None else (0, by) if level else (by, 0)


def _keeps(tag: str, depth: list[int]) -> bool:
    """Count a tag, and say whether it stays; a stray end tag does not count below the ground."""
    for level, (by, limit) in enumerate(zip(_move(tag), (MAX_DEPTH, MAX_FORMATTING), strict=True)):
        if by:
            depth[level] = max(0, depth[level] + by)
            return depth[level] < limit + (by > 0)
    return True
