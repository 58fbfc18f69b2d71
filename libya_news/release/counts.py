"""What a release counts: the numbers of its manifest, from which card, chart and metadata are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from libya_news.records import Article, Drop

UNKNOWN: Final = "unknown"
"""Under which name what nobody knows is counted."""


def count(articles: Sequence[Article], drops: Sequence[Drop]) -> dict[str, Any]:
    """The counts of a release: see ``Release.counts``. Each group is ranked, most frequent first."""
    segments = [segment for article in articles for segment in article.segments]
    return {
        "articles": len(articles),
        "segments": len(segments),
        "languages": ranked(article.language or UNKNOWN for article in articles),
        "publishers": ranked(article.publisher or UNKNOWN for article in articles),
        "labels": ranked(segment.label for segment in segments),
        "kinds": ranked(segment.kind for segment in segments),
        "drops": ranked(drop.reason.partition(":")[0] for drop in drops),
        "licences": ranked(article.licence or UNKNOWN for article in articles),
        "rights_holders": ranked(article.rights_holder or UNKNOWN for article in articles),
        "labelled_by": ranked(segment.by.partition(":")[0] for segment in segments),
        "labels_by_language": _labels_by_language(articles),
    }


def ranked(values: Iterable[str]) -> dict[str, int]:
    """How often each value is there, the most frequent first, then in the order of the names.

    >>> ranked(["fr", "en", "ar", "en"])
    {'en': 2, 'ar': 1, 'fr': 1}
    """
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _labels_by_language(articles: Sequence[Article]) -> dict[str, dict[str, int]]:
    found: dict[str, list[str]] = {}
    for article in articles:
        found.setdefault(article.language or UNKNOWN, []).extend(segment.label for segment in article.segments)
    most_first = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return {language: ranked(labels) for language, labels in most_first if labels}
