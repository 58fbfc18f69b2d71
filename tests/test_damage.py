"""Records of a store that somebody edited by hand, or that came from somebody else: what is wrong is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from libya_news import build
from libya_news.errors import DataError
from libya_news.release import manifest
from libya_news.release.store import Store, opened
from libya_news.release.verify import verify

NAME = "libya-news-1.0.0"


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("damage") / "store"
    build([root / "seeds"], out=store)
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "store"))


def _edited(path: Path, place: str, value: Any) -> None:
    """Put a value into a place of a file of JSON, such as ``files.0.path``; without one, take out what is there."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    *way, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    within = whole
    for key in way:
        within = within[key]
    if value is None:
        del within[last]
    else:
        within[last] = value
    path.write_text(json.dumps(whole), encoding="utf-8")


MANIFEST = [
    ("name", "../news"),
    ("version", "1.0"),
    ("version", 1),
    ("schema_version", 0),
    ("created_at", 5),
    ("inputs.0", {"path": "a.txt"}),
    ("files", []),
    ("files.0.config", "x"),
    ("files.0.path", "../../x.parquet"),
    ("files.0.path", "/x.parquet"),
    ("files.0.rows", "many"),
    ("documents.0.path", "docs/../../x"),
    ("counts", []),
    ("counts.articles", None),
    ("counts.labels", {"body": -1}),
    ("counts.fixes", "none"),
    ("settings", "x"),
    ("settings.split", None),
    ("settings.split", "author"),
    ("settings.split", "time:2020-02-31"),
    ("settings.dedup", "x"),
    ("settings.templates", "x"),
    ("settings.text", "some"),
    ("settings.format", "csv"),
    ("settings.about", "{"),
    ("code.libya_news", None),
    ("changes", {"since": "1.0.0"}),
    ("leakage", {"overlap": 1}),
    ("remark", "mine"),
]


@pytest.mark.parametrize(("place", "value"), MANIFEST)
def test_a_manifest_is_told(store: Path, place: str, value: Any) -> None:
    _edited(store / NAME / "manifest.json", place, value)
    with pytest.raises(DataError, match=r"holds no readable manifest\.json: .*get it anew"):
        manifest.load(store / NAME)


INDEX = [
    ("latest", {}),
    ("latest", []),
    ("latest.libya-news", "9.0.0"),
    ("latest.libya-news", 1),
    ("erasures", "x"),
    ("releases.0.path", "../elsewhere"),
    ("releases.0.path", 1),
    ("releases.0.name", None),
    ("releases.0.version", "1.0"),
    ("releases.0.created_at", 5),
]


@pytest.mark.parametrize(("place", "value"), INDEX)
def test_an_index_is_told(store: Path, place: str, value: Any) -> None:
    _edited(store / "index.json", place, value)
    with pytest.raises(DataError, match=r"index\.json is no index: .*Remove it: it is made anew"):
        Store(store).index()


@pytest.mark.parametrize("name", ["index.json", "erasures.json", f"{NAME}/manifest.json"])
@pytest.mark.parametrize("text", ["[", "[]", "5", "[" * 100_000])
def test_what_is_no_record_at_all_is_told(store: Path, name: str, text: str) -> None:
    (store / name).write_text(text, encoding="utf-8")
    place = Store(store)
    with pytest.raises(DataError, match=r"(Remove it|Restore it|get it anew)"):
        place.ledger() if name == "erasures.json" else place.index() if "/" not in name else manifest.load(store / NAME)


def test_a_receipt_is_told(store: Path) -> None:
    text = {"format": "libya_news/erasures", "format_version": 1, "salt": "00", "erasures": [{"number": "one"}]}
    (store / "erasures.json").write_text(json.dumps(text), encoding="utf-8")
    with pytest.raises(DataError, match=r"erasures\.json cannot be read: .*Restore it"):
        Store(store).ledger()


def test_a_release_that_cannot_be_read_is_not_taken_for_one_that_is_gone(store: Path, root: Path) -> None:
    """What is written into the index meanwhile would stay when it was mended; and nothing can be compared with it."""
    path = store / NAME / "manifest.json"
    sound = path.read_bytes()
    path.write_bytes(sound[:-9])
    assert [entry.status for entry in Store(store).index().entries] == ["published"]
    with pytest.raises(DataError, match=r"libya-news-1\.0\.0 holds no readable manifest\.json"):
        build([root / "seeds"], out=store, version="2.0.0")
    path.write_bytes(sound)
    shutil.rmtree(store / NAME)
    assert [entry.status for entry in Store(store).index().entries] == ["withdrawn"]


def test_what_others_call_a_manifest_stands_in_nobodys_way(store: Path, root: Path) -> None:
    (store / "app").mkdir()
    (store / "app" / "manifest.json").write_text('{"name": "App"}', encoding="utf-8")
    assert build([root / "seeds"], out=store, version="1.0.1").changes["level"] == "PATCH"
    with opened(store / "libya-news") as release:
        assert verify(release) == []
    assert list(Store(store).folders()) == [NAME, "libya-news-1.0.1"]
