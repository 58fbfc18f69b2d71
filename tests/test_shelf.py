"""Articles that wait on disk: in the same order as in memory, and to the same bytes of a release."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from libya_news import build
from libya_news.pipeline import process
from libya_news.records import Article, Drop, RawArticle
from libya_news.release import rows, shelf, splits
from libya_news.release.ledger import Ledger

WORDS = ("talks", "sirte", "tripoli", "port", "oil", "envoy", "minister", "deal")


def _texts(count: int) -> list[str]:
    """Every fifth is a near-duplicate of the one before, every seventh the very text of the first."""
    plain = [" ".join(f"{WORDS[(n + i) % 8]}{n * i % 97}" for i in range(60)) for n in range(count)]
    near = [f"{plain[n - 1]} More." if n % 5 == 4 else text for n, text in enumerate(plain)]
    return [near[0] if n % 7 == 6 else text for n, text in enumerate(near)]


def _articles(count: int) -> list[Article | Drop]:
    return [process(RawArticle(f"{n}.txt", text)) for n, text in enumerate(_texts(count))]


@pytest.mark.parametrize("kept", [0, 3, 1_000])
def test_order_and_twins_are_the_same_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(shelf, "KEPT", kept)
    made = [article for article in _articles(20) if isinstance(article, Article)]
    with contextlib.closing(shelf.Shelf(tmp_path)) as articles:
        drops = articles.fill([*made, Drop("a", "read", "empty")])
        assert [article.id for article in articles] == sorted(article.id for article in articles)
        same = sorted((article for article in made if article.text == made[0].text), key=lambda article: article.id)
        assert set(articles) == set(made) - set(same[1:])
    reasons = {drop.id: drop.reason for drop in drops}
    assert reasons.pop("a") == "empty"
    wanted = f"has the same text as {same[0].id} from {same[0].source}"
    assert reasons == {twin.id: f"duplicate: {twin.source} {wanted}" for twin in same[1:]}


@pytest.mark.parametrize("text", ["all", "none"])
def test_a_release_is_the_same_however_little_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1579000000")
    (tmp_path / "in").mkdir()
    for n, story in enumerate(_texts(30)):
        (tmp_path / "in" / f"{n}.txt").write_text(story, encoding="utf-8")
    first = build([tmp_path / "in"], out=tmp_path / "memory", split="cluster", text=text)
    for module, name, few in ((shelf, "KEPT", 1), (rows, "ARTICLES_AT_ONCE", 2), (splits, "TEXTS", 3)):
        monkeypatch.setattr(module, name, few)
    monkeypatch.setattr("libya_news.corpus.near_duplicates.SHINGLED", 4)
    second = build([tmp_path / "in"], out=tmp_path / "disk", split="cluster", text=text)
    assert (first.files, first.counts, first.leakage) == (second.files, second.counts, second.leakage)
    assert first.leakage["near_duplicates_within"]
    assert (first.path / "manifest.json").read_bytes() == (second.path / "manifest.json").read_bytes()


def test_what_the_ledger_keeps_out_is_not_read(tmp_path: Path) -> None:
    with contextlib.closing(shelf.Shelf(tmp_path)) as articles:
        articles.fill(_articles(3))
        assert Ledger("00" * 16).sift(articles) == (articles, [])
        assert [article.id for article in shelf.Chosen(articles, [2, 0])] == [articles[2].id, articles[0].id]
