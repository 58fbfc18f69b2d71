"""Releases of every version of the schema, as the code of their time wrote them: they are read, checked and used.

``tests/data/schema-N`` is a store that the last code with ``SCHEMA_VERSION`` N wrote. To keep one, before N goes up::

    i=0
    for text in all none; do for format in parquet arrow; do
        SOURCE_DATE_EPOCH=1579000000 libya-news build seeds --out tests/data/schema-N --version 1.0.$i \
            --text $text --format $format; i=$((i + 1))
    done; done
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest

from libya_news import Article, Release, build
from libya_news.errors import VersionError
from libya_news.records import sha256_hex
from libya_news.release import manifest, reading, rows, schema, versioning
from libya_news.release.diff import SchemaChange, diff
from libya_news.release.erase import erase
from libya_news.release.schema import Column
from libya_news.release.standoff import rehydrate
from libya_news.release.store import Store, opened
from libya_news.release.verify import verify

STORES = sorted((Path(__file__).parent / "data").glob("schema-*"))
RELEASES = [path.parent for store in STORES for path in sorted(store.glob("*/manifest.json"))]
STORIES = ["Talks in Moscow end without a deal.", "Rebels in Brega hold the port.", "The oil crescent is quiet."]


@pytest.fixture(params=RELEASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def kept(request: pytest.FixtureRequest) -> Release:
    """A release as an earlier version, or this one, wrote it."""
    return manifest.load(request.param)


def _schema(release: Release, config: str) -> Any:
    return schema.features(config, release.holds_text, release.schema_version)


# As they were written.


def test_every_version_is_kept() -> None:
    kept = {store.name for store in STORES}
    assert kept >= {f"schema-{version}" for version in range(1, schema.SCHEMA_VERSION)}
    assert "schema-1" in kept


@pytest.mark.parametrize("store", STORES, ids=lambda path: str(path.name))
def test_it_is_listed(store: Path) -> None:
    index = Store(store).index()
    assert [row.path for row in index.entries] == [f"libya-news-1.0.{n}" for n in range(4)]
    assert {row.status for row in index.entries} == {"published"}
    assert index.latest == {"libya-news": "1.0.3"}


def test_it_is_whole(kept: Release) -> None:
    with opened(kept.path) as release:
        assert verify(release) == []


@pytest.mark.parametrize("config", list(schema.CONFIGS))
def test_it_loads(kept: Release, config: str) -> None:
    loaded = datasets.load_dataset(str(kept.path), config, split="train")
    assert loaded.features == _schema(kept, config)
    assert loaded.num_rows == sum(file.rows for file in kept.files if file.config == config)
    assert list(datasets.load_dataset(str(kept.path), config, split="train", streaming=True)) == list(loaded)


def test_files_of_several_versions_load_as_one_where_the_newest_comes_first(root: Path, tmp_path: Path) -> None:
    folders = [build([root / "seeds"], out=tmp_path).path, *(store / "libya-news-1.0.0" for store in reversed(STORES))]
    files = [str(path) for folder in folders for path in sorted((folder / "articles").glob("*.parquet"))]
    for streaming in (False, True):
        rows = list(datasets.load_dataset("parquet", data_files=files, split="train", streaming=streaming))
        assert [row["article_id"] for row in rows] == [rows[0]["article_id"]] * len(files)
        assert (rows[0]["cluster"], rows[-1]["cluster"]) == (rows[0]["article_id"], None)


def test_class_ids_mean_what_they_meant(kept: Release) -> None:
    """A class id in a file stands for the name that the file declares, so the names of today must not say otherwise."""
    table = reading.table(kept, "articles", "train")
    declared = datasets.Features.from_arrow_schema(table.schema)["segments"].feature["kind"]
    raw = [span["kind"] for row in table.to_pylist() for span in row["segments"]]
    read = [segment.kind for article in rows.articles(table) for segment in article.segments]
    assert read == declared.int2str(raw)


@pytest.mark.parametrize("pair", [("1.0.0", "1.0.1"), ("1.0.2", "1.0.3")])
@pytest.mark.parametrize("store", STORES, ids=lambda path: str(path.name))
def test_it_is_compared(store: Path, pair: tuple[str, str]) -> None:
    old, new = (manifest.load(store / f"libya-news-{version}") for version in pair)
    found = diff(old, new)
    assert (found.articles["same"], found.schema, versioning.level(found)) == (1, (), "PATCH")


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("store", STORES, ids=lambda path: str(path.name))
def test_its_text_is_put_back(store: Path, number: int, tmp_path: Path) -> None:
    full = manifest.load(store / f"libya-news-1.0.{number - 2}")
    text = next(rows.articles(reading.table(full, "articles", "train"))).text
    (tmp_path / "copy.txt").write_text(text, encoding="utf-8")
    result = rehydrate(store / f"libya-news-1.0.{number}", [tmp_path / "copy.txt"], out=tmp_path / "out")
    assert not result.lacking
    assert result.release.schema_version == full.schema_version
    assert [f.content_sha256 for f in result.release.files] == [f.content_sha256 for f in full.files]
    assert verify(result.release) == []


# A column that comes later.


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A store with a full and a stand-off release, before the column was there; the articles are in two shards."""
    _stories(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libya_news.release.shard_writer.ROWS_PER_SHARD", {"articles": 2, "segments": 2})
        patch.setenv("SOURCE_DATE_EPOCH", "1579000000")
        build([tmp_path / "in"], out=tmp_path / "store")
        build([tmp_path / "in"], out=tmp_path / "store", name="bare", text="none")
    return tmp_path / "store"


@pytest.fixture
def later(before: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same store, in the hands of code whose next schema version has one more column."""
    version = schema.SCHEMA_VERSION + 1
    column = Column("words", pa.int64(), True, "words of the text", "1 and up", since=version)
    monkeypatch.setattr(Article, "words", property(lambda article: len(article.text.split())), raising=False)
    for configs in (schema.CONFIGS, schema.STANDOFF):
        monkeypatch.setitem(configs, "articles", (*configs["articles"], column))
    for module in ("schema", "build"):
        monkeypatch.setattr(f"libya_news.release.{module}.SCHEMA_VERSION", version)
    for module in ("rows", "shelf", "cache"):
        monkeypatch.setattr(f"libya_news.release.{module}.RESULTS", rows.result_schema())
    monkeypatch.setattr("libya_news.release.shard_writer.ROWS_PER_SHARD", {"articles": 2, "segments": 2})
    yield before


def _stories(folder: Path) -> None:
    (folder / "in").mkdir()
    for number, story in enumerate(STORIES):
        (folder / "in" / f"{number}.txt").write_text(story, encoding="utf-8")


def test_a_column_that_came_later_may_be_null() -> None:
    columns = [column for config in schema.CONFIGS.values() for column in (*config, *schema.SPAN)]
    assert [column.name for column in columns if column.since > 1 and not column.nullable] == []
    assert {column.since for column in schema.SPAN} == {1}
    assert max(column.since for column in columns) == schema.SCHEMA_VERSION


def test_a_later_column_loads_from_every_shard(later: Path) -> None:
    release = build([later.parent / "in"], out=later, version="1.1.0")
    assert len([file for file in release.files if file.config == "articles"]) == 2
    loaded = datasets.load_dataset(str(release.path), split="train")
    assert sorted(loaded["words"]) == sorted(len(story.split()) for story in STORIES)
    assert loaded.features == _schema(release, "articles")
    assert list(datasets.load_dataset(str(release.path), split="train", streaming=True)) == list(loaded)
    assert "words" not in datasets.load_dataset(str(later / "libya-news-1.0.0"), split="train").column_names


def test_shards_of_both_versions_load_together(later: Path, tmp_path: Path) -> None:
    """Rows in a new shard, the old shards left as they are: what these lack is null."""
    new = build([later.parent / "in"], out=later, version="1.1.0")
    old = manifest.load(later / "libya-news-1.0.0")
    shards = [r.path / next(f.path for f in r.files if f.config == "articles") for r in (old, new)]
    for order in (shards, shards[::-1]):
        for streaming in (False, True):
            loaded = datasets.load_dataset(
                "parquet",
                data_files={"train": [str(path) for path in order]},
                features=_schema(new, "articles"),
                split="train",
                streaming=streaming,
                cache_dir=str(tmp_path / order[0].name),
            )
            assert sorted(row["words"] is None for row in loaded) == [False, False, True, True]


def test_a_release_that_gained_a_column_is_a_minor_change(later: Path) -> None:
    with pytest.raises(VersionError, match=r"1 columns differ.*MINOR.*--version 1\.1\.0"):
        build([later.parent / "in"], out=later, version="1.0.1")
    new, old = build([later.parent / "in"], out=later, version="1.1.0"), manifest.load(later / "libya-news-1.0.0")
    found = diff(old, new)
    assert found.schema == (SchemaChange("articles", "words", None, "Value('int64') or null"),)
    assert (found.articles["same"], versioning.level(found)) == (3, "MINOR")
    assert versioning.level(diff(new, old)) == "MAJOR"
    assert "Column `articles.words`: added." in (new.path / "CHANGELOG.md").read_text(encoding="utf-8")


def test_releases_of_both_versions_are_whole(later: Path) -> None:
    build([later.parent / "in"], out=later, version="1.1.0")
    versions = {}
    for path in ("libya-news-1.0.0", "libya-news-1.1.0", "bare-1.0.0"):
        with opened(later / path) as release:
            versions[path] = release.schema_version
            assert verify(release) == []
    assert len(set(versions.values())) == 2


def test_a_release_of_a_schema_to_come_is_not_vouched_for(later: Path) -> None:
    new = build([later.parent / "in"], out=later, version="1.1.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "SCHEMA_VERSION", new.schema_version - 1)
        assert f"schema version {new.schema_version}; this libya-news knows" in verify(new)[0]


def test_the_text_of_an_older_version_comes_back_to_the_byte(later: Path, tmp_path: Path) -> None:
    result = rehydrate(later / "bare-1.0.0", [tmp_path / "in"], out=tmp_path / "out")
    assert result.identical
    full = manifest.load(later / "libya-news-1.0.0")
    assert [f.sha256 for f in result.release.files] == [f.sha256 for f in full.files]
    assert verify(result.release) == []


def test_an_erasure_keeps_each_version_of_the_schema(later: Path) -> None:
    new = build([later.parent / "in"], out=later, version="1.1.0")
    id_ = next(a.id for a in rows.articles(reading.table(new, "articles", "train")) if a.text == STORIES[0])
    receipt = erase(id_, store=later, reason="asked")
    found = {row.after: manifest.load(later / row.after) for row in receipt.releases if row.after}
    assert {path: release.schema_version - new.schema_version for path, release in found.items()} == {
        "bare-1.0.0-erased-1": -1,
        "libya-news-1.0.0-erased-1": -1,
        "libya-news-1.1.0-erased-1": 0,
    }
    assert all(verify(release) == [] for release in found.values())


def test_a_kept_release_is_erased_too(tmp_path: Path) -> None:
    shutil.copytree(STORES[0], tmp_path / "store")
    full = manifest.load(STORES[0] / "libya-news-1.0.0")
    article = next(rows.articles(reading.table(full, "articles", "train")))
    receipt = erase(article.id, store=tmp_path / "store", reason="asked")
    assert [row.after for row in receipt.releases] == [None] * 4
    left = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert article.text[:40].encode() not in left
    assert sha256_hex(article.text).encode() not in left
