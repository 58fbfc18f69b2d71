"""Stores without renames, in memory and on an S3 server: who wins, what is seen, and what a dead publisher leaves."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from libya_news import Release, build
from libya_news.errors import DataError, EnvironmentFaultError, LibyaNewsError, ReleaseExistsError, UsageError
from libya_news.records import sha256_hex
from libya_news.release import index as index_
from libya_news.release import manifest
from libya_news.release.diff import diff
from libya_news.release.objects import STAGED, Objects
from libya_news.release.standoff import rehydrate
from libya_news.release.store import Store, opened
from libya_news.release.verify import verify

TEXTS = ("Alpha talks end in Moscow.", "Bravo troops leave Sirte.", "Ceasefire holds.", "Delegates meet.")


def _build(folder: Path, texts: int, version: str = "1.0.0") -> Release:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"text": text, "url": f"http://example.org/{text[:5]}"} for text in TEXTS[:texts]]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return build([folder / "news.jsonl"], out=folder / f"releases-{version}-{texts}", version=version)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Release]:
    """Two versions, the second with one more article; one of the same number as the first; and two that come next."""
    folder = tmp_path_factory.mktemp("objects")
    return {
        "1.0.0": _build(folder, 2),
        "other 1.0.0": _build(folder, 1),
        "1.1.0": _build(folder, 3, "1.1.0"),
        "1.2.0": _build(folder, 4, "1.2.0"),
    }


def _system(url: str) -> tuple[Any, str]:
    system, root = fsspec.core.url_to_fs(url)
    system.invalidate_cache()
    return system, root


def _files(url: str) -> dict[str, bytes]:
    system, root = _system(url)
    return {path.removeprefix(f"{root}/"): system.cat_file(path) for path in system.find(root)}


def _tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _whole(url: str, release: Release) -> None:
    with opened(f"{url}/{release.leaf}") as found:
        assert _tree(found.path) == _tree(release.path)
        assert verify(found) == []


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, int], pytest.MonkeyPatch]]:
    """What makes the n-th call of a file system's method fail, as a network does."""
    with monkeypatch.context() as patch:

        def broken(url: str, method: str, call: int) -> pytest.MonkeyPatch:
            system, _ = _system(url)
            whole, left = getattr(system, method), [call]

            def breaks(*arguments: object, **named: object) -> object:
                left[0] -= 1
                if not left[0]:
                    raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
                return whole(*arguments, **named)

            patch.setattr(system, method, breaks)
            return patch

        yield broken


# What is there.


def test_releases_come_and_are_listed(made: dict[str, Release], objects: str) -> None:
    store = Store(objects)
    assert store.index() == index_.Index()
    for version in ("1.0.0", "1.1.0"):
        assert store.add(made[version].path).path == f"libya-news-{version}"
        _whole(objects, made[version])
    assert [(row.path, row.status) for row in store.index().entries] == [
        ("libya-news-1.0.0", "published"),
        ("libya-news-1.1.0", "published"),
    ]
    written = {f"{made[v].leaf}/{name}": data for v in ("1.0.0", "1.1.0") for name, data in _tree(made[v].path).items()}
    found = _files(objects)
    assert json.loads(found.pop("index.json"))["latest"] == {"libya-news": "1.1.0"}
    assert found == written
    with opened(f"{objects}/libya-news-1.0.0") as old, opened(f"{objects}/libya-news") as new:
        assert diff(old, new).articles["added"] == 1
    store.rollback("libya-news-1.0.0")
    with opened(f"{objects}/libya-news") as release:
        assert release.version == "1.0.0"


def test_the_same_again_changes_nothing(made: dict[str, Release], objects: str) -> None:
    entry, before = Store(objects).add(made["1.0.0"].path), _files(objects)
    assert Store(objects).add(made["1.0.0"].path) == entry
    assert _files(objects) == before


def test_two_who_publish_the_same_both_succeed(
    made: dict[str, Release], s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes second changes nothing, ``latest`` least of all."""
    for version in ("1.0.0", "1.1.0"):
        Store(s3).add(made[version].path)
    Store(s3).rollback("libya-news-1.0.0")
    before = _files(s3)
    with monkeypatch.context() as patch:
        patch.setattr(index_.Index, "at", _once_blind(index_.Index.at))
        Store(s3).add(made["1.1.0"].path)
    assert _files(s3) == before


def _once_blind(at: Callable[..., Any]) -> Callable[..., Any]:
    """As if the other publisher had not been there yet when the index was first read."""
    blind = [True]

    def look(index: index_.Index, path: str) -> index_.Entry | None:
        seen: index_.Entry | None = None if blind.pop() else at(index, path)
        blind.append(False)
        return seen

    return look


def test_another_of_the_same_version_is_refused(made: dict[str, Release], objects: str) -> None:
    Store(objects).add(made["1.0.0"].path)
    before = _files(objects)
    with pytest.raises(ReleaseExistsError, match="is there, and is another release"):
        Store(objects).add(made["other 1.0.0"].path)
    assert _files(objects) == before


def test_a_manifest_that_was_changed_is_noticed(made: dict[str, Release], objects: str) -> None:
    Store(objects).add(made["1.0.0"].path)
    system, root = _system(objects)
    system.pipe_file(f"{root}/libya-news-1.0.0/manifest.json", b"{}")
    with pytest.raises(DataError, match="not what was published"), opened(f"{objects}/libya-news-1.0.0"):
        pass


ENTRY = {"path": "a-1", "name": "a", "version": "one", "created_at": "", "digest": ""}
NO_VERSION = {"format": "libya_news/index", "format_version": 1, "latest": {}, "releases": [ENTRY]}


@pytest.mark.parametrize("text", ["{}", "[]", json.dumps(NO_VERSION)])
def test_a_damaged_index_is_restored_where_nothing_else_names_releases(objects: str, tmp_path: Path, text: str) -> None:
    for place, remedy in ((objects, "Restore it as it was"), (str(tmp_path), "Remove it: it is made anew")):
        with fsspec.open(f"{place}/index.json", "wb", auto_mkdir=True) as stream:
            stream.write(text.encode())
        with pytest.raises(DataError, match=remedy):
            Store(place).index()


def test_a_part_of_a_release_is_not_published(objects: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "news.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in TEXTS), encoding="utf-8")
    bare = build([tmp_path / "in"], out=tmp_path / "bare", text="none")
    (tmp_path / "copy.txt").write_text(TEXTS[0], encoding="utf-8")
    part = rehydrate(bare.path, [tmp_path / "copy.txt"], out=tmp_path / "out").release
    with pytest.raises(UsageError, match="is a part of a release"):
        Store(objects).add(part.path)


# Who wins.


def _together(patch: pytest.MonkeyPatch) -> None:
    """Both publishers have read the index before the first one writes it."""
    barrier, first, swapped = threading.Barrier(2), threading.local(), Objects._swapped  # noqa: SLF001

    def waits(*arguments: Any) -> bool:
        if not hasattr(first, "done"):
            first.done = True
            barrier.wait(timeout=60)
        return swapped(*arguments)

    patch.setattr(Objects, "_swapped", waits)


def _published(url: str, releases: list[Release]) -> list[str]:
    def publish(release: Release) -> str:
        try:
            return Store(url).add(release.path).digest
        except LibyaNewsError as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(releases)) as pool:
        return list(pool.map(publish, releases))


def test_of_two_publishers_of_one_version_one_wins(
    made: dict[str, Release], objects: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [made["1.0.0"], made["other 1.0.0"]]
    _together(monkeypatch)
    ends = _published(objects, both)
    assert sorted(end == "ReleaseExistsError" for end in ends) == [False, True]
    winner = both[ends.index("ReleaseExistsError") - 1]
    assert [row.digest for row in Store(objects).index().entries] == [sha256_hex(manifest.data(winner))]
    assert {path.partition("/")[0] for path in _files(objects)} == {"index.json", winner.leaf}
    _whole(objects, winner)


def test_without_the_precondition_the_race_would_be_lost(
    made: dict[str, Release], objects: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above can fail: where each write of the index succeeds, both publishers are told that they won."""
    barrier = threading.Barrier(2)

    def swapped(self: Objects, name: str, data: bytes, *_: object) -> bool:
        barrier.wait(timeout=60)
        self._fs.pipe_file(self._path(name), data)
        return True

    monkeypatch.setattr(Objects, "_swapped", swapped)
    ends = _published(objects, [made["1.0.0"], made["other 1.0.0"]])
    assert "ReleaseExistsError" not in ends


def test_publishers_of_two_versions_both_get_in(
    made: dict[str, Release], s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in memory: there, two who read one file move each other's place in it."""
    Store(s3).add(made["1.0.0"].path)
    _together(monkeypatch)
    ends = _published(s3, [made["1.1.0"], made["1.2.0"]])
    assert ends == [sha256_hex(manifest.data(made[version])) for version in ("1.1.0", "1.2.0")]
    index = Store(s3).index()
    assert [row.version for row in index.entries] == ["1.0.0", "1.1.0", "1.2.0"]
    assert index.latest == {"libya-news": "1.2.0"}
    for version in ("1.1.0", "1.2.0"):
        _whole(s3, made[version])


def test_many_writers_of_the_index_lose_nothing(objects: str) -> None:
    store = Store(objects)
    rows = [index_.Entry(f"x-1.0.{n}", "x", f"1.0.{n}", "", str(n)) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda row: store.update(lambda found: found.with_entry(row)), rows))
    assert store.index().entries == tuple(rows)


# Who dies.


def test_a_publisher_that_died_is_not_seen_and_blocks_nobody(
    made: dict[str, Release], objects: str, breaking: Callable[[str, str, int], pytest.MonkeyPatch]
) -> None:
    patch = breaking(objects, "put_file", 5)
    with pytest.raises(EnvironmentFaultError, match="Broken pipe"):
        Store(objects).add(made["other 1.0.0"].path)
    patch.undo()
    assert Store(objects).index() == index_.Index()
    assert all(path.startswith(f"{STAGED}/") for path in _files(objects))
    Store(objects).add(made["1.0.0"].path)
    _whole(objects, made["1.0.0"])


def test_an_upload_goes_on_where_it_broke_off(
    made: dict[str, Release], objects: str, breaking: Callable[[str, str, int], pytest.MonkeyPatch]
) -> None:
    patch = breaking(objects, "put_file", 5)
    with pytest.raises(EnvironmentFaultError, match="Broken pipe"):
        Store(objects).add(made["1.0.0"].path)
    patch.undo()
    total = len(_tree(made["1.0.0"].path))
    left = breaking(objects, "put_file", total - 4 + 1)  # one more than what is left to send
    Store(objects).add(made["1.0.0"].path)
    left.undo()
    _whole(objects, made["1.0.0"])


@pytest.mark.parametrize("call", [1, 4])
def test_published_before_it_is_moved_to_its_place(
    made: dict[str, Release], objects: str, call: int, breaking: Callable[[str, str, int], pytest.MonkeyPatch]
) -> None:
    patch = breaking(objects, "cp_file", call)
    with pytest.raises(EnvironmentFaultError, match="Broken pipe"):
        Store(objects).add(made["1.0.0"].path)
    patch.undo()
    _whole(objects, made["1.0.0"])
    with pytest.raises(ReleaseExistsError):
        Store(objects).add(made["other 1.0.0"].path)
    Store(objects).add(made["1.0.0"].path)
    assert not [path for path in _files(objects) if path.startswith(STAGED)]
    _whole(objects, made["1.0.0"])


def test_who_publishes_while_an_erasure_begins_is_stopped(
    made: dict[str, Release], objects: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence: what was on its way may hold what is erased."""
    place = Objects.place

    def late(self: Objects, *arguments: Any) -> None:
        Store(objects).update(lambda index: replace(index, erasures=1))
        place(self, *arguments)

    monkeypatch.setattr(Objects, "place", late)
    with pytest.raises(EnvironmentFaultError, match="An erasure began"):
        Store(objects).add(made["1.0.0"].path)
    assert not Store(objects).index().entries
    assert list(_files(objects)) == ["index.json"]


def test_an_erasure_sweeps_what_was_on_its_way_before_it_and_nothing_else(
    made: dict[str, Release], objects: str, breaking: Callable[[str, str, int], pytest.MonkeyPatch]
) -> None:
    for erasures, version in ((0, "1.0.0"), (1, "1.1.0")):
        Store(objects).update(lambda index, number=erasures: replace(index, erasures=number))  # type: ignore[misc]
        patch = breaking(objects, "put_file", 5)
        with pytest.raises(EnvironmentFaultError, match="Broken pipe"):
            Store(objects).add(made[version].path)
        patch.undo()
    Store(objects).sweep(1)
    assert {path.split("/")[1] for path in _files(objects) if path.startswith(STAGED)} == {"1"}


# What stands in the way.


def test_a_bucket_is_not_made(made: dict[str, Release], s3: str) -> None:
    with pytest.raises(EnvironmentFaultError, match="bucket does not exist"):
        Store("s3://nowhere/x").add(made["1.0.0"].path)
    assert s3
    assert not fsspec.filesystem("s3").exists("nowhere")


def test_without_credentials_the_error_is_clear(s3_environment: dict[str, str], made: dict[str, Release]) -> None:
    known = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    settings = {key: value for key, value in s3_environment.items() if "KEY" not in key}
    command = [
        sys.executable,
        "-m",
        "libya_news",
        "publish",
        str(made["1.0.0"].path),
        "s3://bucket/x",
        "--text",
        "none",
    ]
    environment = {**known, **settings, "AWS_EC2_METADATA_DISABLED": "true"}
    failed = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)
    assert failed.returncode == 3, failed.stderr
    assert "Unable to locate credentials" in failed.stderr
    assert "Traceback" not in failed.stderr
