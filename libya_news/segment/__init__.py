"""Label every line of a scraped article: story, caption, bullet or boilerplate, from plain text alone.

The text is cut into units by tables (``units``); a network labels the units of the whole text together. What a
template's own words show needs no model. Method and figures: ``docs/benchmarks/segment.md``.
"""

from __future__ import annotations

from libya_news._models import DEFAULT, load_model
from libya_news.records import Segment

from ._site import SiteProfile, site_profiles

__all__ = ["SiteProfile", "segment", "site_profiles"]


def segment(
    text: str,
    *,
    title: str | None = None,
    language: str | None = None,
    site: SiteProfile | None = None,
    model: str = DEFAULT,
) -> list[Segment]:
    """Cut a text into labelled segments.

    Segments are in order, do not overlap, are trimmed of white space, and together cover every other character. The
    text may be any ``str``; it is taken as it is, and time is linear in its length.

    Args:
        text: offsets are code points into exactly this text.
        title: the article's headline, where it is known: it helps to tell it from other articles' headlines.
        language: two-letter code; where there is a table of that language, its phrases and the English ones count, and
            those of other languages do not. Without it all count.
        site: what the site's articles have in common, the strongest sign of a template there is.
        model: ``default``, or the path of a folder that ``libya-news train`` made.

    Raises:
        DataError: the model cannot be read.

    >>> [(s.kind, "Image caption Rebels in Brega"[s.start : s.end]) for s in segment("Image caption Rebels in Brega")]
    [('caption_marker', 'Image caption'), ('caption', 'Rebels in Brega')]
    """
    from ._learned import predict, segments  # noqa: PLC0415 - importing the package must not wait for NumPy
    from .units import units  # noqa: PLC0415 - the same

    found, cut = load_model(model), units(text)
    return segments(found.identity, text, cut, predict(found, text, cut, title or "", language), site)
