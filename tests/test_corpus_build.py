"""What a build does with its articles together: topic, near-duplicates, languages."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import datasets
import pyarrow as pa
import pytest
from shelving import by_split, selected

from libya_news import Article, Release, build
from libya_news.corpus.topics import load_topic, relevance
from libya_news.errors import DataError, UsageError
from libya_news.pipeline import process
from libya_news.records import Mention, RawArticle
from libya_news.release import clusters, integrity, splits
from libya_news.release.reading import table
from libya_news.release.rebuild import rebuild
from libya_news.release.rows import articles
from libya_news.release.shelf import Selection
from libya_news.release.standoff import rehydrate
from libya_news.release.verify import verify

NAMES = ("port", "army", "oil field", "coast road", "envoy", "ministry", "bank", "road", "council", "airport", "city")
SYRIA = 'format = "libya_news/topic"\nversion = 1\n[places.syria]\nen = ["Syria", "Damascus"]\n'


def _story(seed: int, sentences: int = 12) -> str:
    """Sentences that nobody else has."""
    choose = random.Random(seed)  # noqa: S311 - made-up stories
    places = [f"{choose.choice(NAMES)} of {choose.choice(NAMES)} {choose.randrange(10_000)}" for _ in range(sentences)]
    return " ".join(
        f"The {place} was closed, and {other} opened."
        for place, other in zip(places, places[1:] + places, strict=False)
    )


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Six stories: three about Libya, of which the first is a later repost of the second."""
    head = "Libya's government in Tripoli"
    rows = [
        {
            "url": "https://a.example/1",
            "date": "2015-03-01",
            "text": f"{head}: {_story(1)}. Libyans in Benghazi said so.",
        },
        {"url": "https://b.example/2", "date": "2015-02-01", "text": f"{head}: {_story(1)}. Libyan officials said so."},
        {
            "url": "https://a.example/3",
            "date": "2015-01-01",
            "text": f"Haftar's Libyan army in Derna, Libya: {_story(3)}",
        },
        {"url": "https://a.example/4", "text": f"Damascus, Syria, and Syria's Damascus: {_story(4)}"},
        {"url": "https://a.example/5", "text": f"{_story(5, 40)}. They spoke of Libya too. {_story(6, 40)}"},
        {"url": "https://a.example/6", "text": _story(7)},
    ]
    path = tmp_path / "in" / "news.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path.parent


def _urls(release: Release) -> dict[str, str]:
    rows = datasets.load_dataset(str(release.path), split="train")
    return {row["article_id"]: row["url"][-1] for row in rows}


def _clusters(release: Release) -> dict[str, str | None]:
    rows = datasets.load_dataset(str(release.path), split="train")
    names = _urls(release)
    return {row["url"][-1]: names.get(row["cluster"]) for row in rows}


# Topic.


def test_without_a_topic_nothing_is_dropped(news: Path, tmp_path: Path) -> None:
    release = build([news], out=tmp_path)
    assert (release.counts["articles"], len(release.drops)) == (6, 0)
    assert release.settings["topic"] == "none"


def test_only_what_is_about_libya_is_kept(news: Path, tmp_path: Path) -> None:
    release = build([news], out=tmp_path, topic="libya")
    assert set(_urls(release).values()) == {"1", "2", "3"}
    reasons = sorted(drop.reason for drop in release.drops)
    assert [reason.partition(":")[0] for reason in reasons] == ["off topic"] * 3
    assert {drop.stage for drop in release.drops} == {"corpus"}
    assert "off topic: scores 0.00 for libya, less than 0.5 (in/news.jsonl:6)" in reasons
    assert any(reason.endswith("less than 0.5: places.libya 1 (in/news.jsonl:5)") for reason in reasons)
    assert release.counts["articles"] + len(release.drops) == 6


def test_what_is_kept_tells_why(news: Path, tmp_path: Path) -> None:
    """Score and mentions, to be read from the dataset and from the release, in its stand-off form too."""
    release = build([news], out=tmp_path, topic="libya")
    rows = datasets.load_dataset(str(release.path), split="train").to_list()
    for row in rows:
        assert 0.5 <= row["topic_score"] < 1
        said = [row[mention["field"]][mention["start"] : mention["end"]] for mention in row["topic_mentions"]]
        assert set(said) <= {"Libya", "Libyan", "Libyans", "Haftar", "Tripoli", "Benghazi", "Derna"}
        assert "places.libya" in {mention["name"] for mention in row["topic_mentions"]}
    (article,) = (one for one in articles(table(release, "articles", "train")) if (one.url or "")[-1] == "3")
    assert article.topic_mentions[0] == Mention("people.haftar", 0, 6, "text")
    assert verify(release) == []
    bare = build([news], out=tmp_path / "bare", topic="libya", text="none")
    told = datasets.load_dataset(str(bare.path), split="train").to_list()
    assert [row["topic_mentions"] for row in told] == [row["topic_mentions"] for row in rows]
    without = datasets.load_dataset(str(build([news], out=tmp_path / "any").path), split="train").to_list()
    assert {(row["topic_score"], *row["topic_mentions"]) for row in without} == {(None,)}


@pytest.mark.parametrize("mention", [None, (-1, 2, "text"), (0, 10**9, "text"), (3, 3, "text"), (0, 4, "body")])
def test_mentions_that_are_nowhere_are_told(news: Path, tmp_path: Path, mention: tuple[int, int, str] | None) -> None:
    release = build([news], out=tmp_path, topic="libya")
    rows = table(release, "articles", "train").to_pylist()
    wrong = mention and dict(zip(("name", "start", "end", "field"), ("people.haftar", *mention), strict=True))
    rows[1]["topic_mentions"] = [wrong]
    rows[2]["topic_score"] = 7.0
    made = pa.Table.from_pylist(rows, table(release, "articles", "train").schema)
    said = list(integrity.faults(made, table(release, "segments", "train"), ""))
    assert f"{rows[1]['article_id']}: a mention of the topic is not within the article" in said
    assert f"{rows[2]['article_id']}: 7.0 is no score" in said
    assert len([fault for fault in said if "mention" in fault or "score" in fault]) == 2


def test_a_topic_that_was_used_goes_to_workers(news: Path, tmp_path: Path) -> None:
    assert relevance("Libya", load_topic("libya")).is_relevant
    release = build([news], out=tmp_path, topic="libya", workers=2)
    assert release.counts["articles"] == 3


def test_a_cache_keeps_records_that_are_the_same_apart(tmp_path: Path) -> None:
    """Three records of one number, which nothing else tells apart, are one article and two drops, each time."""
    record = "<DOC><DOCNO>1</DOCNO><TEXT>Talks in Moscow end without a deal.</TEXT></DOC>\n"
    (tmp_path / "a.sgml").write_text(record * 3, encoding="utf-8")
    for out in ("cold", "warm"):
        release = build([tmp_path / "a.sgml"], out=tmp_path / out, cache=tmp_path / "cache")
        assert (release.counts["articles"], len(release.drops)) == (1, 2)


def test_workers_and_cache_change_nothing(news: Path, tmp_path: Path) -> None:
    plain, spread = (
        build([news], out=tmp_path / name, topic="libya", workers=workers, cache=tmp_path / "cache")
        for name, workers in (("a", 1), ("b", 2))
    )
    assert (plain.files, list(plain.drops)) == (spread.files, list(spread.drops))


def test_a_topic_file_is_part_of_what_decides(news: Path, tmp_path: Path) -> None:
    path = tmp_path / "syria.toml"
    path.write_text(SYRIA, encoding="utf-8")
    release = build([news], out=tmp_path, topic=str(path))
    assert set(_urls(release).values()) == {"4"}
    assert rebuild(release, sources=[tmp_path], topic=str(path)).identical
    with pytest.raises(UsageError, match=r"built with the topic syria@\w{16}\. Name its file: --topic"):
        rebuild(release, sources=[tmp_path])
    path.write_text(SYRIA.replace("Damascus", "Aleppo"), encoding="utf-8")
    with pytest.raises(UsageError, match="built with the topic syria@"):
        rebuild(release, sources=[tmp_path], topic=str(path))


def test_a_topic_of_ours_is_found_again(news: Path, tmp_path: Path) -> None:
    assert rebuild(build([news], out=tmp_path, topic="libya"), sources=[tmp_path]).identical


def test_bad_topics_leave_nothing(news: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[places]", encoding="utf-8")
    with pytest.raises(DataError):
        build([news], out=tmp_path / "out", topic=str(tmp_path / "bad.toml"))
    with pytest.raises(UsageError):
        build([news], out=tmp_path / "out", topic="mars")
    assert not (tmp_path / "out").exists()


# Near-duplicates.


def test_near_duplicates_are_marked(news: Path, tmp_path: Path) -> None:
    release = build([news], out=tmp_path)
    assert _clusters(release) == {"1": "2", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6"}
    assert verify(release) == []


def test_near_duplicates_are_kept_unseen(news: Path, tmp_path: Path) -> None:
    assert set(_clusters(build([news], out=tmp_path, dedup="keep")).values()) == {None}


def test_near_duplicates_are_dropped(news: Path, tmp_path: Path) -> None:
    release = build([news], out=tmp_path, dedup="drop")
    left = {url: id_ for id_, url in _urls(release).items()}
    assert set(left) == {"2", "3", "4", "5", "6"}
    assert [drop.reason for drop in release.drops] == [f"near-duplicate: of {left['2']}"]
    assert _clusters(release) == {url: url for url in left}


@pytest.mark.parametrize("dedup", ["mark", "keep", "drop"])
def test_splits_and_clusters_agree(news: Path, tmp_path: Path, dedup: str) -> None:
    release = build([news], out=tmp_path, dedup=dedup, split="cluster")
    assert release.leakage["clusters"] == 5
    assert release.leakage["near_duplicates_across"] == 0
    assert release.leakage["near_duplicates_within"] == (dedup != "drop")


def test_they_are_looked_for_once(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    find = clusters.find

    def counted(articles: Selection) -> clusters.Clusters:
        calls.append(len(articles))
        return find(articles)

    monkeypatch.setattr(clusters, "find", counted)
    build([news], out=tmp_path, split="cluster")
    assert calls == [6]


def test_a_standoff_release_has_them_too(news: Path, tmp_path: Path) -> None:
    full = build([news], out=tmp_path / "full")
    bare = build([news], out=tmp_path / "bare", text="none")
    assert _clusters(bare) == _clusters(full)
    assert rehydrate(bare.path, [news], out=tmp_path / "back").release.files == full.files


def test_other_ways_are_refused(news: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'both' does not say.*Give one of: mark, keep, drop"):
        build([news], out=tmp_path, dedup="both")


def _dated(*rows: tuple[str, str | None]) -> Sequence[Article]:
    made = []
    for number, (text, date) in enumerate(rows):
        when = datetime.fromisoformat(date).replace(tzinfo=timezone.utc) if date else None
        article = process(RawArticle(f"{number}.txt", text, published_at=when))
        assert isinstance(article, Article)
        made.append(article)
    return made


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        ([("a b", "2015-02-01"), ("a b c", "2015-01-01"), ("a b c d", None)], 1),
        ([("a b", None), ("a b c d", None), ("a b c", None)], 1),
        ([("a b c", "2015-01-01"), ("a b c d", "2015-01-01")], 1),
    ],
)
def test_who_stands_for_a_cluster(rows: list[tuple[str, str | None]], stands: int) -> None:
    """The earliest; of equally early ones, and where no date is known, the longest."""
    assert set(clusters.representatives(selected(_dated(*rows)), [0] * len(rows)).tolist()) == {stands}


def test_split_finds_them_itself() -> None:
    articles = sorted(_dated(*((f"{_story(n // 2)} {n}", None) for n in range(20))), key=lambda article: article.id)
    selection = selected(articles)
    parts, leakage = splits.split(selection, "cluster")
    again, same = splits.split(selection, "cluster", clusters.find(selection))
    assert by_split(parts) == by_split(again)
    assert leakage == same


# Languages.


@pytest.mark.parametrize(
    ("said", "language", "is_guess"),
    [("ara", "ar", False), ("arb_Arab", "ar", False), ("iw", "he", False), ("ayl", "ayl", False)]
    + [(none, "en", True) for none in ("und", "mul", "zxx", "mis", "qme", "UND", "x", "", None)],
)
def test_what_a_source_says_of_a_language(said: str | None, language: str, is_guess: bool) -> None:
    made = process(RawArticle("a.txt", "Talks in Moscow have ended without a deal, officials said.", language=said))
    assert isinstance(made, Article)
    assert (made.language, made.language_confidence is not None) == (language, is_guess)


def test_languages_of_articles_and_segments(tmp_path: Path) -> None:
    arabic = "قال مسؤولون إن المحادثات في موسكو انتهت دون التوصل إلى اتفاق بين الطرفين الليبيين المتنازعين."
    english = (
        "Talks in Moscow have ended without a deal between the two Libyan sides, officials said on Tuesday evening."
    )
    text = f"{english}\n\n{english} {english}\n\n{arabic}\n\nMoscow"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(text, encoding="utf-8")
    row = {"text": text.replace("Talks", "The talks"), "language": "fr"}
    (tmp_path / "in" / "b.jsonl").write_text(json.dumps(row), encoding="utf-8")
    release = build([tmp_path / "in"], out=tmp_path)
    articles = {
        row["source"].rpartition("/")[2]: row for row in datasets.load_dataset(str(release.path), split="train")
    }
    assert articles["a.txt"]["language"] == "en"
    assert 0.8 < articles["a.txt"]["language_confidence"] < 1
    assert (articles["b.jsonl"]["language"], articles["b.jsonl"]["language_confidence"]) == ("fr", None)
    segments = datasets.load_dataset(str(release.path), "segments", split="train").to_list()
    own = {row["text"]: row for row in segments if row["article_id"] == articles["a.txt"]["article_id"]}
    assert own[arabic]["segment_language"] == "ar"
    assert 0.7 < own[arabic]["segment_language_confidence"] < 1
    assert own["Moscow"]["segment_language"] == "en"
    assert own["Moscow"]["segment_language_confidence"] == articles["a.txt"]["language_confidence"]
    assert {row["language"] for row in own.values()} == {"en"}
    said = [row for row in segments if row["article_id"] == articles["b.jsonl"]["article_id"]]
    assert {row["segment_language"] for row in said if row["text"] == "Moscow"} == {"fr"}
