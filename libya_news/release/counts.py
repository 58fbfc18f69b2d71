"""What a release counts: the numbers of its manifest, from which card, chart and metadata are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

from libya_news.records import Article, Drop

UNKNOWN: Final = "unknown"
"""Under which name what nobody knows is counted."""


def count(articles: Iterable[Article], drops: Iterable[Drop]) -> dict[str, Any]:
    """The counts of a release: see ``Release.counts``. Each group is ranked, most frequent first."""
    number = 0
    groups: dict[str, Counter[str]] = {name: Counter() for name in (*OF_ARTICLES, *_OF_SEGMENTS)}
    segments: dict[str, Counter[tuple[str, ...]]] = {}
    for article in articles:
        number += 1
        for name, attribute in OF_ARTICLES.items():
            groups[name][getattr(article, attribute) or UNKNOWN] += 1
        segments.setdefault(article.language or UNKNOWN, Counter()).update(map(_KNOWN, article.segments))
    for (label, kind, by), count_ in (item for found in segments.values() for item in found.items()):
        for name, value in zip(_OF_SEGMENTS, (label, kind, by.partition(":")[0]), strict=True):
            groups[name][value] += count_
    return {
        "articles": number,
        "segments": groups["labels"].total(),
        **{name: _most_first(found) for name, found in groups.items()},
        "drops": ranked(drop.reason.partition(":")[0] for drop in drops),
        "labels_by_language": _by_language(segments),
    }


OF_ARTICLES: Final = {
    "languages": "language",
    "publishers": "publisher",
    "licences": "licence",
    "rights_holders": "rights_holder",
}
"""The attribute of an article, and column of its row, behind each group."""

_OF_SEGMENTS: Final = ("labels", "kinds", "labelled_by")
_KNOWN: Final = attrgetter("label", "kind", "by")
"""The groups that count segments, and what is known of each of them."""


def ranked(values: Iterable[str]) -> dict[str, int]:
    """How often each value is there, the most frequent first, then in the order of the names.

    >>> ranked(["fr", "en", "ar", "en"])
    {'en': 2, 'ar': 1, 'fr': 1}
    """
    return _most_first(Counter(values))


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _by_language(segments: dict[str, Counter[tuple[str, ...]]]) -> dict[str, dict[str, int]]:
    labels: dict[str, Counter[str]] = {}
    for language, found in sorted(segments.items(), key=lambda item: (-item[1].total(), item[0])):
        for (label, *_), count_ in found.items():
            labels.setdefault(language, Counter())[label] += count_
    return {language: _most_first(found) for language, found in labels.items()}
