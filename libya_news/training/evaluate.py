"""Measure a segmenter on labelled texts: by label, kind, language and source, in units and in characters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from libya_news.labels import KIND_NAMES, LABELS, STORY_KINDS
from libya_news.records import Segment

from .examples import Example, Span
from .shingles import compare, mean

BINS: Final = 10
"""Bins of the reliability diagram and of the expected calibration error (Guo et al. 2017)."""


class Score(NamedTuple):
    """Precision, recall and F1 of one label or kind, and how often it is in the gold."""

    precision: float
    recall: float
    f1: float
    gold: int


class Tally:
    """Counts over any number of texts."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self.units: Counter[tuple[str, str]] = Counter()
        self.chars: Counter[tuple[str, str]] = Counter()
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.exact: Counter[str] = Counter()
        self.shingles: list[tuple[float | None, float | None]] = []
        self.bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)

    def add(self, example: Example, found: Sequence[Segment]) -> None:
        """Count one text. A gold span gets what covers most of its characters that are not blank."""
        for span, told in zip(example.spans, _covering(example, found), strict=True):
            self._add_span(example.text, span, told)
        if example.story:
            told_story = "\n".join(example.text[one.start : one.end] for one in found if one.kind in STORY_KINDS)
            self.shingles.append(compare(example.story, told_story))
        if example.exact:
            gold = {(span.start, span.end, span.label) for span in example.spans}
            seen = {(one.start, one.end, one.label) for one in found}
            self.exact.update(hit=len(gold & seen), gold=len(gold), seen=len(seen))

    def _add_span(self, text: str, span: Span, told: Sequence[Segment]) -> None:
        by_label, by_kind = Counter[str](), Counter[str]()
        for one in told:
            piece = text[max(one.start, span.start) : min(one.end, span.end)]
            solid = len(piece) - sum(map(str.isspace, piece))
            by_label[one.label] += solid
            by_kind[one.kind] += solid
        if not by_label or span.label is None:
            return
        label = by_label.most_common(1)[0][0]
        self.units[span.label, label] += 1
        for name, count in by_label.items():
            self.chars[span.label, name] += count
        if span.kind is not None:
            self.kinds[span.kind, by_kind.most_common(1)[0][0]] += 1
        sure = max((one.confidence for one in told if one.label == label), default=0.0)
        self.bins[min(int(sure * BINS), BINS - 1)].append((sure, label == span.label))

    def figures(self) -> dict[str, Any]:
        """All figures, for JSON."""
        by_label = scores(self.units, LABELS)
        hit, gold, seen = self.exact["hit"], self.exact["gold"], self.exact["seen"]
        right = sum(count for (one, other), count in self.kinds.items() if one == other)
        return {
            "unit_macro_f1": _macro(by_label),
            "char_macro_f1": _macro(scores(self.chars, LABELS)),
            "labels": {name: score._asdict() for name, score in by_label.items()},
            "exact_f1": 2 * hit / (gold + seen) if gold + seen else None,
            "kind_accuracy": right / self.kinds.total() if self.kinds else None,
            "kinds": {name: score._asdict() for name, score in scores(self.kinds, KIND_NAMES).items()},
            "calibration_error": self.calibration_error(),
            "article_f1": mean(self.shingles).f1 if self.shingles else None,
        }

    def calibration_error(self) -> float:
        """How far, on average over all units, confidence is from how often it is right."""
        total = sum(len(entries) for entries in self.bins.values())
        gaps = (
            abs(sum(sure for sure, _ in entries) - sum(right for _, right in entries)) for entries in self.bins.values()
        )
        return sum(gaps) / total if total else 0.0


def _covering(example: Example, found: Sequence[Segment]) -> Iterable[list[Segment]]:
    """For each gold span the segments that overlap it. Both are in order."""
    first = 0
    for span in example.spans:
        while first < len(found) and found[first].end <= span.start:
            first += 1
        last = first
        while last < len(found) and found[last].start < span.end:
            last += 1
        yield list(found[first:last])


def scores(table: Mapping[tuple[str, str], int], names: Sequence[str]) -> dict[str, Score]:
    """Precision, recall and F1 of every name that the gold has, from counts of (gold, predicted)."""
    found = {}
    for name in names:
        gold = sum(count for (one, _), count in table.items() if one == name)
        seen = sum(count for (_, other), count in table.items() if other == name)
        hit = table.get((name, name), 0)
        if gold:
            found[name] = Score(hit / seen if seen else 0.0, hit / gold, 2 * hit / (gold + seen), gold)
    return found


def _macro(by_label: Mapping[str, Score]) -> float:
    return sum(score.f1 for score in by_label.values()) / len(by_label) if by_label else 0.0


def measure(pairs: Iterable[tuple[Example, Sequence[Segment]]]) -> dict[str, Tally]:
    """Counts over all texts (``all``), and by ``language:`` and ``source:``."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for example, found in pairs:
        for name in ("all", f"language:{example.language}", f"source:{example.source}"):
            tallies[name].add(example, found)
    return dict(tallies)
