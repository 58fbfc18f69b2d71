"""What is no article any more: how long a text, and how large and how nested a page may be to be judged."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborHTMLParser

from libya_news.labels import LABEL_OF
from libya_news.records import Segment

from ._markup import bounded, count_of, nesting

MAX_LINES: Final = 20_000
"""Lines of a text, or of a page as it is laid out, beyond which it is a list, a log or an attack, and none of it is
judged. Of 32,126 texts of the corpora the longest has 3,285, of 1,664 news pages 2,239."""

MAX_TAGS: Final = 200_000
"""Tags of a page, ten times as many as the most of 1,664 news pages (19,629)."""

MAX_BREAKS: Final = 1_000_000
"""Line breaks of a page's markup, which are lines where it is preformatted; those pages have up to 20,539."""

MAX_NESTING: Final = 10_000
"""Elements within each other. Those pages have up to 232; one that never closes a tag has one more for each teaser or
comment, some thousands, and is still read as browsers read it: see ``_markup.MAX_DEPTH``."""

MAX_ATTRIBUTE: Final = 16 << 20
"""Characters of an attribute. Those pages have up to 181,168, since pictures and data are written into them."""


def no_page(markup: bytes) -> str:
    """Why markup is not laid out at all, or an empty string.

    >>> no_page(b"<p>Talks end.")
    ''
    >>> no_page(b"<div>" * 100_000)
    'nested 100,000 deep, where 10,000 are allowed'
    """
    tags = count_of("<", markup)
    if tags > MAX_TAGS:
        return f"{tags:,} tags, where {MAX_TAGS:,} are allowed"
    if len(markup) > MAX_BREAKS and (breaks := count_of("\n", markup)) > MAX_BREAKS:
        return f"{breaks:,} line breaks, where {MAX_BREAKS:,} are allowed"
    if tags > MAX_NESTING and (depth := nesting(markup)) > MAX_NESTING:
        return f"nested {depth:,} deep, where {MAX_NESTING:,} are allowed"
    if len(markup) > MAX_ATTRIBUTE and (size := _longest_attribute(markup)) > MAX_ATTRIBUTE:
        return f"an attribute of {size:,} characters, where {MAX_ATTRIBUTE:,} are allowed"
    return ""


def too_many(lines: int) -> str:
    """Why a text of so many lines is no article."""
    return f"{lines:,} lines, where {MAX_LINES:,} are allowed"


def unjudged(start: int, end: int) -> Segment:
    """What a line is taken for where there are too many."""
    return Segment(start, end, LABEL_OF[_UNJUDGED], _UNJUDGED, 1.0, "rule:too_many_lines")


_UNJUDGED: Final = "boilerplate_other"


def _longest_attribute(markup: bytes) -> int:
    nodes = LexborHTMLParser(bounded(markup)).css("*")
    return max((len(value or "") for node in nodes for value in node.attributes.values()), default=0)
