"""Label every line of a scraped article: story, caption, bullet or boilerplate, from plain text alone."""

from __future__ import annotations

from libya_news.labels import LABEL_OF
from libya_news.records import Segment

from ._rules import kinds
from ._units import units

__all__ = ["segment"]


def segment(text: str) -> list[Segment]:
    """Cut a text into labelled segments.

    Segments are in order, do not overlap, are trimmed of white space, and together cover every other character.

    Args:
        text: any text; it is taken as it is. Offsets are code points into exactly this text.

    >>> [(s.kind, "Image caption Rebels in Brega"[s.start : s.end]) for s in segment("Image caption Rebels in Brega")]
    [('caption_marker', 'Image caption'), ('caption', 'Rebels in Brega')]
    """
    cut = units(text)
    return [
        Segment(unit.start, unit.end, LABEL_OF[kind], kind, 1.0, f"rule:{rule}")
        for unit, (kind, rule) in zip(cut, kinds(text, cut), strict=True)
    ]
