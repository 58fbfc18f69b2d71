"""Labelled texts to train and measure on: annotated texts, labelled pages, and published releases.

An example is a text cut into units, each with its label and kind where these are known.
"""

from __future__ import annotations

import bisect
import gzip
import itertools
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from libya_news.errors import DataError
from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.segment._chars import chars, words
from libya_news.segment._phrases import columns, hits
from libya_news.segment.units import Unit, units

UNKNOWN: Final = -1

TITLED: Final = 3
"""Of so many pages one is given with its title, since most callers of ``segment`` know none."""

SHARED_LINES: Final = 2
"""Lines that two texts must share to count as one site's: one may be chance or an agency's, two are a template."""

_LISTED: Final = re.compile(r"\s*[•*·▪»‣◦–-]\s*\S+(?:\s+\S+){3}")

_LINE_LENGTHS: Final = range(12, 200)
"""Lengths of lines that count as a template's: shorter ones are everybody's ("Read more"), longer ones are stories."""


class Span(NamedTuple):
    """A labelled run of characters of an example's text; label or kind is None where it is not known."""

    start: int
    end: int
    label: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """One text, its units, and what is known of each.

    Attributes:
        id: names the text in predictions.
        text: the text, as it was annotated.
        spans: the gold spans.
        exact: whether the spans are segments, so that their ends can be scored, and not whole lines.
        group: texts of one group come from one site and are never split between training and test.
        source, language: for tables by source and language.
        title: the headline, where the caller of ``segment`` would know it.
        story: the whole text of the article's body, where it is known apart from the spans.
    """

    id: str
    text: str
    spans: tuple[Span, ...]
    exact: bool
    group: str
    source: str
    language: str
    title: str = ""
    story: str = ""
    units: tuple[Unit, ...] = field(default=())
    labels: tuple[int, ...] = field(default=())
    kinds: tuple[int, ...] = field(default=())

    @classmethod
    def build(cls, text: str, spans: Iterable[Span], **known: Any) -> Example:
        """An example whose units are cut and labelled from its spans."""
        ordered = tuple(sorted(spans))
        cut = tuple(units(text))
        pairs = [_known_of(unit, span) for unit, span in zip(cut, _overlaps(cut, ordered), strict=True)]
        labels = tuple(LABELS.index(label) if label else UNKNOWN for label, _ in pairs)
        kinds = tuple(KIND_NAMES.index(kind) if kind else UNKNOWN for _, kind in pairs)
        return cls(text=text, spans=ordered, units=cut, labels=labels, kinds=kinds, **known)


def _overlaps(cut: Sequence[Unit], spans: Sequence[Span]) -> Iterator[Span | None]:
    """For each unit the span that covers most of it, or None. Both are in order, so one pass is enough."""
    starts = [span.start for span in spans]
    for unit in cut:
        first = max(0, bisect.bisect_right(starts, unit.start) - 1)
        last = bisect.bisect_left(starts, unit.end)
        best = max(spans[first:last], key=partial(_common, unit), default=None)
        yield best if best and _common(unit, best) > 0 else None


def _common(unit: Unit, span: Span) -> int:
    return min(span.end, unit.end) - max(span.start, unit.start)


def _known_of(unit: Unit, span: Span | None) -> tuple[str | None, str | None]:
    """A span's label and kind; where it has no kind, what the cut shows is its kind, if the labels agree."""
    if span is None or span.label is None:
        return None, None
    if span.kind is None and unit.known and LABEL_OF[unit.known] == span.label:
        return span.label, unit.known
    return span.label, span.kind


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON lines file, packed with gzip or not.

    Raises:
        DataError: a line is no JSON object; the message names the physical line.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as error:
                    raise DataError(f"{path}:{number} is not JSON: {error}.", "Mend or remove that line.") from None


def read_examples(path: Path, converters: Sequence[str] = ("walk",), split: str = "train") -> list[Example]:
    """The examples of one file of annotated texts or of labelled pages, or of a release's folder.

    Args:
        path: a JSON lines file, or the folder of a release.
        converters: of a page's plain texts, those to take; an empty sequence takes all.
        split: of a release, the one to take; all where it has no such split.

    Raises:
        DataError: the file cannot be read as any of these, nothing is labelled in it, or it is a stand-off release.
    """
    rows = _release_rows(path, split) if path.is_dir() else read_rows(path)
    places = ((f"{path}: row {number}", row) for number, row in enumerate(rows, 1))
    found = [example for where, row in places for example in _labelled(where, row, converters)]
    if not found:
        raise DataError(f"{path} holds no labelled text.", "Give gold rows, page rows or the folder of a release.")
    return grouped(found)


def _labelled(where: str, row: Mapping[str, Any], converters: Sequence[str]) -> list[Example]:
    try:
        return list(_row_examples(row, converters))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{where} is no labelled text: {error!r}.", _A_ROW) from None


_A_ROW: Final = (
    f"It has id, lang, source, text and segments; a segment has start, end, a label ({', '.join(LABELS)}) and, where it"
    " is known, a kind."
)


def _release_rows(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    from libya_news.release import manifest, reading, shards  # noqa: PLC0415 - only releases need Arrow

    release = manifest.load(folder)
    if not release.holds_text:
        raise DataError(f"{folder} is a stand-off release, without texts.", "Put them back: libya-news rehydrate.")
    files = tuple(file for file in release.files if file.split == split or split not in shards.splits(release))
    for row in reading.rows(replace(release, files=files), "articles", _COLUMNS):
        segments = [{**s, "label": LABELS[s["label"]], "kind": KIND_NAMES[s["kind"]]} for s in row["segments"]]
        yield {**row, "segments": segments, "id": row["article_id"], "lang": row["language"]}


_COLUMNS: Final = ("article_id", "source", "language", "text", "segments")


def _row_examples(row: Mapping[str, Any], converters: Sequence[str]) -> Iterator[Example]:
    if "segments" in row:
        spans = [Span(s["start"], s["end"], s["label"], s.get("kind")) for s in row["segments"]]
        source = str(row.get("source"))
        known = {"id": str(row["id"]), "source": source, "group": site_of(source), "language": str(row.get("lang"))}
        yield Example.build(row["text"], spans, exact=True, **known)
        return
    for converter, text in row.get("texts", {}).items():
        if not converters or converter in converters:
            yield _page_example(row, converter, text)


def site_of(source: str) -> str:
    """The site behind an address or a publisher's name, so that both give the same.

    >>> site_of("http://www.al-madina.com/node/1"), site_of("almadina"), site_of("BBC News"), site_of("The Guardian")
    ('almadina', 'almadina', 'bbc', 'guardian')
    """
    host = (urlsplit(source).hostname or "") if "://" in source else ""
    name = host.removeprefix("www.").split(".")[0] or source
    plain = re.sub(r"\W+(?:(?:web|online)\W+)?news\W*$", "", name.casefold().removeprefix("the "))
    return re.sub(r"\W", "", plain)


def _page_example(row: Mapping[str, Any], converter: str, text: str) -> Example:
    starts = [0, *itertools.accumulate(len(line) + 1 for line in text.split("\n"))]
    lines = [line for line in row["lines"].get(converter, ()) if line["label"] in LABELS]
    spans = [
        Span(starts[line["line"]], starts[line["line"] + 1] - 1, line["label"], line.get("kind")) for line in lines
    ]
    first = next((span.start for span in spans if span.label == "body" and span.kind in ("paragraph", None)), len(text))
    spans = [_as_bullet(text, span) if span.start > first and _listed_link(text, span) else span for span in spans]
    known = {"source": str(row["source"]), "group": f"site:{row['site']}", "language": str(row.get("lang"))}
    known["story"] = "\n".join(part["text"] for part in row["gold"].get("body") or ())
    if zlib.crc32(row["id"].encode()) % TITLED == 0:
        known["title"] = row["gold"].get("title") or ""
    return Example.build(text, spans, id=f"{row['id']}#{converter}", exact=False, **known)


def _listed_link(text: str, span: Span) -> bool:
    """Whether a page calls a bulleted headline boilerplate. The guidelines call it a bullet wherever it stands behind
    the story's beginning, the pages only near the story."""
    return span.label == "boilerplate" and _LISTED.match(text, span.start, span.end) is not None


def _as_bullet(text: str, span: Span) -> Span:
    """A bulleted headline as the guidelines see it; of one with phrases of a template in it, it is not known."""
    line = words(chars([text[span.start : span.end]]))
    template = any(columns()[column][0] != "promo" for column in hits(line).column)
    return span._replace(label=None, kind=None) if template else span._replace(label="bullet", kind="related_link")


def grouped(examples: Sequence[Example]) -> list[Example]:
    """Join the groups of annotated texts that share template lines: they come from one site."""
    holders: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.exact:
            for line in set(re.split(r"[\r\n]+", example.text)):
                if len(line.strip()) in _LINE_LENGTHS:
                    holders[line.strip()].add(example.group)
    shared = Counter(pair for groups in holders.values() for pair in itertools.combinations(sorted(groups), 2))
    root = {example.group: example.group for example in examples}
    for (first, second), count in sorted(shared.items()):
        if count >= SHARED_LINES:
            joined, kept = _root(root, second), _root(root, first)
            root[joined] = kept
    return [_with_group(example, _root(root, example.group)) for example in examples]


def _root(root: dict[str, str], group: str) -> str:
    while root[group] != group:
        group = root[group]
    return group


def _with_group(example: Example, group: str) -> Example:
    fields = {name: getattr(example, name) for name in Example.__slots__}
    return Example(**{**fields, "group": group})
