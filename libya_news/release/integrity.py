"""Articles against their segments: order, hashes, offsets, labels and texts, checked column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.records import sha256_hex

_LABEL_OF_KIND: Final = np.array([LABELS.index(LABEL_OF[kind]) for kind in KIND_NAMES])

Check = tuple[Any, str | Callable[[int], str]]
"""For each segment, whether something is wrong with it; and what."""


def faults(articles: pa.Table, segments: pa.Table, before: str) -> Iterator[str]:
    """What is wrong with some articles and with the segments that should be theirs.

    Args:
        articles: rows of the config ``articles``, as many as one likes to check at once.
        segments: as many rows of the config ``segments`` as they have segments, or fewer where there are no more.
        before: the id of the article before the first one; empty where it is the first of all.
    """
    ids = list(map(str, articles["article_id"].to_pylist()))
    yield from (f"{b}: not in the order of ids, or twice" for a, b in pairwise([before, *ids]) if b <= a)
    if "text" in articles.column_names:
        hashed = zip(ids, articles["text"].to_pylist(), articles["text_sha256"].to_pylist(), strict=True)
        yield from (
            f"{id_}: the text does not have its SHA-256" for id_, text, sha in hashed if sha256_hex(str(text)) != sha
        )
    yield from _topic_faults(ids, articles)
    lengths = pc.fill_null(pc.list_value_length(articles["segments"]), 0).to_numpy()
    owners = np.repeat(np.arange(len(ids)), lengths)
    index = np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found = segments.num_rows
    spans = {name: column.slice(0, found) for name, column in columns(spans_of(articles)).items()}
    for at, fault in _first_of(_checks(articles, segments, spans, owners[:found], index[:found])):
        yield f"{ids[owners[at]]}: segment {index[at]}: {fault}"
    missing = dict.fromkeys(owners[found:].tolist())
    yield from (f"{ids[owner]}: segments without a row" for owner in missing)


def _topic_faults(ids: list[str], articles: pa.Table) -> Iterator[str]:
    if "topic_mentions" not in articles.column_names:
        return
    for id_, score in zip(ids, articles["topic_score"].to_pylist(), strict=True):
        if score is not None and not 0 <= score <= 1:
            yield f"{id_}: {score} is no score"
    lengths: Any = pc.list_value_length(articles["topic_mentions"])
    mentioned = articles.filter(pc.greater(lengths, pa.scalar(0)))
    for row in mentioned.to_pylist():
        if not all(_is_in(row, mention) for mention in row["topic_mentions"]):
            yield f"{row['article_id']}: a mention of the topic is not within the article"


def _is_in(row: dict[str, Any], mention: dict[str, Any] | None) -> bool:
    """Whether a mention lies within the title or the text, where that is there."""
    if not mention or None in mention.values() or mention["field"] not in ("title", "text"):
        return False
    start, end, whole = mention["start"], mention["end"], row.get(mention["field"])
    return bool(0 <= start < end and (whole is None or end <= len(whole)))


def spans_of(articles: pa.Table) -> Any:
    """The segments as the articles have them, of one after the other."""
    return pc.list_flatten(articles["segments"].combine_chunks())


def columns(spans: Any) -> dict[str, Any]:
    """The fields of structs by name."""
    return {field.name: column for field, column in zip(spans.type, spans.flatten(), strict=True)}


def _first_of(checks: list[Check]) -> Iterator[tuple[int, str]]:
    """The segments with which something is wrong, each with the first thing."""
    masks = np.array([np.asarray(mask, bool) for mask, _ in checks])
    for at in np.flatnonzero(masks.any(axis=0)).tolist():
        what = checks[int(masks[:, at].argmax())][1]
        yield at, what if isinstance(what, str) else what(at)


def _checks(articles: pa.Table, segments: pa.Table, spans: dict[str, Any], owners: Any, index: Any) -> list[Check]:
    ids = articles["article_id"].combine_chunks().take(pa.array(owners))
    start, end, label, kind = (spans[name].to_numpy(zero_copy_only=False) for name in ("start", "end", "label", "kind"))
    before = np.where(index > 0, np.concatenate(([0], end))[:-1], 0)
    none = (label < 0) | (label >= len(LABELS)) | (kind < 0) | (kind >= len(KIND_NAMES))
    implied = _LABEL_OF_KIND[np.where(none, 0, kind)]
    astray = _unlike(segments["article_id"], ids) | (segments["index"].to_numpy() != index)
    return [
        (astray, "its row is not where it should be"),
        (_any(_unlike(segments[name], cells) for name, cells in spans.items()), "its row and the article differ"),
        (none, lambda at: f"label {label[at]} or kind {kind[at]} is none"),
        (implied != label, lambda at: f"kind {KIND_NAMES[kind[at]]} is not of label {LABELS[label[at]]}"),
        (_cut_otherwise(articles, segments, owners, start, end), "its text is not what its offsets cut out"),
        ((before > start) | (start >= end), lambda at: f"offsets {start[at]} to {end[at]} after {before[at]}"),
    ]  # fmt: skip


def _any(masks: Iterator[Any]) -> Any:
    return np.logical_or.reduce(list(masks))


def _unlike(a: Any, b: Any) -> Any:
    """Where two columns differ; two absent values are the same."""
    differ = pc.fill_null(pc.not_equal(a, b), False)
    return pc.or_(differ, pc.xor(pc.is_null(a), pc.is_null(b))).to_numpy(zero_copy_only=False)


def _cut_otherwise(articles: pa.Table, segments: pa.Table, owners: Any, start: Any, end: Any) -> Any:
    """Which segments have another text than their offsets cut out of the article's; none where there are no texts."""
    if "text" not in articles.column_names:
        return np.zeros(len(owners), bool)
    texts = articles["text"].to_pylist()
    rows = zip(owners.tolist(), start.tolist(), end.tolist(), segments["text"].to_pylist(), strict=True)
    return np.array([texts[owner][a:b] != text for owner, a, b, text in rows], bool)
