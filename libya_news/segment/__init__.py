"""Label every line of a scraped article: story, caption, bullet or boilerplate, from plain text alone.

The text is cut into units by tables (``units``); a network labels the units of the whole text together. What a
template's own words show needs no model. Method and figures: ``docs/benchmarks/segment.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from libya_news._models import DEFAULT, load_model
from libya_news.records import Segment

from ._site import SiteProfile, site_profiles

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SiteProfile", "segment", "segment_all", "segment_batch", "site_profiles"]


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
    return next(segment_all([text], titles=[title], language=language, site=site, model=model))


def segment_all(
    texts: Iterable[str],
    *,
    titles: Iterable[str | None] | None = None,
    language: str | None = None,
    site: SiteProfile | None = None,
    model: str = DEFAULT,
) -> Iterator[list[Segment]]:
    """``segment`` for each of many texts, in order: the same segments, two to four times as fast for usual articles.

    Args:
        texts: read as they are needed, some thousand lines at a time.
        titles: the headline of each text, or None where it is not known.
        language, site, model: of all texts, as ``segment`` takes them.

    Raises:
        DataError: the model cannot be read.
        ValueError: there are more texts than titles, or fewer.

    >>> [[s.kind for s in found] for found in segment_all(["Share on Facebook", "Image caption Rebels in Brega"])]
    [['share'], ['caption_marker', 'caption']]
    """
    from ._learned import label_all  # noqa: PLC0415 - importing the package must not wait for NumPy

    pairs = ((text, None) for text in texts) if titles is None else zip(texts, titles, strict=True)
    return label_all(load_model(model), pairs, language, site)


def segment_batch(
    texts: pa.Array[Any],
    *,
    titles: pa.Array[Any] | None = None,
    language: str | None = None,
    site: SiteProfile | None = None,
    model: str = DEFAULT,
) -> pa.Array[Any]:
    """``segment`` over an Arrow array of texts.

    Args:
        texts: strings; null gives null.
        titles: the headline of each text, or null where it is not known.
        language, site, model: of all texts, as ``segment`` takes them.

    Returns:
        For each text a list of structs with the fields of ``Segment``.

    Raises:
        DataError: the model cannot be read.

    >>> import pyarrow as pa
    >>> [found and found[0]["kind"] for found in segment_batch(pa.array(["Share on Facebook", None])).to_pylist()]
    ['share', None]
    """
    from .batch import batch  # noqa: PLC0415 - importing the package must not wait for Arrow

    return batch(texts, titles, language, site, model)
