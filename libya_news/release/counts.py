"""What a release counts: the numbers of its manifest, from which card, chart and metadata are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa

from libya_news.labels import KIND_NAMES, LABELS
from libya_news.records import Drop

from .rows import cells, segments_of

UNKNOWN: Final = "unknown"
"""Under which name what nobody knows is counted."""


class Tally:
    """Counts articles and their segments as they go by."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._articles = 0
        self._groups: dict[str, Counter[str]] = {name: Counter() for name in OF_ARTICLES}
        self._fixes: Counter[str] = Counter()
        self._segments: dict[str, Counter[tuple[str, ...]]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count rows with the columns of the config ``articles``, of a release with its text or without."""
        self._articles += batch.num_rows
        for name, column in OF_ARTICLES.items():
            for value, count_ in different(cells(batch, column)):
                self._groups[name][value or UNKNOWN] += count_
        self._fixes.update(dict(different(cells(batch, "fixes").flatten())))
        for (language, *known), count_ in _kinds(batch):
            self._segments.setdefault(language or UNKNOWN, Counter())[tuple(known)] += count_

    def counts(self, drops: Iterable[Drop]) -> dict[str, Any]:
        """The counts of a release: see ``Release.counts``. Each group is ranked, most frequent first."""
        groups: dict[str, Counter[str]] = {name: Counter() for name in _OF_SEGMENTS}
        for (label, kind, by), count_ in (item for found in self._segments.values() for item in found.items()):
            for name, value in zip(_OF_SEGMENTS, (label, kind, by.partition(":")[0]), strict=True):
                groups[name][value] += count_
        return {
            "articles": self._articles,
            "segments": groups["labels"].total(),
            **{name: _most_first(found) for name, found in (*self._groups.items(), *groups.items())},
            "fixes": _most_first(self._fixes),
            "drops": ranked(drop.reason.partition(":")[0] for drop in drops),
            "labels_by_language": _by_language(self._segments),
        }


def count(made: Iterable[pa.RecordBatch], drops: Iterable[Drop]) -> dict[str, Any]:
    """The counts of articles in batches, and of drops."""
    tally = Tally()
    for batch in made:
        tally.add(batch)
    return tally.counts(drops)


def different(column: Any) -> Iterator[tuple[Any, int]]:
    """Each different value of a column, and how often it is there."""
    return ((row["values"], row["counts"]) for row in column.value_counts().to_pylist())


def _kinds(batch: pa.RecordBatch) -> Iterator[tuple[tuple[Any, ...], int]]:
    """How many segments there are of each language of an article, label, kind and decider."""
    spans = segments_of(batch, "segments")
    languages = batch["language"].take(cells(batch, "segments").value_parent_indices())
    table = pa.table([languages, *(spans[name] for name in _SPAN)], ["language", *_SPAN])
    for row in table.group_by(table.column_names).aggregate([([], "count_all")]).to_pylist():
        yield (row["language"], LABELS[row["label"]], KIND_NAMES[row["kind"]], row["by"]), row["count_all"]


OF_ARTICLES: Final = {
    "languages": "language",
    "publishers": "publisher",
    "licences": "licence",
    "rights_holders": "rights_holder",
}
"""The column behind each group."""

_OF_SEGMENTS: Final = ("labels", "kinds", "labelled_by")
_SPAN: Final = ("label", "kind", "by")
"""The groups that count segments, and what of each of them they count."""


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
