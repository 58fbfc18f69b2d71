"""Splits: near-duplicates stay together, and nothing that is added moves an article."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import datasets
import pytest
from shelving import by_split, selected

from libya_news import Article, build
from libya_news.corpus import near_duplicates
from libya_news.errors import UsageError
from libya_news.pipeline import process
from libya_news.records import RawArticle
from libya_news.release import splits, standoff

WORDS = ("talks", "sirte", "tripoli", "haftar", "army", "port", "oil", "coast", "envoy", "minister", "deal", "road")


def _text(seed: int, words: int = 120) -> str:
    choose = random.Random(seed)  # noqa: S311 - made-up stories
    return " ".join(f"{choose.choice(WORDS)}{choose.randrange(40)}" for _ in range(words))


def _articles(count: int) -> list[Article]:
    """Stories by ten publishers, every fifth one a repost of the story before by another publisher."""
    made = []
    for n in range(count):
        text = f"Reuters: {_text(n - 1)} More." if n % 5 == 4 else _text(n)
        when = datetime(2010 + n % 10, 1, 1, tzinfo=timezone.utc)
        raw = RawArticle(
            f"{n}.txt", text, publisher=f"P{n % 10}", url=f"https://s{n % 7}.example.org/{n}", published_at=when
        )
        article = process(raw)
        assert isinstance(article, Article)
        made.append(article)
    return sorted(made, key=lambda article: article.id)


def _split(articles: Sequence[Article], rule: str) -> tuple[dict[str, list[Article]], dict[str, Any]]:
    parts, leakage = splits.split(selected(articles), rule)
    return by_split(parts), leakage


def _where(parts: Mapping[str, Sequence[Article]]) -> dict[str, str]:
    return {article.id: name for name, part in parts.items() for article in part}


def _pairs_of(articles: Sequence[Article]) -> list[tuple[str, str]]:
    found = near_duplicates.pairs([article.text for article in articles])
    return [(articles[pair.first].id, articles[pair.second].id) for pair in found]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return _articles(200)


def test_every_repost_is_found(articles: list[Article]) -> None:
    assert len(_pairs_of(articles)) == 40


def test_candidates_are_verified() -> None:
    """Texts that share a background paragraph of a third of their length are no near-duplicates."""
    background = _text(0, 40)
    texts = [f"{_text(n, 80)} {background}" for n in range(1, 30)]
    assert not near_duplicates.pairs(texts)


def test_at_the_threshold_nearly_all_are_found() -> None:
    """Two thirds in common is a similarity of one half: the search must find what the definition names."""
    texts, wanted = [], []
    for n in range(60):
        common = _text(n, 150)
        texts += [f"{common} {_text(1_000 + n, 60)}", f"{common} {_text(2_000 + n, 60)}"]
        if near_duplicates.similarity(*texts[-2:]) >= near_duplicates.THRESHOLD:
            wanted.append((2 * n, 2 * n + 1))
    assert len(wanted) > 50
    assert {(pair.first, pair.second) for pair in near_duplicates.pairs(texts)} == set(wanted)


@pytest.mark.parametrize("rule", ["cluster", "publisher", "site", "time:2016-06-01"])
def test_no_cluster_is_divided(articles: list[Article], rule: str) -> None:
    parts, leakage = _split(articles, rule)
    where = _where(parts)
    assert all(where[a] == where[b] for a, b in _pairs_of(articles))
    assert (leakage["near_duplicates_within"], leakage["near_duplicates_across"]) == (40, 0)
    assert leakage["clusters"] == 160
    assert list(parts) == [name for name in splits.NAMES if name in parts]
    assert sorted(where) == sorted(article.id for article in articles)


def test_shares_are_near_eight_one_and_one(articles: list[Article]) -> None:
    parts, _ = _split(articles, "cluster")
    sizes = {name: len(part) / len(articles) for name, part in parts.items()}
    assert sizes["train"] == pytest.approx(0.8, abs=0.08)
    assert sizes["test"] == pytest.approx(0.1, abs=0.06)


def test_a_publisher_is_divided_only_by_a_cluster(articles: list[Article]) -> None:
    parts, leakage = _split(articles, "publisher")
    shared = {id_ for pair in _pairs_of(articles) for id_ in pair}
    homes: dict[str | None, set[str]] = {}
    for name, part in parts.items():
        for article in part:
            if article.id not in shared:
                homes.setdefault(article.publisher, set()).add(name)
    assert all(len(names) == 1 for names in homes.values())
    assert set(leakage["publishers_across"]) <= {f"P{n}" for n in range(10)}


def test_what_came_later_is_tested_on(articles: list[Article]) -> None:
    parts, _ = _split(articles, "time:2016-06-01")
    cut = datetime(2016, 6, 1, tzinfo=timezone.utc)
    pairs = {id_ for pair in _pairs_of(articles) for id_ in pair}
    assert all(a.published_at and a.published_at >= cut for a in parts["test"] if a.id not in pairs)
    assert all(a.published_at and a.published_at < cut for a in parts["train"] if a.id not in pairs)
    assert len(parts["validation"]) < len(parts["train"]) / 3


@pytest.mark.parametrize("rule", ["cluster", "publisher", "site", "time:2016-06-01"])
def test_an_article_keeps_its_split_as_others_come(rule: str) -> None:
    """Unless it gets a near-duplicate that it had not."""
    before, after = _articles(150), _articles(200)
    old, new = (_where(_split(articles, rule)[0]) for articles in (before, after))
    joined = {a for pair in _pairs_of(after) if not set(pair) <= set(old) for a in pair}
    moved = {id_ for id_, name in old.items() if new[id_] != name}
    assert moved <= joined


def test_overlap_is_counted() -> None:
    shared = "one two three four five six seven eight nine"
    found = [process(RawArticle(f"{n}.txt", f"{_text(n, 200)} unique{n} {shared}")) for n in range(40)]
    articles = sorted((article for article in found if isinstance(article, Article)), key=lambda article: article.id)
    parts, leakage = _split(articles, "cluster")
    assert set(parts) == set(splits.NAMES)
    assert {row["shared"] for row in leakage["overlap"].values()} == {2}
    assert list(leakage["overlap"]) == ["validation in train", "test in train", "test in validation"]


@pytest.mark.parametrize("rule", ["random", "time:", "time:2015", "time:2015-13-01", "cluster "])
def test_other_rules_are_refused(root: Path, tmp_path: Path, rule: str) -> None:
    with pytest.raises(UsageError, match=r"Give one of: cluster, publisher, site, time:YYYY-MM-DD\."):
        build([root / "seeds"], out=tmp_path, split=rule)


def test_splits_load_and_are_reported(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(30):
        text = f"Reuters: {_text(n - 1)} More." if n % 5 == 4 else _text(n)
        (tmp_path / "in" / f"{n}.txt").write_text(text, encoding="utf-8")
    release = build([tmp_path / "in"], out=tmp_path, split="cluster")
    loaded = datasets.load_dataset(str(release.path))
    assert set(loaded) == {"train", "validation", "test"}
    assert sum(part.num_rows for part in loaded.values()) == 30
    segments = datasets.load_dataset(str(release.path), "segments")
    for name, part in loaded.items():
        assert set(segments[name]["article_id"]) == set(part["article_id"])
    text = (release.path / "README.md").read_text(encoding="utf-8")
    assert "near-duplicates within splits: 6, across splits: 0." in text
    assert "| test in train | 0 |" in text
    assert build([tmp_path / "in"], out=tmp_path, split="cluster", keep_unchanged=True) == release
    bare = build([tmp_path / "in"], out=tmp_path / "bare", split="cluster", text="none")
    assert standoff.rehydrate(bare.path, [tmp_path / "in"], out=tmp_path / "back").release.files == release.files


def _dated(folder: Path, *dates: str | None) -> Path:
    folder.mkdir()
    rows = [{"text": _text(n), **({"date": date} if date else {})} for n, date in enumerate(dates)]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def test_what_has_no_date_is_not_tested_on_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What appeared on the very day is tested on; of the others, the undated ones too, one in nine is in validation."""
    caplog.set_level(logging.WARNING, "libya_news")
    dates = [None, *["2014-12-31T23:59:59Z"] * 30, *["2015-01-01"] * 4, *[None] * 19]
    release = build([_dated(tmp_path / "in", *dates)], out=tmp_path, split="time:2015-01-01")
    loaded = datasets.load_dataset(str(release.path))
    assert {name: part.num_rows for name, part in loaded.items()} == {"train": 44, "validation": 6, "test": 4}
    assert all(date and date.year == 2015 for date in loaded["test"]["published_at"])
    assert release.leakage["undated"] == 20
    assert caplog.messages == [
        "20 of the 54 articles have no date; they are in test only with a near-duplicate that has one."
    ]
    text = (release.path / "README.md").read_text(encoding="utf-8")
    assert "Articles without a date: 20, which are in `test` only where a near-duplicate has one." in text


def test_a_split_that_is_empty_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "libya_news")
    given = _dated(tmp_path / "in", "2011-02-15", "2014-07-13")
    for rule, lacking, why in (
        ("time:2015-01-01", "validation and test", "test has what was published from that day on"),
        ("time:2014-01-01", "validation", "what belongs together goes into one split as a whole"),
        ("cluster", "test", "what belongs together goes into one split as a whole"),
    ):
        caplog.clear()
        release = build([given], out=tmp_path / rule, split=rule)
        (told,) = caplog.messages
        assert told.startswith(f"Divided by {rule}, no article is in {lacking}: {why}")
        assert "without a date" not in (release.path / "README.md").read_text(encoding="utf-8")
    caplog.clear()
    build([given], out=tmp_path / "undivided")
    assert caplog.messages == []
