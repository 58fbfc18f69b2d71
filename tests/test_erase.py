"""Erasure: afterwards no byte of the text is anywhere in the store, and nothing serves the old rows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from libya_news import build
from libya_news.errors import DataError, EmptyReleaseError, EnvironmentFaultError, ReleaseExistsError
from libya_news.records import Release, sha256_hex
from libya_news.release import erase as erase_
from libya_news.release import ledger, manifest, standoff
from libya_news.release.erase import erase

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


def _article_id(store: Path) -> str:
    rows = datasets.load_dataset(str(store / "libya-news-1.0.0"), split="train")
    return next(str(row["article_id"]) for row in rows if row["text"] == GONE)


def _everything(store: Path) -> bytes:
    """All bytes of a store: names, and contents as they lie there and as Parquet readers see them."""
    names = "\n".join(path.name for path in store.rglob("*")).encode()
    rows = "".join(str(table) for table in _rows(store)).encode()
    return names + rows + b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def _rows(store: Path) -> list[object]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    return [pq.read_table(path, partitioning=None).to_pylist() for path in sorted(store.rglob("*.parquet"))]


def _whole(release: Release) -> bool:
    """Whether every file is there with its hash, and no other."""
    listed = {row.path: row.sha256 for row in release.files} | {row.path: row.sha256 for row in release.documents}
    there = {p.relative_to(release.path).as_posix(): p for p in release.path.rglob("*") if p.is_file()}
    return set(there) == {*listed, manifest.FILE_NAME} and all(
        sha256_hex(there[path].read_bytes()) == digest for path, digest in listed.items()
    )


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
    assert [release.path.name for release in erase_.releases(store)] == [
        "libya-news-1.0.0-erased-1",
        "libya-news-1.1.0-erased-1",
        "libya-news-2.0.0",
    ]


def test_what_is_left_is_whole(store: Path) -> None:
    receipt = erase(URL, store=store, reason="asked")
    for release in erase_.releases(store):
        assert _whole(release)
        assert release.leaf == release.path.name
    release = manifest.load(store / "libya-news-1.0.0-erased-1")
    assert release.counts["articles"] == 2
    assert {stone.article_id for stone in release.erased} == {row.article_id for row in receipt.articles}
    rows = datasets.load_dataset(str(release.path), split="train")
    assert rows.num_rows == 2
    assert OTHER in rows["text"][:]
    segments = datasets.load_dataset(str(release.path), "segments", split="train")
    assert set(segments["article_id"]) == set(rows["article_id"])
    assert receipt.releases[0].digest_after == sha256_hex((release.path / "manifest.json").read_bytes())
    assert ledger.load(store).erasures == (receipt,)


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
    assert release.counts["drops"] == {"duplicate": 1, "erased": 1}
    (tmp_path / "again.jsonl").write_text(
        json.dumps({"text": "Another text, same address.", "url": URL}), encoding="utf-8"
    )
    with pytest.raises(EmptyReleaseError, match="1 erased"):
        build([tmp_path / "again.jsonl"], out=store, version="3.0.1")
    assert build([tmp_path / "in"], out=tmp_path / "elsewhere").counts["articles"] == 3


def test_the_place_of_an_erased_version_stays_taken(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    for keep in (False, True):
        with pytest.raises(ReleaseExistsError, match="never touched again"):
            build([tmp_path / "in"], out=store, version="1.0.0", keep_unchanged=keep)


def test_similar_articles_are_listed(store: Path, tmp_path: Path) -> None:
    (tmp_path / "repost.txt").write_text(REPOST, encoding="utf-8")
    repost = build([tmp_path / "repost.txt"], out=store, name="repost")
    receipt = erase(URL, store=store, reason="asked")
    assert [near.release for near in receipt.near_duplicates] == [repost.path.name]
    assert 0.5 < receipt.near_duplicates[0].similarity < 1


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


@pytest.mark.parametrize("step", range(1, 9))
def test_cut_short_it_is_completed_by_running_it_again(store: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter(range(1, 1_000))

    def failing(function: object) -> object:
        def run(*arguments: object, **named: object) -> object:
            if next(steps) == step:
                raise OSError(5, "Input/output error")
            return function(*arguments, **named)  # type: ignore[operator]

        return run

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", failing(shutil.rmtree))
        patch.setattr(erase_, "_digest", failing(erase_._digest))  # noqa: SLF001 - a point to stop at
        patch.setattr(ledger, "save", failing(ledger.save))
        try:
            done = erase(URL, store=store, reason="asked").complete
        except (EnvironmentFaultError, OSError):
            done = False
    receipt = None if done else erase(URL, store=store, reason="asked")
    assert receipt is None or receipt.complete
    assert b"Zafira" not in _everything(store)
    assert all(_whole(release) for release in erase_.releases(store))
    assert not [path for path in store.iterdir() if path.name.startswith(".")]


def test_an_erased_standoff_release_takes_its_texts_back(store: Path, tmp_path: Path) -> None:
    erase(URL, store=store, reason="asked")
    result = standoff.rehydrate(store / "libya-news-1.1.0-erased-1", [tmp_path / "in"], out=tmp_path / "out")
    assert not result.lacking
    assert datasets.load_dataset(str(result.release.path), split="train").num_rows == 2


def test_what_is_nowhere_cannot_be_erased(store: Path) -> None:
    with pytest.raises(DataError, match=r"No release holds an article 'nothing'"):
        erase("nothing", store=store, reason="asked")
    assert not (store / ledger.FILE_NAME).exists()


def test_a_damaged_ledger_stops_builds(store: Path, tmp_path: Path) -> None:
    (store / ledger.FILE_NAME).write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="keeps erased articles out"):
        build([tmp_path / "in"], out=store, version="3.0.0")


def test_the_command(store: Path) -> None:
    command = [sys.executable, "-m", "libya_news", "erase", URL, "--store", str(store), "--reason", "asked"]
    dry = subprocess.run([*command, "--dry-run"], capture_output=True, check=True, env={**os.environ})
    assert dry.stdout.decode().startswith("Would erase: ")
    done = subprocess.run([*command, "--json"], capture_output=True, check=True, env={**os.environ})
    assert json.loads(done.stdout)["complete"]
    again = subprocess.run(command, capture_output=True, check=False, env={**os.environ})
    assert again.returncode == 1
    assert b"No release holds" in again.stderr
