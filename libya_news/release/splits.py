"""Splits without leakage: what belongs together stays together, and an article keeps its split as others come.

Near-duplicates are found first; a cluster of them is never divided. A rule then gives each cluster a key, and the hash
of the key alone decides the split. So nothing that is added moves an article, unless it joins the article's cluster.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from itertools import combinations
from typing import Any, Final
from urllib.parse import urlsplit

from libya_news.corpus import near_duplicates
from libya_news.corpus.near_duplicates import Pair
from libya_news.errors import UsageError
from libya_news.records import Article

NAMES: Final = ("train", "validation", "test")

BOUNDS: Final = (0.8, 0.9, 1.0)
"""Upper bounds of the splits' shares of all keys: eight, one and one in ten, as is the custom."""

OVERLAP_WORDS: Final = 8
"""Words of the runs by which leakage is measured; Dodge et al. (EMNLP 2021) and Brown et al. (2020) use 8 to 13."""

RULES: Final = ("cluster", "publisher", "site", "time:YYYY-MM-DD")

_TIME: Final = re.compile(r"time:(\d{4}-\d{2}-\d{2})")

Parts = dict[str, list[Article]]


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


def split(articles: Sequence[Article], rule: str) -> tuple[Parts, dict[str, Any]]:
    """Divide articles into splits, and measure what leaks.

    Args:
        articles: in the order of their ids.
        rule: empty for one split ``train``; ``cluster`` keeps near-duplicates together and no more; ``publisher`` and
            ``site`` keep together what one publisher or web site published, ``time:2015-01-01`` tests on what appeared
            from that day on. Clusters stand above every rule: all of one go where its first article goes.

    Returns:
        The articles of each split that has any, and the leakage report; that is empty where nothing was divided.
    """
    if not rule:
        return {NAMES[0]: list(articles)}, {}
    pairs = near_duplicates.pairs(article.text for article in articles)
    heads = near_duplicates.clusters(len(articles), pairs)
    members: dict[int, list[Article]] = {}
    for head, article in zip(heads, articles, strict=True):
        members.setdefault(head, []).append(article)
    place = {head: _place(cluster, rule) for head, cluster in members.items()}
    where = [place[head] for head in heads]
    parts = {name: [a for a, at in zip(articles, where, strict=True) if at == name] for name in NAMES}
    parts = {name: part for name, part in parts.items() if part}
    return parts, {"clusters": len(members), **_duplicates(pairs, where), **_shared(parts)}


def report(parts: Mapping[str, Sequence[Article]]) -> dict[str, Any]:
    """The leakage report of articles that are divided already."""
    texts = [(article.text, name) for name, part in parts.items() for article in part]
    pairs = near_duplicates.pairs(text for text, _ in texts)
    groups = len(set(near_duplicates.clusters(len(texts), pairs)))
    return {"clusters": groups, **_duplicates(pairs, [name for _, name in texts]), **_shared(parts)}


def _place(cluster: Sequence[Article], rule: str) -> str:
    if not rule.startswith("time:"):
        return _hashed(_key(cluster[0], rule), BOUNDS)
    dates = [article.published_at for article in cluster if article.published_at]
    if dates and min(dates) >= _cut(rule):
        return NAMES[-1]
    return _hashed(cluster[0].id, (BOUNDS[0] / BOUNDS[1], 1.0))


def _key(first: Article, rule: str) -> str:
    site = urlsplit(first.url).hostname if first.url else None
    known = {"cluster": None, "publisher": first.publisher or site, "site": site or first.publisher}[rule]
    return (known or first.id).casefold().removeprefix("www.")


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


def _shared(parts: Mapping[str, Sequence[Article]]) -> dict[str, Any]:
    """How many of a split's runs of words an earlier split has too, and which publishers are in several splits."""
    runs = {
        name: {_short(run) for a in part for run in near_duplicates.grams(a.text, OVERLAP_WORDS)}
        for name, part in parts.items()
    }
    overlap = {
        f"{later} in {earlier}": {"shared": len(runs[later] & runs[earlier]), "of": len(runs[later])}
        for earlier, later in combinations(parts, 2)
    }
    publishers = [{article.publisher for article in part if article.publisher} for part in parts.values()]
    several = set().union(*(a & b for a, b in combinations(publishers, 2)))
    return {"overlap": overlap, "publishers_across": sorted(several)}


def _short(run: str) -> bytes:
    """Eight bytes stand for a run: among a billion runs, some thirty collide, and bytes take a tenth of the room."""
    return hashlib.blake2b(run.encode("utf-8", "surrogatepass"), digest_size=8).digest()
