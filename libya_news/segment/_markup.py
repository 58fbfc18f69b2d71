"""Markup as it comes: nested without end, never closed. What a parser cannot take in linear time is taken out first."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from libya_news._tables import load_table

MANY_TAGS: Final = 2000
"""Tags above which a page is looked at for depth. Fewer cannot cost a parser more than a tenth of a second."""

MAX_DEPTH: Final = 512
"""Elements within each other. Browsers stop there too; news pages have less than a hundred."""

MAX_FORMATTING: Final = 32
"""Open elements such as ``<b>`` within each other: a parser opens each of them again in every paragraph."""

_TAG: Final = re.compile(
    r"<(?:(script|style)\b(?:.*?</\1\b|.*)|!--(?:.*?-->|.*)|(/?)([a-z][a-z0-9-]*))", re.DOTALL | re.IGNORECASE
)
"""A tag, or a whole script, style sheet or comment, in which tags are no tags."""

_REMOVED: Final = "<!"
"""What the beginning of a tag becomes that goes too deep: a declaration that nobody knows, which parsers leave out."""


@lru_cache(maxsize=1)
def _levels() -> dict[str, int | None]:
    """Which of the two depths a tag adds to: None for none of them; a name that is missing adds to the first."""
    tags = load_table("html", expect="html")["tags"]
    return dict.fromkeys(tags["formatting"], 1) | dict.fromkeys([*tags["void"], *tags["drawn"], *tags["open_ended"]])


def bounded(html: str) -> str:
    """The markup with at most ``MAX_DEPTH`` elements within each other; the very same where it has no more.

    >>> bounded("<p>a</p>")
    '<p>a</p>'
    >>> bounded("<div>" * 3000).count("<div")
    512
    """
    if html.count("<") <= MANY_TAGS or not _is_deep(html):
        return html
    depth = [0, 0]
    return _TAG.sub(lambda tag: tag.group() if _keeps(tag, depth) else _REMOVED, html)


def _is_deep(html: str) -> bool:
    levels = _levels()
    limits = (MAX_DEPTH, MAX_FORMATTING)
    depth = [0, 0]
    for _, end, name in _TAG.findall(html):
        level = levels.get(name, 0) if name else None
        if level is None:
            continue
        if end:
            if depth[level]:
                depth[level] -= 1
        else:
            depth[level] += 1
            if depth[level] > limits[level]:
                return True
    return False


def _keeps(tag: re.Match[str], depth: list[int]) -> bool:
    """Count a tag, and say whether it stays; a stray end tag does not count below the ground."""
    end, name = tag.group(2, 3)
    level = _levels().get(name.lower(), 0) if name else None
    if level is None:
        return True
    limit = MAX_FORMATTING if level else MAX_DEPTH
    if end:
        depth[level] = max(0, depth[level] - 1)
        return depth[level] < limit
    depth[level] += 1
    return depth[level] <= limit
