"""Splits without leakage: what belongs together stays together, and an article keeps its split as others come.

Near-duplicates are found first; a cluster of them is never divided. A rule then gives each cluster a key, and the hash
of the key alone decides the split. So nothing that is added moves an article, unless it joins the article's cluster.
"""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from libya_news.corpus.near_duplicates import Pair
from libya_news.corpus.shingles import runs
from libya_news.errors import UsageError
from libya_news.records import Release

from . import clusters
from .clusters import Clusters
from .rows import cells
from .shelf import Selection

NAMES: Final = ("train", "validation", "test")

BOUNDS: Final = (0.8, 0.9, 1.0)
"""Upper bounds of the splits' shares of all keys: eight, one and one in ten, as is the custom."""

OVERLAP_WORDS: Final = 8
"""Words of the runs by which leakage is measured; Dodge et al. (EMNLP 2021) and Brown et al. (2020) use 8 to 13."""

RULES: Final = ("cluster", "publisher", "site", "time:YYYY-MM-DD")

_TIME: Final = re.compile(r"time:(\d{4}-\d{2}-\d{2})")

Parts = dict[str, Selection]
"""The articles of each split."""

Columns = Iterable[pa.RecordBatch | pa.Table]
"""Rows of articles with their ``text`` and ``publisher``."""

BUCKETS: Final = 64
"""Files among which the runs of words are divided, to compare one file of each split at a time: for a million articles
of 500 words, some 60 MB each."""


def checked(rule: str) -> str:
    """The rule, where it is one: empty for a single split ``train``, or one of ``RULES``.

    Raises:
        UsageError: it is none.
    """
    if rule and rule not in RULES[:3]:
        _cut(rule)
    return rule


def _cut(rule: str) -> datetime:
    try:
        return datetime.fromisoformat(_TIME.fullmatch(rule)[1]).replace(tzinfo=timezone.utc)  # type: ignore[index]
    except (TypeError, ValueError):
        raise UsageError(f"{rule!r} is no way to split.", f"Give one of: {', '.join(RULES)}.") from None


def split(articles: Selection, rule: str, found: Clusters | None = None) -> tuple[Parts, dict[str, Any]]:
    """Divide articles into splits, and measure what leaks.

    Args:
        articles: in the order of their ids.
        rule: empty for one split ``train``; ``cluster`` keeps near-duplicates together and no more; ``publisher`` and
            ``site`` keep together what one publisher or web site published, ``time:2015-01-01`` tests on what was
            published from that day on, in UTC, and not on what has no date. Clusters stand above every rule: all of one
            go where its first article goes, by time the earliest.
        found: the near-duplicates among them, where they are known already.

    Returns:
        The articles of each split that has any, and the leakage report; that is empty where nothing was divided.
    """
    if not rule:
        return {NAMES[0]: articles}, {}
    pairs, heads = found or clusters.find(articles)
    rows = (_First(**row) for batch in articles.select(*_First._fields) for row in batch.to_pylist())
    place = _places(zip(heads, rows, strict=True), rule)
    where = [place[head] for head in heads]
    chosen = {name: articles.chosen([i for i, at in enumerate(where) if at == name]) for name in NAMES}
    parts: Parts = {name: part for name, part in chosen.items() if len(part)}
    return parts, {
        "clusters": len(place),
        **_undated(articles),
        **_duplicates(pairs, where),
        **_shared(_columns(parts)),
    }


def _undated(articles: Selection) -> dict[str, int]:
    return {"undated": sum(cells(some, "published_at").null_count for some in articles.select("published_at"))}


def _columns(parts: Parts) -> dict[str, Columns]:
    return {name: part.select("text", "publisher") for name, part in parts.items()}


def report(articles: Selection, where: Sequence[str]) -> dict[str, Any]:
    """The leakage report of articles that are divided already.

    Args:
        articles: all of them.
        where: the split of each.
    """
    pairs, heads = clusters.find(articles)
    parts = {name: articles.chosen([i for i, at in enumerate(where) if at == name]) for name in dict.fromkeys(where)}
    return {"clusters": len(set(heads)), **_undated(articles), **_duplicates(pairs, where), **_shared(_columns(parts))}


def warn(release: Release) -> None:
    """Log which splits of a release that is divided are empty, and how many articles a division by time misses."""
    rule, there = release.settings["split"], {file.split for file in release.files}
    lacking = [name for name in NAMES if rule and name not in there]
    if lacking:
        by_day = rule.startswith("time:") and lacking != ["validation"]
        _LOGGER.warning(_EMPTY, rule, " and ".join(lacking), _WHY["day" if by_day else "few"])
    if rule.startswith("time:") and release.leakage.get("undated"):
        _LOGGER.warning(_UNDATED, f"{release.leakage['undated']:,}", f"{release.counts['articles']:,}")


_LOGGER: Final = logging.getLogger("libya_news")

_EMPTY: Final = "Divided by %s, no article is in %s: %s"
_WHY: Final = {
    "day": "test has what was published from that day on, train and validation what was before. Name another day.",
    "few": "what belongs together goes into one split as a whole, and few such groups may leave another empty.",
}
_UNDATED: Final = "%s of the %s articles have no date; they are in test only with a near-duplicate that has one."


class _First(NamedTuple):
    """What of a cluster's first article can decide its split."""

    article_id: str
    publisher: str | None
    url: str | None
    published_at: datetime | None


def _places(members: Iterable[tuple[int, _First]], rule: str) -> dict[int, str]:
    """The split of each cluster, from its first article, or from the first date of any.

    Args:
        members: each article with its cluster, in the order of ids.
        rule: see ``split``.
    """
    keys: dict[int, str] = {}
    dates: dict[int, datetime] = {}
    for head, article in members:
        keys.setdefault(head, article.article_id if rule.startswith("time:") else _key(article, rule))
        if article.published_at:
            dates[head] = min(article.published_at, dates.get(head, article.published_at))
    if not rule.startswith("time:"):
        return {head: _hashed(key, BOUNDS) for head, key in keys.items()}
    late = {head for head, date in dates.items() if date >= _cut(rule)}
    earlier = (BOUNDS[0] / BOUNDS[1], 1.0)
    return {head: NAMES[-1] if head in late else _hashed(key, earlier) for head, key in keys.items()}


def _key(first: _First, rule: str) -> str:
    host = site_of(first.url, None)
    known = {"cluster": None, "publisher": first.publisher or host, "site": host or first.publisher}[rule]
    return _folded(known or first.article_id)


def site_of(url: str | None, publisher: str | None) -> str:
    """The site of an article: the host of its address, else its publisher; empty where it has neither.

    >>> site_of("https://www.Example.org/1", "Example"), site_of("JA-1", "Example"), site_of("http://[1", None)
    ('example.org', 'example', '')
    """
    try:
        host = urlsplit(url).hostname if url else None
    except ValueError:
        host = None
    return _folded(host or publisher or "")


def _folded(name: str) -> str:
    return name.casefold().removeprefix("www.")


def _hashed(key: str, bounds: Sequence[float]) -> str:
    """The split whose share of the hash space the key falls into.

    >>> _hashed("a", BOUNDS), _hashed("c", BOUNDS)
    ('train', 'test')
    """
    point = (
        int.from_bytes(hashlib.sha256(f"split\\0{key}".encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
    )
    return next(name for name, bound in zip(NAMES, bounds, strict=False) if point < bound)


def _duplicates(pairs: Sequence[Pair], where: Sequence[str]) -> dict[str, int]:
    across = sum(where[pair.first] != where[pair.second] for pair in pairs)
    return {"near_duplicates_within": len(pairs) - across, "near_duplicates_across": across}


def _shared(parts: Mapping[str, Columns]) -> dict[str, Any]:
    """How many of a split's runs of words an earlier split has too, and which publishers are in several splits."""
    sizes: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="libya_news.") as folder:
        publishers = [_spilled(part, Path(folder), name) for name, part in parts.items()]
        for bucket in range(BUCKETS):
            found = {name: np.unique(np.fromfile(_bucket(Path(folder), name, bucket), np.uint64)) for name in parts}
            sizes.update({name: len(part) for name, part in found.items()})
            for earlier, later in combinations(parts, 2):
                common = np.intersect1d(found[earlier], found[later], assume_unique=True)
                shared[earlier, later] += len(common)
    overlap = {
        f"{later} in {earlier}": {"shared": shared[earlier, later], "of": sizes[later]}
        for earlier, later in combinations(parts, 2)
    }
    several = set().union(*(a & b for a, b in combinations(publishers, 2)))
    return {"overlap": overlap, "publishers_across": sorted(several)}


def _spilled(part: Columns, folder: Path, name: str) -> set[str]:
    """Write hashes of all runs of a split's texts, in files by hash, and return who published the split's articles."""
    publishers: set[str] = set()
    for some in part:
        publishers.update(filter(None, cells(some, "publisher").to_pylist()))
        hashes = np.concatenate([found.hashes for found in runs(cells(some, "text").to_pylist(), OVERLAP_WORDS)])
        for bucket in range(BUCKETS):
            with _bucket(folder, name, bucket).open("ab") as file:
                file.write(hashes[hashes % BUCKETS == bucket].tobytes())
    return publishers


def _bucket(folder: Path, name: str, bucket: int) -> Path:
    return folder / f"{name}-{bucket}"
