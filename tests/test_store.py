"""Versions in a store: what it lists, who wins, what changed, what is wrong, and what survives a crash."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from libya_news import Release, build
from libya_news.errors import (
    DataError,
    EnvironmentFaultError,
    LibyaNewsError,
    ReleaseExistsError,
    UsageError,
    VersionError,
)
from libya_news.labels import KIND_NAMES, LABELS
from libya_news.outputs import parquet
from libya_news.pipeline import STEPS, Progress
from libya_news.records import Drop, RawArticle, sha256_hex
from libya_news.release import manifest, reading, schema, sidebyside, staging, versioning
from libya_news.release.diff import diff
from libya_news.release.rebuild import rebuild
from libya_news.release.shards import write
from libya_news.release.store import Store, opened, rolled_back
from libya_news.release.verify import verify
from libya_news.sources import Meter, SourceFile, read_file

EPOCH = "1579000000"


def _stories(folder: Path, *texts: str) -> Path:
    """One JSON lines file; the address keeps an article's id apart from where it stands."""
    folder.mkdir(exist_ok=True)
    rows = [{"text": text, "url": f"http://example.org/{text[:5]}"} for text in texts]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions: the second adds an article."""
    folder = tmp_path_factory.mktemp("store")
    _stories(folder / "in", "Alpha talks end in Moscow.", "Bravo troops leave Sirte.")
    build([folder / "in"], out=folder / "releases")
    _stories(folder / "in", "Alpha talks end in Moscow.", "Bravo troops leave Sirte.", "Ceasefire holds.")
    build([folder / "in"], out=folder / "releases", version="1.1.0")
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_index_lists_versions_and_digests(place: Path) -> None:
    index = Store(place / "releases").index()
    assert [(row.path, row.status) for row in index.entries] == [
        ("libya-news-1.0.0", "published"),
        ("libya-news-1.1.0", "published"),
    ]
    assert index.latest == {"libya-news": "1.1.0"}
    written = (place / "releases" / "libya-news-1.1.0" / "manifest.json").read_bytes()
    assert index.find("libya-news").digest == sha256_hex(written)


def test_rollback_moves_latest_and_deletes_nothing(place: Path) -> None:
    store = Store(place / "releases")
    assert store.rollback("libya-news-1.0.0").latest == {"libya-news": "1.0.0"}
    assert Store(place / "releases").index().find("libya-news").version == "1.0.0"
    assert (place / "releases" / "libya-news-1.1.0" / "manifest.json").exists()
    with pytest.raises(UsageError, match=r"no release.*It has: libya-news-1\.0\.0"):
        store.rollback("libya-news-3.0.0")


def test_a_rollback_by_address(place: Path) -> None:
    store = place / "releases"
    assert rolled_back(store / "libya-news-1.0.0")[1] == rolled_back(store / "libya-news")[1] == "libya-news-1.0.0"
    for address in (store, f"{store}/"):
        with pytest.raises(UsageError, match=r"releases is a store\. Name one of its releases: .*libya-news-1\.0\.0, "):
            rolled_back(address)
    with pytest.raises(UsageError, match=r"no release 'libya-news-3\.0\.0'\. It has: libya-news-1\.0\.0, "):
        rolled_back(store / "libya-news-3.0.0")
    with pytest.raises(UsageError, match=r"no release 'in', nor any other beside it\. Name STORE/NAME-X\.Y\.Z, or "):
        rolled_back(place / "in")
    with pytest.raises(UsageError, match="There is no folder"):
        rolled_back(place / "nowhere" / "libya-news-1.0.0")
    assert not (place / "nowhere").exists()


def test_what_is_withdrawn_is_not_the_latest(place: Path) -> None:
    store = Store(place / "releases")
    assert store.withdraw("libya-news-1.1.0").latest == {"libya-news": "1.0.0"}
    with pytest.raises(UsageError, match="withdrawn"):
        store.rollback("libya-news-1.1.0")


def test_a_store_is_not_taken_for_a_release(place: Path) -> None:
    there = place / "releases"
    paths = f"{there}/libya-news-1.0.0, {there}/libya-news-1.1.0"
    for name in ("releases", "releases/"):
        with pytest.raises(UsageError) as raised, opened(f"{place}/{name}"):
            pass
        assert str(raised.value) == f"{there} is a store. Name one of its releases: {paths}."
    with pytest.raises(UsageError, match="has no release 'nothing'"), opened(there / "nothing"):
        pass


def test_a_folder_that_is_not_there_is_no_empty_store(place: Path) -> None:
    (place / "empty").mkdir()
    for name, code, said in (
        ("nope", 2, f"error: There is no folder {str(place / 'nope')!r}. "),
        ("empty", 0, "There is no release in"),
    ):
        command = [sys.executable, "-m", "libya_news", "list", str(place / name)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        assert (done.returncode, (done.stdout + done.stderr).startswith(said)) == (code, True)


def test_a_path_is_no_url_whatever_is_in_it(place: Path) -> None:
    """Its index lies beside its releases."""
    build([place / "in"], out=place / "a::b")
    assert {path.name for path in (place / "a::b").iterdir()} == {"libya-news-1.0.0", "index.json"}
    assert Store(place / "a::b").index().latest == {"libya-news": "1.0.0"}


def test_a_list_shows_whole_names(place: Path) -> None:
    name = "the-papers-of-three-cities"
    build([place / "in"], out=place / "long", name=name)
    command = [sys.executable, "-m", "libya_news", "list", str(place / "long")]
    shown = subprocess.run(command, capture_output=True, check=True, text=True, env={**os.environ, "COLUMNS": "80"})
    assert f" {name}-1.0.0 (latest) " in shown.stdout


def test_an_index_that_was_lost_is_made_anew(place: Path) -> None:
    before = Store(place / "releases").index()
    (place / "releases" / "index.json").unlink()
    assert Store(place / "releases").index() == before


def test_versions_follow_from_what_changed(place: Path) -> None:
    store, sources = place / "releases", place / "in"
    with pytest.raises(VersionError, match=r"too small: since 1\.1\.0, the rows are the same.*--version 1\.1\.1"):
        build([sources], out=store, version="0.9.0")
    _stories(sources, "Alpha talks end in Moscow.", "Bravo troops leave Sirte.", "Ceasefire holds.", "Delegates meet.")
    with pytest.raises(VersionError, match=r"1 articles added.*MINOR.*--version 1\.2\.0"):
        build([sources], out=store, version="1.1.1")
    _stories(sources, "Alpha talks end in Moscow.")
    with pytest.raises(VersionError, match=r"2 articles removed.*MAJOR.*--version 2\.0\.0"):
        build([sources], out=store, version="1.2.0")
    assert sorted(path.name for path in store.iterdir()) == ["index.json", "libya-news-1.0.0", "libya-news-1.1.0"]


def test_the_changelog_of_a_release(place: Path) -> None:
    text = (place / "releases" / "libya-news-1.1.0" / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text == "## 1.1.0\n\nMINOR change since 1.0.0.\n\n- Articles, added: 1.\n"


def _edited(place: Path, change: str) -> tuple[Release, Release]:
    """A release, and one in which one thing of one article is another."""
    old = manifest.load(place / "releases" / "libya-news-1.1.0")
    copy = place / "copy" / old.path.name
    shutil.copytree(old.path, copy)
    file = next(file for file in old.files if file.config == "articles")
    rows = pq.read_table(copy / file.path, partitioning=None)
    data = rows.to_pylist()
    if change == "labels":
        data[0]["segments"][0] |= {"label": 1, "kind": KIND_NAMES.index("credit")}
    elif change == "text":
        data[0]["text"] += " More."
    else:
        data[0]["publisher"] = "Somebody"
    (copy / file.path).unlink()
    write(pa.Table.from_pylist(data, schema=rows.schema), copy / file.path, "articles")
    return old, replace(old, path=copy)


def test_a_diff_has_a_matrix_of_labels(place: Path) -> None:
    old, new = _edited(place, "labels")
    before = LABELS[reading.table(old, "articles", "train")["segments"][0].as_py()[0]["label"]]
    found = diff(old, new)
    assert (found.articles["same"], found.articles["changed"], found.articles["labels"]) == (2, 1, 1)
    assert found.labels == {before: {"caption": 1}}
    assert versioning.level(found) == "MAJOR"


def test_a_diff_tells_text_from_other_columns(place: Path) -> None:
    old, new = _edited(place, "text")
    found = diff(old, new)
    assert (found.articles["text"], found.articles["other"], found.columns) == (1, 0, {})
    page = sidebyside.page(old, new, found)
    assert page.count("<h2>") == 1
    assert "http-equiv" not in page


def test_a_diff_names_other_columns(place: Path) -> None:
    assert diff(*_edited(place, "publisher")).columns == {"publisher": 1}


@pytest.mark.parametrize("change", ["labels", "text", "publisher"])
def test_verify_sees_what_was_changed(place: Path, change: str) -> None:
    faults = verify(_edited(place, change)[1])
    assert any("SHA-256" in fault for fault in faults)
    assert any("content" in fault for fault in faults)
    assert change == "publisher" or any("segment 0" in fault or "its SHA-256" in fault for fault in faults)


def test_verify_sees_missing_and_foreign_files(place: Path) -> None:
    release = manifest.load(place / "releases" / "libya-news-1.0.0")
    assert verify(release) == []
    (release.path / release.files[1].path).unlink()
    (release.path / "notes.txt").touch()
    (release.path / "elsewhere").symlink_to(place)
    faults = verify(release)
    assert f"{release.files[1].path}: the file is missing" in faults
    assert "notes.txt: the manifest does not know this file" in faults
    assert "elsewhere: the manifest does not know this file" in faults


def test_a_manifest_that_the_index_does_not_know_is_told(place: Path) -> None:
    """By the name of its folder too; a copy elsewhere has no index to be held against."""
    folder = place / "releases" / "libya-news-1.1.0"
    _in_manifest(folder, '"datasets": "', '"datasets": "9.')
    with pytest.raises(DataError, match="not the one that was published"), opened(folder):
        pass
    shutil.copytree(folder, place / "a-copy")
    (place / "index.json").write_text("{}", encoding="utf-8")
    with opened(place / "a-copy") as copy:
        assert copy.environment["datasets"].startswith("9.")


def test_verify_says_that_a_copy_has_no_index(place: Path) -> None:
    """Also where it lies under the same name, as the only one; and gives what to hold against one."""
    folder = place / "releases" / "libya-news-1.1.0"
    shutil.copytree(folder, place / "elsewhere" / folder.name)
    digest = Store(place / "releases").index().find("libya-news").digest
    for path, is_known in (
        (folder, True),
        (folder.with_name("libya-news"), True),
        (place / "elsewhere" / folder.name, False),
    ):
        command = [sys.executable, "-m", "libya_news", "verify", str(path)]
        shown = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        assert ("No index names it here" in shown, digest in shown) == (not is_known, not is_known)
        told = json.loads(subprocess.run([*command, "--json"], capture_output=True, check=True, text=True).stdout)
        assert told == {"release": str(path), "digest": digest, "in_index": is_known, "faults": []}


def test_damaged_offsets_end_no_process(place: Path) -> None:
    """Of an Arrow file, whose bytes are not checked as they are read."""
    release = build([place / "in"], out=place / "arrow", format="arrow")
    file = release.path / release.files[0].path
    offsets = (0).to_bytes(4, "little") + (20).to_bytes(4, "little") + (40).to_bytes(4, "little")
    data = file.read_bytes()
    assert offsets in data
    file.write_bytes(data.replace(offsets, offsets[:4] + b"\x00\x00\x00\x70" + offsets[8:], 1))
    command = [sys.executable, "-m", "libya_news", "verify", str(release.path)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, "cannot be read" in done.stdout) == (1, True)


def test_a_manifest_that_lacks_something_says_what(place: Path) -> None:
    folder = place / "releases" / "libya-news-1.1.0"
    _in_manifest(folder, '"rights_holders"', '"rights holders"')
    with pytest.raises(
        DataError, match=r"manifest\.json: .*required field `rights_holders` - at `\$\.counts`.*get it anew"
    ):
        manifest.load(folder)


def _in_manifest(folder: Path, old: str, new: str) -> None:
    path = folder / manifest.FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_arrow_and_parquet_load_to_equal_tables(place: Path) -> None:
    files = {name: build([place / "in"], out=place / name, format=name) for name in ("parquet", "arrow")}
    assert files["arrow"].files[0].path.endswith(".arrow")
    assert verify(files["arrow"]) == []
    assert [f.content_sha256 for f in files["arrow"].files] == [f.content_sha256 for f in files["parquet"].files]
    for config in schema.CONFIGS:
        loaded = [datasets.load_dataset(str(row.path), config, split="train") for row in files.values()]
        assert loaded[0].data.table == loaded[1].data.table
        assert loaded[0].features == loaded[1].features
    assert versioning.level(diff(files["parquet"], files["arrow"])) == "PATCH"


def test_rebuild_tells_how_far_it_is(place: Path) -> None:
    told: list[Progress] = []
    release = manifest.load(place / "releases" / "libya-news-1.1.0")
    assert rebuild(release, sources=[place], on_progress=told.append).identical
    assert [one.step for one in told][-2:] == list(STEPS[1:])
    assert told[-1].articles == release.counts["articles"]


def test_rebuild_says_where_the_names_of_inputs_begin(place: Path) -> None:
    release = manifest.load(place / "releases" / "libya-news-1.0.0")
    said = r"first is in/news\.jsonl\. Give the folder that holds 'in': --from FOLDER\."
    with pytest.raises(DataError, match=said):
        rebuild(release, sources=[place / "in"])


def test_rebuild_says_which_input_changed(place: Path) -> None:
    release = manifest.load(place / "releases" / "libya-news-1.1.0")
    assert rebuild(release, sources=[place]).identical
    _stories(place / "in", "Alpha talks end in Moscow.")
    result = rebuild(release, sources=[place])
    assert "manifest.json" in result.differing
    assert result.causes == ("input in/news.jsonl changed",)
    old = replace(release, environment={**release.environment, "pyarrow": "1.0"})
    assert any("library version: pyarrow was 1.0" in cause for cause in rebuild(old, sources=[place]).causes)
    with pytest.raises(LibyaNewsError, match=r"in/news\.jsonl.*--from"):
        rebuild(release, sources=[place / "releases"])


def _build_elsewhere(place: Path, out: str, workers: int, **environment: str) -> None:
    code = (
        "import sys; from libya_news import build\n"
        "if __name__ == '__main__':\n"
        "    build(sys.argv[3:], out=sys.argv[1], workers=int(sys.argv[2]))"
    )
    script = place / "script.py"
    script.write_text(code, encoding="utf-8")
    inputs = [str(place / "in" / name) for name in ("a.txt", "news.jsonl")]
    subprocess.run(
        [sys.executable, str(script), str(place / out), str(workers), *inputs[:: 1 if workers == 1 else -1]],
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **environment},
        check=True,
    )


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_processes_write_the_same_bytes(place: Path) -> None:
    (place / "in" / "a.txt").write_text("Elections are put off.", encoding="utf-8")
    _build_elsewhere(place, "one", 1, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", OPENBLAS_CORETYPE="Haswell")
    _build_elsewhere(
        place, "two", 2, PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C.UTF-8", OPENBLAS_CORETYPE="Nehalem"
    )
    assert _bytes(place / "one") == _bytes(place / "two")


DAMAGE = (
    "UPDATE batches SET data = substr(data, 1, 300) || x'00' || substr(data, 302)",
    "UPDATE batches SET data = substr(data, 1, 300)",
    "UPDATE articles SET row = 1 - row WHERE row < 2",
    "UPDATE articles SET row = -1",
    "UPDATE articles SET batch = batch + 1",
    "UPDATE files SET data = substr(data, 33)",
    "DELETE FROM articles",
    "DELETE FROM batches",
    "DELETE FROM files",
)


def test_a_cache_gives_the_same_bytes_and_damage_is_noticed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    cache = place / "cache"
    plain = _bytes(build([place / "in"], out=place / "plain").path)
    assert plain == _bytes(build([place / "in"], out=place / "a", cache=cache).path)
    with monkeypatch.context() as patch:
        patch.setattr("libya_news.release.work.process_all", lambda raws: [] if not raws else pytest.fail("again"))
        assert plain == _bytes(build([place / "in"], out=place / "b", cache=cache).path)
    import sqlite3  # noqa: PLC0415

    for number, damage in enumerate(DAMAGE):
        with sqlite3.connect(cache / "results.sqlite") as base:
            assert base.execute(damage).rowcount > 0
        base.close()
        assert plain == _bytes(build([place / "in"], out=place / f"c{number}", cache=cache).path)
    (cache / "results.sqlite").write_bytes(b"no database" * 1_000)
    assert plain == _bytes(build([place / "in"], out=place / "d", cache=cache).path)
    shutil.rmtree(cache)
    assert plain == _bytes(build([place / "in"], out=place / "e", cache=cache).path)


def test_a_file_that_changes_while_it_is_read_is_not_remembered(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    story = min(path for path in (place / "in").rglob("*") if path.is_file())
    before = story.read_bytes()
    plain = _bytes(build([place / "in"], out=place / "plain").path)

    def changing(file: SourceFile, meter: Meter) -> Iterator[RawArticle | Drop]:
        story.write_bytes(before + b" More.")
        return read_file(file, meter)

    with monkeypatch.context() as patch:
        patch.setattr("libya_news.release.cache.read_file", changing)
        assert plain != _bytes(build([place / "in"], out=place / "a", cache=place / "cache").path)
    story.write_bytes(before)
    assert plain == _bytes(build([place / "in"], out=place / "b", cache=place / "cache").path)


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_has_is_not(place: Path) -> None:
    store = place / "releases"
    (store / ".libya-news-2.0.0.abcd").mkdir()
    (store / ".libya-news-2.0.0.abcd.lock").touch()
    with staging.staged(store / "libya-news-2.0.0") as first:
        assert not (store / ".libya-news-2.0.0.abcd").exists()
        with pytest.raises(ReleaseExistsError), staging.staged(store / "libya-news-2.0.0") as second:
            assert first.exists()
            (second / "x").touch()
            (store / "libya-news-2.0.0").mkdir()
            ((store / "libya-news-2.0.0") / "y").touch()
        (store / "libya-news-2.0.0" / "y").unlink()
    assert not list(store.glob(".*"))


def test_what_a_copy_met_is_told(place: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limits[1]))
    try:
        with pytest.raises(EnvironmentFaultError, match=r"libya-news-1\.0\.0: .*File too large.*\. Check"):
            Store(place / "copies").add(place / "releases" / "libya-news-1.0.0")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((place / "copies").iterdir())


def test_a_full_disk_leaves_the_store_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _bytes(place / "releases")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(parquet.Writer, "write", full)
    with pytest.raises(EnvironmentFaultError, match="No space left"):
        build([place / "in"], out=place / "releases", version="1.1.1")
    assert _bytes(place / "releases") == before
