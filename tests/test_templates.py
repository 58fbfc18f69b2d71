"""Lines of templates: exact counts, what becomes of labels, and a table that every form of a release has."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pytest
from click.testing import CliRunner
from hub_standin import environment, serve
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shelving import selected

from libya_news import Article, Release, Segment, build
from libya_news.cli import cli
from libya_news.config import load_config
from libya_news.errors import DataError, UsageError
from libya_news.labels import KIND_NAMES, LABEL_OF, LABELS
from libya_news.records import SITES, sha256_hex
from libya_news.release import shelf, templates
from libya_news.release.diff import diff
from libya_news.release.erase import erase
from libya_news.release.publishing import publish
from libya_news.release.rebuild import rebuild
from libya_news.release.rows import cells, results
from libya_news.release.standoff import rehydrate
from libya_news.release.store import Store, opened
from libya_news.release.verify import verify
from libya_news.segment import SiteProfile, site_profiles
from libya_news.segment._site import line_hashes

LINE = "Our readers know."
"""The model takes it for a paragraph, with a probability of 0.75."""

PLACES = (
    "Derna",
    "Sirte",
    "Ghat",
    "Zliten",
    "Brega",
    "Murzuk",
    "Sabha",
    "Tobruk",
    "Ajdabiya",
    "Zuwara",
    "Hun",
    "Ubari",
)


def _story(number: int) -> str:
    place, other, third = (PLACES[(number * step + step) % len(PLACES)] for step in (1, 5, 7))
    return (
        f"Talks in {place} end, day {number}\n\nThe road from {other} to {third} was closed on day {number}, officials "
        f"said.\n\n{LINE}\n\nMore than {number * 37 + 11} people waited in {place}, said a driver of bus {number}."
    )


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve articles of one site, each with the line, and two of another with the same line."""
    hosts = ["www.a.example"] * 12 + ["b.example"] * 2
    rows = [{"url": f"https://{host}/{n}", "text": _story(n), "licence": "CC-BY-4.0"} for n, host in enumerate(hosts)]
    folder = tmp_path_factory.mktemp("news")
    for name, some in (("a", rows[:7]), ("b", rows[7:])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plain(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build([news], out=tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def made(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build([news], out=tmp_path_factory.mktemp("marked"), templates="mark")


@pytest.fixture
def marked(made: Release, tmp_path: Path) -> Release:
    """A copy of a release with its table, in a store of its own."""
    shutil.copytree(made.path, tmp_path / "store" / made.path.name)
    return replace(made, path=tmp_path / "store" / made.path.name)


def _loaded(release: Release | Path, config: str = "articles") -> list[dict[str, Any]]:
    path = release.path if isinstance(release, Release) else release
    rows: list[dict[str, Any]] = datasets.load_dataset(str(path), config, split="train").to_list()
    return rows


def _table(folder: Path) -> list[dict[str, str]]:
    with (folder / SITES).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Counting.

URLS = st.sampled_from(
    [None, "JA-1", "http://[broken", "https://a.example/x", "https://WWW.A.example/y", "https://b.example"]
)
TEXTS = st.lists(st.sampled_from(["Home", " Home ", "", "World", "Sport", "Contact us", "x" * 401]), max_size=6)


@settings(max_examples=50)
@given(st.lists(st.tuples(URLS, st.sampled_from([None, "A.example", "Daily"]), TEXTS), max_size=60))
@example([(f"https://a.example/{n}", None, ["Home", "World"] if n < 4 else ["Home"]) for n in range(41)])
def test_counts_are_exact(made: list[tuple[str | None, str | None, list[str]]]) -> None:
    articles = [
        Article(f"{n:03}", "a.txt", "\n".join(lines), (), "", url=url, publisher=publisher)
        for n, (url, publisher, lines) in enumerate(made)
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "ARTICLES_AT_ONCE", 4)
        patch.setattr(templates, "BUCKETS", 3)
        found = templates.find(selected(articles, Path(folder)))
        assert list(Path(folder).iterdir()) == []
    assert found == _brute_force(articles)


def _brute_force(articles: Sequence[Article]) -> dict[str, SiteProfile]:
    pairs = [(site, article.text) for article in articles if (site := _site(article))]
    wanted = {}
    for site, profile in site_profiles(pairs).items():
        often = {line: n for line, n in profile.lines.items() if n >= 3 and n / profile.articles >= 0.1}
        if often and profile.articles >= 10:
            wanted[site] = SiteProfile(profile.articles, often)
    return wanted


def _site(article: Article) -> str:
    host = re.match(r"https://(?:www\.)?([a-z.]+)", (article.url or "").lower())
    return host[1] if host else (article.publisher or "").lower()


def test_what_waits_on_disk_is_summed_by_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that every article has takes a row for each batch, not for each article: no bucket grows with it."""
    sizes = []
    often = templates._often  # noqa: SLF001 - what it reads is what is in memory

    def seen(path: Path, *rest: Any) -> templates.Counts:
        sizes.append(path.stat().st_size // 24)
        return often(path, *rest)

    monkeypatch.setattr(templates, "_often", seen)
    monkeypatch.setattr(shelf, "ARTICLES_AT_ONCE", 100)
    articles = [Article(f"{n:04}", "a.txt", f"Home\nStory {n}", (), "", publisher="Daily") for n in range(1_000)]
    (profile,) = templates.find(selected(articles, tmp_path)).values()
    assert (profile.articles, list(profile.lines.values())) == (1_000, [1_000])
    assert (len(sizes), sum(sizes)) == (templates.BUCKETS, 1_000 + 10)
    assert max(sizes) < 60


# Labels.

CASES = [
    ("paragraph", 0.75, "model@1", "boilerplate_other", 30 / 33, templates.BY),
    ("paragraph", 0.99, "model@1", "paragraph", 99 / 129, "model@1"),
    ("paragraph", 0.4, "model@1", "boilerplate_other", 12 / 12.6, templates.BY),
    ("promo", 0.6, "model@1", "promo", 45 / 46, "model@1"),
    ("credit", 0.75, "rule:credit", "credit", 0.75, "rule:credit"),
    ("caption_marker", 0.75, "model@1", "caption_marker", 0.75, "model@1"),
]


@pytest.mark.parametrize(("kind", "sure", "by", "after", "surer", "then"), CASES)
def test_what_becomes_of_a_segment(kind: str, sure: float, by: str, after: str, surer: float, then: str) -> None:
    text = f"{LINE}\n\nMore."
    segments = (Segment(0, 17, LABEL_OF[kind], kind, sure, by), Segment(19, 24, "body", "paragraph", 0.4, "model@1"))
    other = Article("b", "b.txt", text, segments, "", publisher="Weekly")
    batch = results([Article("a", "a.txt", text, segments, "", publisher="Daily"), other])
    (line,) = line_hashes(LINE)
    found = templates.relabelled(batch, {"daily": SiteProfile(9, {line: 9})})
    own, rest = cells(found, "segments").to_pylist()
    told = own[0]["kind"], own[0]["label"], own[0]["by"]
    assert told == (KIND_NAMES.index(after), LABELS.index(LABEL_OF[after]), then)
    assert own[0]["confidence"] == pytest.approx(surer)
    assert [own[1], rest] == [cells(batch, "segments")[0].as_py()[1], cells(batch, "segments")[1].as_py()]
    assert all(found[name].equals(batch[name]) for name in batch.schema.names if name != "segments")
    assert found.schema == batch.schema
    found.validate(full=True)


@pytest.mark.parametrize("sites", [{}, {"weekly": SiteProfile(9, {1: 9})}, {"daily": SiteProfile(9, {1: 9})}])
def test_other_batches_pass_untouched(sites: dict[str, SiteProfile]) -> None:
    segments = (Segment(0, 17, "body", "paragraph", 0.6, "model@1"),)
    batch = results([Article("a", "a.txt", LINE, segments, "", publisher="Daily")])
    assert templates.relabelled(batch, sites) is batch
    empty = batch.slice(0, 0)
    assert templates.relabelled(empty, sites) is empty


def test_a_part_of_a_batch_is_as_good_as_one() -> None:
    """Arrow's slices begin in the middle of their columns."""
    segments = (Segment(0, 17, "body", "paragraph", 0.6, "model@1"),)
    made = [Article(str(n), "a.txt", LINE, segments[: n % 2], "", publisher="Daily") for n in range(6)]
    (line,) = line_hashes(LINE)
    sites = {"daily": SiteProfile(9, {line: 9})}
    whole = templates.relabelled(results(made), sites)
    assert templates.relabelled(results(made).slice(3, 2), sites).equals(whole.slice(3, 2))


# Releases.


def test_a_line_of_a_template_is_boilerplate(plain: Release, marked: Release) -> None:
    before, after = ({row["article_id"]: row for row in _loaded(release)} for release in (plain, marked))
    there = {id_ for id_, row in before.items() if "a.example" in row["url"]}
    assert (len(there), len(before), before.keys()) == (12, 14, after.keys())
    for id_, row in before.items():
        assert LINE in row["body"]
        assert after[id_]["body"] == (row["body"].replace(f"{LINE}\n\n", "") if id_ in there else row["body"])
    labels = datasets.load_dataset(str(marked.path), "segments", split="train").features["label"].names
    for old, new in zip(_loaded(plain, "segments"), _loaded(marked, "segments"), strict=True):
        if new["text"] != LINE or new["article_id"] not in there:
            assert new == old
            continue
        odds = 30 * (1 - old["confidence"]) / old["confidence"]
        assert labels[old["label"]] == "body"
        now = labels[new["label"]], KIND_NAMES[new["kind"]], new["by"]
        assert now == ("boilerplate", "boilerplate_other", templates.BY)
        assert new["confidence"] == pytest.approx(odds / (1 + odds), abs=1e-6)
        assert {**new, **{name: old[name] for name in ("label", "kind", "by", "confidence")}} == old
    assert verify(marked) == []
    assert not (plain.path / SITES).exists()
    assert marked.counts["labelled_by"]["rule"] == 12
    found = diff(plain, marked)
    assert (found.labels, found.articles["text"]) == ({"body": {"boilerplate": 12}}, 0)


def test_the_table_is_published(marked: Release) -> None:
    (line,) = line_hashes(LINE)
    assert _table(marked.path) == [{"site": "a.example", "articles": "12", "line": f"{line:016x}", "count": "12"}]
    (document,) = [row for row in marked.documents if row.path == SITES]
    assert document.sha256 == sha256_hex((marked.path / SITES).read_bytes())
    card = (marked.path / "README.md").read_text(encoding="utf-8")
    assert "`sites.csv` has their hashes and counts" in card
    assert datasets.get_dataset_config_names(str(marked.path)) == ["articles", "segments"]


def test_workers_and_order_change_nothing(
    news: Path, plain: Release, marked: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rebuild(marked, sources=[news.parent]).identical
    assert marked.fingerprint != plain.fingerprint
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    files = [news / "a.jsonl", news / "b.jsonl"]
    one = build(files, out=tmp_path / "one", templates="mark")
    monkeypatch.setattr(shelf, "KEPT_BYTES", 1)
    monkeypatch.setattr(shelf, "ARTICLES_AT_ONCE", 3)
    two = build(files[::-1], out=tmp_path / "two", templates="mark", workers=2)
    assert _tree(one.path) == _tree(two.path)


def test_splits_see_the_same_labels(news: Path, marked: Release, tmp_path: Path) -> None:
    divided = build([news], out=tmp_path / "divided", templates="mark", split="cluster")
    parts = datasets.load_dataset(str(divided.path))
    rows = [row for part in parts.values() for row in part.to_list()]
    assert sorted(rows, key=lambda row: row["article_id"]) == _loaded(marked)
    assert len(parts) > 1


def test_without_text_and_back(news: Path, marked: Release, tmp_path: Path) -> None:
    bare = build([news], out=tmp_path / "bare", templates="mark", text="none")
    assert verify(bare) == []
    assert _table(bare.path) == _table(marked.path)
    assert [row["segments"] for row in _loaded(bare)] == [row["segments"] for row in _loaded(marked)]
    back = rehydrate(bare.path, [news], out=tmp_path / "back")
    assert back.identical
    assert back.release.files == marked.files
    assert _table(back.release.path) == _table(marked.path)
    assert verify(back.release) == []


def test_erased_it_has_its_table(marked: Release) -> None:
    table = _table(marked.path)
    id_ = _loaded(marked)[0]["article_id"]
    erase(id_, store=marked.path.parent, reason="asked")
    with opened(marked.path.parent / "libya-news") as left:
        assert left.path.name == "libya-news-1.0.0-erased-1"
        assert verify(left) == []
        assert _table(left.path) == table
        assert id_ not in {row["article_id"] for row in _loaded(left)}


def test_published_it_has_its_table(marked: Release, memory: str, tmp_path: Path) -> None:
    publish(marked.path, str(tmp_path / "bare"), text="none")
    with opened(tmp_path / "bare" / "libya-news") as bare:
        assert not bare.holds_text
        assert verify(bare) == []
        assert _table(bare.path) == _table(marked.path)
    Store(memory).add(marked.path)
    erase(_loaded(marked)[0]["article_id"], store=memory, reason="asked")
    with opened(f"{memory}/libya-news") as left:
        assert left.erased
        assert verify(left) == []
        assert _table(left.path) == _table(marked.path)


def test_on_the_hub_it_has_its_table(marked: Release, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from datasets import load_dataset\n"
        "from libya_news.release.publishing import publish\n"
        "publish(sys.argv[1], 'hf://datasets/org/news')\n"
        "print(*(load_dataset('org/news', name, split='train').num_rows for name in ('articles', 'segments')))\n"
    )
    with serve() as hub:
        done = subprocess.run(
            [sys.executable, "-c", code, str(marked.path)],
            capture_output=True,
            check=False,
            text=True,
            env={**os.environ, **environment(hub, tmp_path)},
        )
        assert done.stdout == "14 56\n", done.stderr
        assert hub.repositories["org/news"].at("v1.0.0")[1] == _tree(marked.path)


def test_a_damaged_table_is_told_and_not_passed_on(marked: Release, tmp_path: Path) -> None:
    id_ = _loaded(marked)[0]["article_id"]
    with (marked.path / SITES).open("a", encoding="utf-8") as file:
        file.write("c.example,9,00000000000000ff,9\n")
    assert [fault.partition(":")[0] for fault in verify(marked)] == [SITES]
    with pytest.raises(DataError, match="missing or damaged"):
        publish(marked.path, str(tmp_path / "other"))
    with pytest.raises(DataError, match=rf"{SITES} is missing or damaged"):
        erase(id_, store=marked.path.parent, reason="asked")


def test_where_no_line_repeats_the_table_is_empty(root: Path, tmp_path: Path) -> None:
    seed = root / "seeds"
    release = build([seed], out=tmp_path / "marked", templates="mark")
    assert _table(release.path) == []
    assert release.files == build([seed], out=tmp_path / "plain").files


# Asking for it.


def test_other_ways_are_refused(news: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'drop' does not say.*Give one of: keep, mark"):
        build([news], out=tmp_path, templates="drop")


def test_config_and_command_take_it(news: Path, tmp_path: Path) -> None:
    config = tmp_path / "libya-news.toml"
    text = 'format = "libya_news/corpus"\nversion = 1\n[release]\ntemplates = "{}"\n[[sources]]\npath = "{}"\n'
    config.write_text(text.format("mark", news.as_posix()), encoding="utf-8")
    assert load_config(config).settings["templates"] == "mark"
    for words, way in (([], "mark"), (["--templates", "keep"], "keep")):
        given = ["build", "--config", str(config), "--out", str(tmp_path / way), *words, "--json"]
        assert json.loads(CliRunner().invoke(cli, given).stdout)["settings"]["templates"] == way
        assert (tmp_path / way / "libya-news-1.0.0" / SITES).exists() == (way == "mark")
    config.write_text(text.format("drop", "in"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"\[release\]: Invalid enum value 'drop'.*templates takes one of keep, mark"):
        load_config(config)
