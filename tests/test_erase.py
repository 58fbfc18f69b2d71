"""Erasure: afterwards no byte of the text is anywhere in the store, and nothing serves the old rows."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import fsspec
import pyarrow.parquet as pq
import pytest

from libya_news import Article, build
from libya_news.errors import DataError, EmptyReleaseError, EnvironmentFaultError, ReleaseExistsError, UsageError
from libya_news.records import sha256_hex
from libya_news.release import folders, ledger, manifest, reading, shards, shelf, standoff
from libya_news.release.counts import count
from libya_news.release.erase import erase
from libya_news.release.reading import table
from libya_news.release.rebuild import rebuild
from libya_news.release.rows import InBatches, articles
from libya_news.release.store import TOMBSTONE, Store, opened
from libya_news.release.verify import verify

GONE = "Zafira Qandil told the court in Benghazi what she had seen that night at the harbour gate."
REPOST = f"REPOSTED: {GONE}"
OTHER = "Talks in Moscow end without a deal."
URL = "https://example.org/secret"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions that hold the article, a third that does not, and one that holds nothing else."""
    folder = tmp_path_factory.mktemp("erase")
    sources = folder / "in"
    sources.mkdir()
    (sources / "secret.txt").write_text(GONE, encoding="utf-8")
    (sources / "provenance.toml").write_text(
        f'format = "libya_news/provenance"\nversion = 1\n["secret.txt"]\nurl = "{URL}"\n', encoding="utf-8"
    )
    (sources / "twin.txt").write_text(GONE, encoding="utf-8")
    (sources / "other.txt").write_text(OTHER, encoding="utf-8")
    (sources / "more.jsonl").write_text(json.dumps({"text": "A story about the oil crescent."}), encoding="utf-8")
    build([sources], out=folder / "store", version="1.0.0")
    build([sources], out=folder / "store", version="1.1.0", text="none")
    build([sources / "other.txt"], out=folder / "store", version="2.0.0")
    build([sources / "twin.txt"], out=folder / "store", name="small")
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "store"


def _article_id(store: Path, text: str = GONE) -> str:
    rows = datasets.load_dataset(str(store / "libya-news-1.0.0"), split="train")
    return next(str(row["article_id"]) for row in rows if row["text"] == text)


def _everything(store: Path) -> bytes:
    """All bytes of a store: names, and contents as they lie there and as Parquet readers see them."""
    names = "\n".join(path.name for path in store.rglob("*")).encode()
    rows = "".join(str(table) for table in _rows(store)).encode()
    return names + rows + b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def _rows(store: Path) -> list[object]:
    return [pq.read_table(path, partitioning=None).to_pylist() for path in sorted(store.rglob("*.parquet"))]


def test_dry_run_changes_nothing(store: Path) -> None:
    before = _everything(store)
    receipt = erase(URL, store=store, reason="asked", dry_run=True)
    assert [row.before for row in receipt.releases] == ["libya-news-1.0.0", "libya-news-1.1.0", "small-1.0.0"]
    assert _everything(store) == before


def test_nothing_of_the_text_is_left(store: Path) -> None:
    raw, id_ = sha256_hex(GONE), _article_id(store)
    receipt = erase(id_, store=store, reason="asked by the person named")
    left = _everything(store)
    for trace in ("Zafira", "Qandil", "harbour gate", raw, URL):
        assert trace.encode() not in left
    assert id_.encode() in left
    assert receipt.complete
    assert [(row.before, row.after) for row in receipt.releases] == [
        ("libya-news-1.0.0", "libya-news-1.0.0-erased-1"),
        ("libya-news-1.1.0", "libya-news-1.1.0-erased-1"),
        ("small-1.0.0", None),
    ]
    assert list(Store(store).folders()) == [
        "libya-news-1.0.0-erased-1",
        "libya-news-1.1.0-erased-1",
        "libya-news-2.0.0",
    ]


def test_what_is_left_is_whole(store: Path) -> None:
    receipt = erase(URL, store=store, reason="asked")
    for path in Store(store).folders():
        with opened(store / path) as release:
            assert verify(release) == []
            assert release.leaf == path
    release = manifest.load(store / "libya-news-1.0.0-erased-1")
    assert release.counts["articles"] == 2
    assert {stone.article_id for stone in release.erased} <= {row.article_id for row in receipt.articles}
    left = [article for split in ("train",) for article in articles(table(release, "articles", split))]
    assert release.counts == count(InBatches(left), release.drops)
    rows = datasets.load_dataset(str(release.path), split="train")
    assert rows.num_rows == 2
    assert OTHER in rows["text"][:]
    segments = datasets.load_dataset(str(release.path), "segments", split="train")
    assert set(segments["article_id"]) == set(rows["article_id"])
    assert receipt.releases[0].digest_after == sha256_hex((release.path / "manifest.json").read_bytes())
    assert ledger.load(store).erasures == (receipt,)


def _command(*words: str | Path) -> str:
    command = [sys.executable, "-m", "libya_news", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, check=True, text=True, env={**os.environ, "COLUMNS": "150"}
    ).stdout


def test_one_folder_of_a_version_is_the_latest(store: Path) -> None:
    build([store.parent / "in"], out=store, version="3.0.0")
    for number, article in enumerate((URL, _article_id(store, OTHER)), start=1):
        erase(article, store=store, reason="asked")
        marked = [line.split()[0] for line in _command("list", store).splitlines() if " (latest)" in line]
        assert marked == [f"libya-news-3.0.0-erased-{number}"]
    with pytest.raises(UsageError, match=r"3\.0\.0 is withdrawn\. Name libya-news-3\.0\.0-erased-2 instead"):
        Store(store).rollback("libya-news-3.0.0")


def test_no_cache_serves_the_old_rows(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a bare name, ``datasets`` serves a folder that is gone from its cache; the tombstone keeps it from that."""
    monkeypatch.chdir(store)
    assert datasets.load_dataset("libya-news-1.0.0", split="train").num_rows == 3
    erase(URL, store=store, reason="asked")
    for place in ("libya-news-1.0.0", "./libya-news-1.0.0", str(store / "libya-news-1.0.0")):
        with pytest.raises(Exception, match=r"(?i)data|files found"):
            datasets.load_dataset(place, split="train")
    for streaming in (False, True):
        rows = datasets.load_dataset("libya-news-1.0.0-erased-1", split="train", streaming=streaming)
        assert GONE not in [row["text"] for row in rows]


def test_later_builds_leave_it_out(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    release = build([tmp_path / "in"], out=store, version="3.0.0")
    assert release.counts["drops"] == {"erased": 2}
    (tmp_path / "again.jsonl").write_text(
        json.dumps({"text": "Another text, same address.", "url": URL}), encoding="utf-8"
    )
    with pytest.raises(EmptyReleaseError, match=r"1 erased.*stays out of it: give other sources"):
        build([tmp_path / "again.jsonl"], out=store, version="3.0.1")
    assert build([tmp_path / "in"], out=tmp_path / "elsewhere").counts["articles"] == 3


def test_a_rebuild_names_an_erasure_as_the_cause(store: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "late.jsonl").write_text(json.dumps({"text": "Another text there.", "url": URL}), "utf-8")
    release = build([tmp_path / "in" / "late.jsonl", tmp_path / "in" / "other.txt"], out=store, name="late")
    erase(_article_id(store), store=store, reason="asked")
    again = rebuild(release, sources=[tmp_path / "in"])
    assert again.causes == ("erasures from the store: 0 articles were left out for them, now 1",)


def test_addresses_that_give_the_same_id_are_the_same(store: Path, tmp_path: Path) -> None:
    receipt = erase(f"{URL}?utm_source=feed#top", store=store, reason="asked")
    assert ledger.load(store).erasure_of(f"{URL}#end") == receipt
    again = f"{URL}?utm_medium=social"
    (tmp_path / "again.jsonl").write_text(json.dumps({"text": "Another text, same page.", "url": again}), "utf-8")
    with pytest.raises(EmptyReleaseError, match="1 erased"):
        build([tmp_path / "again.jsonl"], out=store, version="3.0.0")


def test_addresses_that_were_written_down_as_they_were_found_still_count(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    found, kept = f"{URL}?utm_source=feed", ledger.load(store)
    text = (store / ledger.FILE_NAME).read_text("utf-8").replace(kept.salted(URL), kept.salted(found))
    (store / ledger.FILE_NAME).write_text(text, "utf-8")
    assert ledger.load(store).erasure_of(found)
    (tmp_path / "again.jsonl").write_text(json.dumps({"text": "Another text, same page.", "url": found}), "utf-8")
    with pytest.raises(EmptyReleaseError, match="1 erased"):
        build([tmp_path / "again.jsonl"], out=store, version="3.0.0")


def test_the_place_of_an_erased_version_stays_taken(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    for keep in (False, True):
        with pytest.raises(ReleaseExistsError, match="never touched again"):
            build([tmp_path / "in"], out=store, version="1.0.0", keep_unchanged=keep)


@pytest.mark.parametrize("beside", [False, True])
def test_similar_articles_are_listed_where_they_lie(store: Path, tmp_path: Path, beside: bool) -> None:
    (tmp_path / "in" / "repost.txt").write_text(REPOST, encoding="utf-8")
    names = ("repost.txt", "secret.txt") if beside else ("repost.txt",)
    build([tmp_path / "in" / name for name in names], out=store, name="repost")
    receipt = erase(URL, store=store, reason="asked")
    assert [near.release for near in receipt.near_duplicates] == [f"repost-1.0.0{'-erased-1' * beside}"]
    assert ledger.load(store).erasures == (receipt,)
    assert 0.5 < receipt.near_duplicates[0].similarity < 1


def test_what_splits_share_is_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a build without the article does, with few articles in memory at a time."""
    for name, few in (("KEPT_BYTES", 1), ("BLOCK_BYTES", 2_000), ("ARTICLES_AT_ONCE", 2)):
        monkeypatch.setattr(shelf, name, few)
    monkeypatch.setattr("libya_news.corpus.near_duplicates.VERIFIED", 2)
    sources = tmp_path / "in"
    sources.mkdir()
    for n in range(40):
        words = " ".join(f"word{(n - n % 4 // 3) * 97 + i}" for i in range(30))
        story = f"{words} and what all of them say in the end in the very same words{' again' * (n % 4 // 3)}."
        (sources / f"{n}.txt").write_text(story, encoding="utf-8")
    whole = build([sources], out=tmp_path / "store", split="cluster")
    id_ = next(a.id for split in shards.splits(whole) for a in reading.Articles(whole, split) if "word0 " in a.text)
    erase(id_, store=tmp_path / "store", reason="asked")
    (sources / "0.txt").unlink()
    fresh = build([sources], out=tmp_path / "fresh", split="cluster")
    left = manifest.load(tmp_path / "store" / "libya-news-1.0.0-erased-1")
    assert fresh.leakage["near_duplicates_within"] == 10
    assert any(row["shared"] for row in fresh.leakage["overlap"].values())
    assert left.leakage == fresh.leakage != whole.leakage


def test_two_erasures_follow_each_other(store: Path) -> None:
    erase(URL, store=store, reason="first")
    rows = datasets.load_dataset(str(store / "libya-news-1.0.0-erased-1"), split="train")
    second = next(row["article_id"] for row in rows if row["text"] == OTHER)
    receipt = erase(second, store=store, reason="second")
    assert [(row.before, row.after) for row in receipt.releases] == [
        ("libya-news-1.0.0-erased-1", "libya-news-1.0.0-erased-2"),
        ("libya-news-1.1.0-erased-1", "libya-news-1.1.0-erased-2"),
        ("libya-news-2.0.0", None),
    ]
    assert manifest.load(store / "libya-news-1.0.0-erased-2").counts["articles"] == 1


def test_an_erased_standoff_release_takes_its_texts_back(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    result = standoff.rehydrate(store / "libya-news-1.1.0-erased-1", [tmp_path / "in"], out=tmp_path / "out")
    assert not result.lacking
    assert datasets.load_dataset(str(result.release.path), split="train").num_rows == 2


def test_a_folder_that_is_not_there_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        erase(URL, store=tmp_path / "nope", reason="asked")


@pytest.mark.parametrize("pattern", ["articles", "articles/*"])
def test_what_a_link_leads_to_is_not_left_unsaid(store: Path, pattern: str) -> None:
    """Data on another disk is not in the store: whoever put it there is told to remove it."""
    link, away = next((store / "libya-news-1.0.0").glob(pattern)), store.parent / "away"
    link.rename(away)
    link.symlink_to(away)
    with pytest.raises(EnvironmentFaultError, match=rf"{re.escape(str(link))} is a link.*Remove that"):
        erase(URL, store=store, reason="asked")
    link.unlink()
    assert erase(URL, store=store, reason="asked").complete
    _no_trace(str(store))


def test_what_is_nowhere_cannot_be_erased(store: Path) -> None:
    with pytest.raises(DataError, match=r"No release in .* holds an article 'nothing'"):
        erase("nothing", store=store, reason="asked")
    assert not (store / ledger.FILE_NAME).exists()


def test_what_was_erased_is_told(store: Path) -> None:
    erase(URL, store=store, reason="asked")
    for name in (URL, next(row.article_id for row in ledger.load(store).erasures[0].articles)):
        with pytest.raises(DataError, match=r"holds an article .*, since erasure 1 took it\.$"):
            erase(name, store=store, reason="asked")
    for leaf, remedy in (
        ("libya-news-1.0.0", "Name libya-news-1.0.0-erased-1"),
        ("small-1.0.0", "Nothing else was in"),
    ):
        with pytest.raises(UsageError, match=f"An erasure emptied .*{leaf}. {remedy}"), opened(store / leaf):
            pass
    with pytest.raises(UsageError, match=r"'small'. It has: libya-news-1.0.0-erased-1, .*, libya-news-2.0.0.$"):
        Store(store).rollback("small")


@pytest.mark.parametrize("text", ["{", ledger.to_json(ledger.Ledger("no salt"))])
def test_a_damaged_ledger_stops_builds(store: Path, tmp_path: Path, text: str) -> None:
    (store / ledger.FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="keeps erased articles out"):
        build([tmp_path / "in"], out=store, version="3.0.0")


def test_the_command(store: Path) -> None:
    command = [sys.executable, "-m", "libya_news", "erase", URL, "--store", str(store), "--reason", "asked"]
    dry = subprocess.run([*command, "--dry-run"], capture_output=True, check=True, env={**os.environ})
    assert dry.stdout.decode().startswith("Would erase: ")
    beyond = dry.stdout.decode().partition("\nBeyond this store, and not touched:\n")[2]
    assert [line.split(":")[0].strip() for line in beyond.splitlines()] == [
        "a --cache of builds, which holds texts",
        "other stores that releases were published to",
        "the Hugging Face Hub",
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, check=True, env={**os.environ})
    assert json.loads(done.stdout)["complete"]
    again = subprocess.run(command, capture_output=True, check=False, env={**os.environ})
    assert again.returncode == 1
    assert b"holds an article" in again.stderr


# Everywhere: a folder, memory, S3.


@pytest.fixture(params=["folder", "memory", "s3"])
def anywhere(request: pytest.FixtureRequest, made: Path, tmp_path: Path) -> str:
    """The address of a store of each kind, with the same releases."""
    url = str(tmp_path / "anywhere") if request.param == "folder" else request.getfixturevalue(request.param)
    _filled(url, made)
    return str(url)


def _filled(url: str, made: Path) -> None:
    for path in ("libya-news-1.0.0", "libya-news-1.1.0", "libya-news-2.0.0", "small-1.0.0"):
        Store(url).add(made / "store" / path)


def _all_bytes(url: str) -> bytes:
    """All bytes of a store: names, and contents as they lie there and as Parquet readers see them."""
    system, root = fsspec.core.url_to_fs(url)
    system.invalidate_cache()
    found = {path: system.cat_file(path) for path in system.find(root)}
    rows = (pq.read_table(io.BytesIO(data)).to_pylist() for path, data in found.items() if path.endswith(".parquet"))
    return "\n".join([*found, *map(str, rows)]).encode() + b"".join(found.values())


TRACES = ("Zafira", "Qandil", "harbour gate", sha256_hex(GONE), URL)


def _no_trace(url: str) -> None:
    left = _all_bytes(url)
    assert not [trace for trace in TRACES if trace.encode() in left]
    for path in Store(url).folders():
        with opened(f"{url}/{path}") as release:
            assert verify(release) == []


def test_anywhere_a_dry_run_changes_nothing(anywhere: str) -> None:
    before = _all_bytes(anywhere)
    assert any(trace.encode() in before for trace in TRACES)
    receipt = erase(URL, store=anywhere, reason="asked", dry_run=True)
    assert [row.after for row in receipt.releases] == [
        "libya-news-1.0.0-erased-1",
        "libya-news-1.1.0-erased-1",
        None,
    ]
    assert _all_bytes(anywhere) == before


def test_anywhere_nothing_of_the_text_is_left(anywhere: str) -> None:
    receipt = erase(URL, store=anywhere, reason="asked")
    _no_trace(anywhere)
    store = Store(anywhere)
    assert receipt.complete
    assert store.ledger().erasures == (receipt,)
    index = store.index()
    assert {row.path: row.status for row in index.entries} == {
        "libya-news-1.0.0": "withdrawn",
        "libya-news-1.0.0-erased-1": "published",
        "libya-news-1.1.0": "withdrawn",
        "libya-news-1.1.0-erased-1": "published",
        "libya-news-2.0.0": "published",
        "small-1.0.0": "withdrawn",
    }
    assert index.erasures == 1
    digests = {row.path: row.digest for row in index.entries}
    assert [(row.digest_before, row.digest_after) for row in receipt.releases] == [
        (digests[row.before], digests[row.after] if row.after else None) for row in receipt.releases
    ]
    system, root = fsspec.core.url_to_fs(anywhere)
    for path in ("libya-news-1.0.0", "small-1.0.0"):
        assert [name.rpartition("/")[2] for name in system.find(f"{root}/{path}")] == [TOMBSTONE]


def test_anywhere_what_was_erased_does_not_come_back(anywhere: str, made: Path) -> None:
    erase(URL, store=anywhere, reason="asked")
    before = _all_bytes(anywhere)
    for path in ("libya-news-1.0.0", "small-1.0.0"):
        with pytest.raises((DataError, ReleaseExistsError)):
            Store(anywhere).add(made / "store" / path)
    with pytest.raises(DataError, match="1 articles that were erased"):
        Store(anywhere).add(_renamed(made / "store" / "small-1.0.0"))
    assert _all_bytes(anywhere) == before


def _renamed(folder: Path) -> Path:
    """The same release under another number."""
    copy = folder.parent.parent / "renamed" / "small-2.0.0"
    if not copy.exists():
        shutil.copytree(folder, copy)
        text = manifest.to_json(replace(manifest.load(folder), version="2.0.0"))
        (copy / manifest.FILE_NAME).write_text(text, encoding="utf-8")
    return copy


def test_a_form_without_an_article_takes_the_place_of_the_whole(made: Path, store: Path, memory: str) -> None:
    """What was erased here can be published there again; there, the old form is withdrawn until it is erased too."""
    _filled(memory, made)
    erase(URL, store=store, reason="asked")
    Store(memory).add(store / "libya-news-1.0.0-erased-1")
    index = Store(memory).index()
    status = {row.path: row.status for row in index.entries}
    assert (status["libya-news-1.0.0"], status["libya-news-1.0.0-erased-1"]) == ("withdrawn", "published")
    assert index.latest["libya-news"] == "2.0.0"
    receipt = erase(URL, store=memory, reason="asked")
    assert [row.before for row in receipt.releases][:2] == ["libya-news-1.0.0", "libya-news-1.1.0"]
    _no_trace(memory)


def test_what_lies_about_in_a_folder_is_emptied_too(store: Path, tmp_path: Path) -> None:
    """A part that rehydrate wrote into the store, and what a killed build left there."""
    (tmp_path / "copy.txt").write_text(GONE, encoding="utf-8")
    part = standoff.rehydrate(store / "libya-news-1.1.0", [tmp_path / "copy.txt"], out=store).release
    (store / ".libya-news-9.0.0.abcd").mkdir()
    (store / ".libya-news-9.0.0.abcd" / "x").write_text(GONE, encoding="utf-8")
    (store / ".libya-news-9.0.0.abcd.lock").touch()
    receipt = erase(URL, store=store, reason="asked")
    assert part.path.name in [row.before for row in receipt.releases]
    assert b"Zafira" not in _everything(store)


PAUSED = """
import sys
from libya_news.cli import main

def hook(event, arguments, waited=[]):
    if event == "open" and not waited and "/.libya-news-" in str(arguments[0]) and "manifest.json" in str(arguments[0]):
        waited.append(print("paused", flush=True))
        sys.stdin.readline()

sys.addaudithook(hook)
sys.exit(main())
"""
"""A command that waits, once, when all of a release is written but its manifest, and the rename is still to come."""


def _overtaken(store: Path, *command: str | Path) -> tuple[int, str]:
    """Run a command that writes into a store and erase an article while it does: its exit code, and what it says."""
    process = subprocess.Popen(
        [sys.executable, "-c", PAUSED, *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "paused\n", process.communicate()
    assert erase(URL, store=store, reason="asked").complete
    said = "".join(process.communicate("\n"))
    left = _everything(store)
    assert b"Zafira" not in left
    assert URL.encode() not in left
    return process.returncode, said


@pytest.mark.parametrize("text", ["all", "none"])
def test_a_build_that_an_erasure_overtakes_sifts_again(store: Path, tmp_path: Path, text: str) -> None:
    words = ("build", tmp_path / "in", "--out", store, "--version", "3.0.0", "--text", text)
    code, said = _overtaken(store, *words)
    assert code == 0, said
    release = manifest.load(store / "libya-news-3.0.0")
    assert (release.counts["articles"], release.counts["drops"]["erased"]) == (2, 2)
    assert verify(release) == []
    assert Store(store).index().latest["libya-news"] == "3.0.0"
    assert not list(store.glob(".*"))


def test_a_publication_that_an_erasure_overtakes_is_refused(store: Path, tmp_path: Path) -> None:
    other = build([tmp_path / "in"], out=tmp_path / "elsewhere", version="3.0.0")
    code, said = _overtaken(store, "publish", other.path, store)
    assert (code, "An erasure began in" in said, "Run it again." in said) == (3, True, True)
    assert not (store / "libya-news-3.0.0").exists()
    with pytest.raises(DataError, match="were erased from"):
        Store(store).add(other.path)


def test_texts_that_an_erasure_overtakes_are_not_put_back(store: Path, tmp_path: Path) -> None:
    bare = build([tmp_path / "in"], out=tmp_path / "elsewhere", version="3.0.0", text="none").path
    words = ("rehydrate", bare, "--texts", tmp_path / "in", "--out", store)
    code, said = _overtaken(store, *words)
    assert (code, "An erasure began in" in said) == (3, True)
    assert not (store / "libya-news-3.0.0").exists()
    with pytest.raises(DataError, match="1 articles that were erased from"):
        standoff.rehydrate(bare, [tmp_path / "in"], out=store)


def _steps(patch: pytest.MonkeyPatch, url: str, step: int) -> list[int]:
    """Make the n-th write to a store fail; what comes back counts down."""
    left = [step]

    def failing(function: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **named: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(5, "Input/output error")
            return function(*arguments, **named)

        return run

    if "://" in url:
        system, _ = fsspec.core.url_to_fs(url)
        for method in ("put_file", "pipe_file", "cp_file", "rm_file"):
            patch.setattr(system, method, failing(getattr(system, method)))
    else:
        for module, name in ((folders, "replace_text"), (shutil, "copytree"), (shutil, "rmtree"), (os, "replace")):
            patch.setattr(module, name, failing(getattr(module, name)))
        patch.setattr(Path, "unlink", failing(Path.unlink))
        patch.setattr(Path, "rename", failing(Path.rename))
    return left


def _cut_short(url: str, step: int) -> bool:
    """Whether the n-th write was reached; the erasure that it broke is completed."""
    with pytest.MonkeyPatch.context() as patch:
        left = _steps(patch, url, step)
        try:
            done = erase(URL, store=url, reason="asked").complete
        except (EnvironmentFaultError, OSError):
            done = False
    if not done:
        assert erase(URL, store=url, reason="asked").complete
    _no_trace(url)
    return left[0] <= 0


@pytest.mark.parametrize("step", range(1, 40, 3))
def test_cut_short_it_is_completed_by_running_it_again(store: Path, step: int) -> None:
    _cut_short(str(store), step)
    assert not [path for path in store.iterdir() if path.name.startswith(".")]


def test_cut_short_on_an_object_store_it_is_completed_too(made: Path, memory: str) -> None:
    step, reached = 1, True
    while reached:
        _filled(memory, made)
        reached = _cut_short(memory, step)
        fsspec.filesystem("memory").rm("/releases", recursive=True)
        step += 9
    assert step > 50


def test_an_erasure_that_was_cut_short_comes_first(store: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libya_news.release.erase.without", _no_space)
        with pytest.raises(EnvironmentFaultError, match="No space left"):
            erase(URL, store=store, reason="first")
    other = next(a.id for a in _articles(store / "libya-news-2.0.0"))
    with pytest.raises(UsageError, match=r"Erasure 1, of .*, was cut short\. Complete it first: erase"):
        erase(other, store=store, reason="second")
    assert erase(URL, store=store, reason="first").complete
    assert erase(other, store=store, reason="second").number == 2


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _articles(folder: Path) -> list[Article]:
    return list(articles(table(manifest.load(folder), "articles", "train")))
