"""Articles that wait on disk: in the same order as in memory, and to the same bytes of a release."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from libya_news import build
from libya_news.pipeline import process, process_all
from libya_news.records import Article, Drop, RawArticle
from libya_news.release import rows, shelf
from libya_news.release.drops import merged, on_disk
from libya_news.release.filling import distinct, fill
from libya_news.release.ledger import Ledger
from libya_news.release.rows import InBatches, articles, results
from libya_news.release.shelf import Selection

WORDS = ("talks", "sirte", "tripoli", "port", "oil", "envoy", "minister", "deal")


def _texts(count: int) -> list[str]:
    """Every fifth is a near-duplicate of the one before, every seventh the very text of the first."""
    plain = [" ".join(f"{WORDS[(n + i) % 8]}{n * i % 97}" for i in range(60)) for n in range(count)]
    near = [f"{plain[n - 1]} More." if n % 5 == 4 else text for n, text in enumerate(plain)]
    return [near[0] if n % 7 == 6 else text for n, text in enumerate(near)]


def _articles(count: int) -> list[Article | Drop]:
    return [process(RawArticle(f"{n}.txt", text)) for n, text in enumerate(_texts(count))]


def _filled(held: shelf.Shelf, made: list[pa.RecordBatch]) -> tuple[Selection, list[Drop]]:
    """The articles, one for each text, and all drops."""
    selection, dropped = fill(held, made)
    selection, twins = distinct(selection)
    return selection, list(merged(dropped, on_disk(held.folder, twins)))


@pytest.mark.parametrize("kept", [0, 5_000, 1_000_000])
def test_order_and_twins_are_the_same_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(shelf, "KEPT_BYTES", kept)
    monkeypatch.setattr(shelf, "BLOCK_BYTES", 3_000)
    monkeypatch.setattr(shelf, "BUCKET_BYTES", 9_000)
    monkeypatch.setattr(rows, "ARTICLES_AT_ONCE", 3)
    made = [article for article in _articles(20) if isinstance(article, Article)]
    with contextlib.closing(shelf.Shelf(tmp_path)) as held:
        selection, drops = _filled(held, [*InBatches(made[1:]), results([Drop("a", "read", "empty"), made[0]])])
        found = [article for batch in selection for article in articles(batch)]
        assert [article.id for article in found] == sorted(article.id for article in found)
        assert [selection.article(position) for position in range(len(selection))] == found
        same = sorted((article for article in made if article.text == made[0].text), key=lambda article: article.id)
        texts = {article.id: article.text for article in set(made) - set(same[1:])}
        assert {article.id: article.text for article in found} == texts
        assert (tmp_path / shelf.FILE_NAME).exists() == (kept < 1_000_000)
    reasons = {drop.id: drop.reason for drop in drops}
    assert reasons.pop("a") == "empty"
    wanted = f"has the same text as {same[0].id} from {same[0].source}"
    assert reasons == {twin.id: f"duplicate: {twin.source} {wanted}" for twin in same[1:]}


def test_of_the_same_text_the_first_published_stays(tmp_path: Path) -> None:
    days = [datetime(2020, 1, day, tzinfo=timezone.utc) for day in (30, 14, 31)]
    raws = [RawArticle("a.jsonl", "Talks end.", url=f"http://{n}.org/", published_at=day) for n, day in enumerate(days)]
    undated = [RawArticle("a.jsonl", "Talks end.", url=f"http://example.org/{n}") for n in range(9)]
    with contextlib.closing(shelf.Shelf(tmp_path)) as held:
        selection, drops = _filled(held, [results(process_all([*undated, *raws]))])
    assert selection.column("url").to_pylist() == ["http://1.org/"]
    assert len(drops) == 11


def test_the_order_in_which_articles_come_does_not_matter(tmp_path: Path) -> None:
    """Also of those that have the same id, and come from the same file."""
    raws = [
        RawArticle("a.jsonl", "<p>Talks end.</p>", title=title, html=html) for title in "ab" for html in (False, True)
    ]
    raws += [RawArticle("b.jsonl", "<p>Talks end.</p>", authors=(name,), url="http://a.org/") for name in "cd"]
    made = process_all(raws)
    ends = []
    for number, order in enumerate((made, made[::-1], made[3:] + made[:3])):
        (tmp_path / str(number)).mkdir()
        with contextlib.closing(shelf.Shelf(tmp_path / str(number))) as held:
            selection, drops = _filled(held, [results([one]) for one in order])
            ends.append(([*articles(next(iter(selection)))], drops))
    assert ends[0] == ends[1] == ends[2]
    assert (len(ends[0][0]), len(ends[0][1])) == (2, 4)


@pytest.mark.parametrize("text", ["all", "none"])
def test_a_release_is_the_same_however_little_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1579000000")
    (tmp_path / "in").mkdir()
    for n, story in enumerate(_texts(30)):
        (tmp_path / "in" / f"{n}.txt").write_text(story, encoding="utf-8")
    first = build([tmp_path / "in"], out=tmp_path / "memory", split="cluster", text=text)
    for name, few in (("KEPT_BYTES", 1), ("BLOCK_BYTES", 2_000), ("BUCKET_BYTES", 5_000), ("ARTICLES_AT_ONCE", 2)):
        monkeypatch.setattr(shelf, name, few)
    monkeypatch.setattr("libya_news.corpus.near_duplicates.VERIFIED", 4)
    second = build([tmp_path / "in"], out=tmp_path / "disk", split="cluster", text=text)
    assert (first.files, first.counts, first.leakage) == (second.files, second.counts, second.leakage)
    assert first.leakage["near_duplicates_within"]
    assert (first.path / "manifest.json").read_bytes() == (second.path / "manifest.json").read_bytes()


def test_what_the_ledger_does_not_name_stays(tmp_path: Path) -> None:
    with contextlib.closing(shelf.Shelf(tmp_path)) as held:
        selection, _ = fill(held, [results(_articles(3))])
        same, erased = Ledger("00" * 16).sift(selection)
        assert (same, erased.num_rows) == (selection, 0)
        chosen = selection.chosen([2, 0])
        assert chosen.column("article_id").to_pylist() == [selection.article(2).id, selection.article(0).id]
