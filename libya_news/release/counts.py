"""What a release counts: the numbers of its manifest, from which card, chart and metadata are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from libya_news.records import Article, Drop, Segment

UNKNOWN: Final = "unknown"
"""Under which name what nobody knows is counted."""


def count(articles: Iterable[Article], drops: Iterable[Drop]) -> dict[str, Any]:
    """The counts of a release: see ``Release.counts``. Each group is ranked, most frequent first."""
    numbers: Counter[str] = Counter(articles=0, segments=0)
    found: dict[str, Counter[str]] = {group: Counter() for group in (*_OF_ARTICLES, *_OF_SEGMENTS)}
    labels: dict[str, Counter[str]] = {}
    for article in articles:
        numbers.update(articles=1, segments=len(article.segments))
        for group, of_article in _OF_ARTICLES.items():
            found[group][of_article(article) or UNKNOWN] += 1
        for group, of_segment in _OF_SEGMENTS.items():
            found[group].update(map(of_segment, article.segments))
        labels.setdefault(article.language or UNKNOWN, Counter()).update(s.label for s in article.segments)
    groups = {group: _most_first(counter) for group, counter in found.items()}
    groups["drops"] = ranked(drop.reason.partition(":")[0] for drop in drops)
    return {**numbers, **groups, "labels_by_language": _by_language(labels)}


_OF_ARTICLES: Final[dict[str, Callable[[Article], str | None]]] = {
    "languages": lambda article: article.language,
    "publishers": lambda article: article.publisher,
    "licences": lambda article: article.licence,
    "rights_holders": lambda article: article.rights_holder,
}
_OF_SEGMENTS: Final[dict[str, Callable[[Segment], str]]] = {
    "labels": lambda segment: segment.label,
    "kinds": lambda segment: segment.kind,
    "labelled_by": lambda segment: segment.by.partition(":")[0],
}


def ranked(values: Iterable[str]) -> dict[str, int]:
    """How often each value is there, the most frequent first, then in the order of the names.

    >>> ranked(["fr", "en", "ar", "en"])
    {'en': 2, 'ar': 1, 'fr': 1}
    """
    return _most_first(Counter(values))


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _by_language(labels: dict[str, Counter[str]]) -> dict[str, dict[str, int]]:
    most_first = sorted(labels.items(), key=lambda item: (-item[1].total(), item[0]))
    return {language: _most_first(counter) for language, counter in most_first if counter}
