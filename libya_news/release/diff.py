"""What is different between two releases, in figures: articles, segments, labels, columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from libya_news.errors import DataError
from libya_news.labels import LABELS
from libya_news.records import Release

from . import shards
from .changes import Change, changes
from .lone import Row

LISTED: Final = 1_000
"""Changed articles that a diff names one by one; the counts are of all. Nobody reads more than a thousand lines."""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A column that is not the same in both releases: its type before and after, None where it was not there."""

    config: str
    column: str
    before: str | None
    after: str | None

    @property
    def additive(self) -> bool:
        """Whether older readers lose nothing: a column was added whose values may be absent."""
        return self.before is None and (self.after or "").endswith(" or null")


@dataclass(frozen=True, slots=True)
class Diff:
    """What is different between two releases.

    Attributes:
        old, new: their names, ``NAME-X.Y.Z``.
        articles: numbers of articles ``same``, ``added``, ``removed``, and changed by what changed of them: ``text``,
            ``labels``, ``segments`` (their bounds), ``moved`` (to another split), ``other`` (any other column). One
            article can count under several of these; ``changed`` counts it once. One that was corrected has another
            id; it is changed where its address is the same, or the file that held nothing else.
        segments: numbers of segments ``added``, ``removed`` and ``relabelled`` in articles whose text is the same.
        labels: for each old label, how many segments have which new one; on the diagonal, the kind alone changed.
        columns: how many articles changed in which other column.
        schema: the columns that differ.
        listed: ids of the first 1,000 changed articles, with what changed.
    """

    old: str
    new: str
    articles: dict[str, int] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    schema: tuple[SchemaChange, ...] = ()
    listed: tuple[tuple[str, tuple[str, ...]], ...] = ()


def diff(old: Release, new: Release) -> Diff:
    """Compare two releases, by article and by segment, in bounded memory.

    Raises:
        DataError: a file is missing or damaged.
    """
    tally = _Tally()
    for same, found in changes(old, new):
        tally.articles["same"] += same
        for change in found:
            tally.add(change)
    matrix: dict[str, dict[str, int]] = {}
    for (before, after), count in sorted(tally.labels.items()):
        matrix.setdefault(before, {})[after] = count
    return Diff(
        f"{old.name}-{old.version}",
        f"{new.name}-{new.version}",
        {key: tally.articles[key] for key in ARTICLES},
        {key: tally.segments[key] for key in SEGMENTS},
        matrix,
        dict(sorted(tally.columns.items())),
        schema_changes(old, new),
        tuple(tally.listed),
    )


ARTICLES: Final = ("same", "added", "removed", "changed", "text", "labels", "segments", "moved", "other")
SEGMENTS: Final = ("added", "removed", "relabelled")

_TEXT: Final = frozenset({"text", "text_sha256"})
_FOUND: Final = frozenset({"article_id", "cluster", "raw_sha256"})
_FOLLOWS: Final = _TEXT | {"body", "segments", "split"}
"""Columns that tell whether the text changed, those that tell whether it was found otherwise, and those that change
with the text or are counted by themselves; the body changes with the labels too."""


class _Tally:
    def __init__(self) -> None:
        self.articles: Counter[str] = Counter()
        self.segments: Counter[str] = Counter()
        self.labels: Counter[tuple[str, str]] = Counter()
        self.columns: Counter[str] = Counter()
        self.listed: list[tuple[str, tuple[str, ...]]] = []

    def add(self, change: Change) -> None:
        what = self._what(change)
        self.articles.update(what)
        if len(self.listed) < LISTED:
            self.listed.append((change.article_id, what))

    def _what(self, change: Change) -> tuple[str, ...]:
        if change.before is None:
            return ("added",)
        if change.after is None:
            return ("removed",)
        before, after = change.before, change.after
        columns = {name for name in before if before[name] != after[name]}
        text = bool(columns & _TEXT)
        other = columns - _FOLLOWS - (_FOUND if text else frozenset())
        self.columns.update(other)
        spans = set() if text else self._spans(before, after)
        if "segments" in columns and not spans and not text:
            self.columns["segments"] += 1
            other.add("segments")
        found = {"changed": True, "text": text, "moved": "split" in columns, "other": bool(other)}
        return tuple(key for key in ARTICLES if found.get(key) or key in spans)

    def _spans(self, before: Row, after: Row) -> set[str]:
        """Labels and bounds of segments: only of texts that are the same, since offsets count in the text."""
        a, b = ({(s["start"], s["end"]): (s["label"], s["kind"]) for s in row["segments"]} for row in (before, after))
        relabelled = [key for key in a.keys() & b.keys() if a[key] != b[key]]
        self.labels.update((LABELS[a[key][0]], LABELS[b[key][0]]) for key in relabelled)
        counts = {"added": len(b.keys() - a.keys()), "removed": len(a.keys() - b.keys()), "relabelled": len(relabelled)}
        self.segments.update(counts)
        return {name for name, there in (("labels", relabelled), ("segments", a.keys() != b.keys())) if there}


def schema_changes(old: Release, new: Release) -> tuple[SchemaChange, ...]:
    """The columns that differ: names, types, names of class labels, and whether values may be absent."""
    found = []
    for config in dict.fromkeys(file.config for release in (old, new) for file in release.files):
        a, b = _columns(old, config), _columns(new, config)
        names = [name for name in {**a, **b} if a.get(name) != b.get(name)]
        found += [SchemaChange(config, name, a.get(name), b.get(name)) for name in names]
    return tuple(found)


def _columns(release: Release, config: str) -> dict[str, str]:
    from datasets import Features  # noqa: PLC0415 - slow to import

    file = next((file for file in release.files if file.config == config), None)
    if file is None:
        return {}
    schema = shards.schema(release, file)
    try:
        features: dict[str, Any] = Features.from_arrow_schema(schema)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        said = f"{release.path / file.path} does not say what its columns are: its metadata is damaged ({error})."
        raise DataError(said, "Get the release anew.") from None
    return {field.name: f"{features[field.name]}{' or null' * field.nullable}" for field in schema}
