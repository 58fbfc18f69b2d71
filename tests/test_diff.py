"""Corrected articles in a diff: another text gives another id, and the address or the file tells that they are one.

And what it says of damage.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from libya_news import Release, build
from libya_news.errors import DataError, VersionError
from libya_news.release import shelf, sidebyside
from libya_news.release.diff import diff

WRONG, RIGHT = "The port of Brega reopened on Monday.", "The port of Brega reopened on Tuesday."
OTHERS = ("Talks in Moscow end without a deal.", "The oil crescent is quiet.")
PORT = "http://example.org/port"


def _records(folder: Path, *records: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    told = [{"language": "en", **record} for record in records]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, told)), encoding="utf-8")
    return folder


def _pair(folder: Path, before: list[dict[str, str]], after: list[dict[str, str]]) -> tuple[Release, Release]:
    """Two releases of a file of records, beside the same other articles."""
    others = [{"text": text, "url": f"http://example.org/{number}"} for number, text in enumerate(OTHERS)]
    made = (
        build([_records(folder / "in", *others, *records)], out=folder / name)
        for name, records in (("old", before), ("new", after))
    )
    return next(made), next(made)


@pytest.mark.parametrize("kept", [shelf.KEPT_BYTES, 0])
def test_a_corrected_article_is_changed(tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where what one release alone has is on disk; its address may be written otherwise."""
    monkeypatch.setattr(shelf, "KEPT_BYTES", kept)
    monkeypatch.setattr(shelf, "BLOCK_BYTES", 1)
    old, new = _pair(
        tmp_path,
        [{"text": WRONG, "url": PORT}, {"text": "Gone.", "url": "http://example.org/gone"}],
        [{"text": RIGHT, "url": f"{PORT}?utm_source=x"}, {"text": "New.", "url": "http://example.org/new"}],
    )
    found = diff(old, new)
    counted = {name: count for name, count in found.articles.items() if count}
    assert counted == {"same": 2, "added": 1, "removed": 1, "changed": 1, "text": 1, "other": 1}
    assert (found.columns, found.listed[0][1]) == ({"url": 1}, ("changed", "text", "other"))
    page = sidebyside.page(old, new, found)
    assert page.count("<h2>") == 1
    assert ("Brega reopened" in page.replace("&nbsp;", " "), PORT in page) == (True, True)


def test_the_changelog_tells_a_correction(tmp_path: Path) -> None:
    build([_records(tmp_path / "in", {"text": WRONG, "url": PORT})], out=tmp_path)
    _records(tmp_path / "in", {"text": RIGHT, "url": PORT})
    with pytest.raises(VersionError, match=r"since 1\.0\.0, 1 articles changed, which is a MAJOR change"):
        build([tmp_path / "in"], out=tmp_path, version="1.1.0")
    release = build([tmp_path / "in"], out=tmp_path, version="2.0.0")
    said = (release.path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert said == "## 2.0.0\n\nMAJOR change since 1.0.0.\n\n- Articles, text changed: 1.\n"


@pytest.mark.parametrize("said", [b"{", b"\xff", b"null", b"[" * 100_000, b'{"info": {"features": {"url": 5}}}'])
def test_damaged_metadata_is_told(tmp_path: Path, said: bytes) -> None:
    old, new = _pair(tmp_path, [], [])
    path = new.path / new.files[0].path
    rows = pq.read_table(path, partitioning=None)
    pq.write_table(rows.replace_schema_metadata({**rows.schema.metadata, b"huggingface": said}), path)
    with pytest.raises(DataError, match=r"articles/.*its metadata is damaged .*Get the release anew"):
        diff(old, new)


def test_what_several_share_tells_no_correction(tmp_path: Path) -> None:
    """Of the records of one file without addresses, nobody knows which was which."""
    both = [[{"text": text}, {"text": text + " So they say.", "url": "http://example.org/"}] for text in (WRONG, RIGHT)]
    both[1].append({"text": "A third text at this address.", "url": "http://example.org/"})
    found = diff(*_pair(tmp_path, *both)).articles
    assert (found["changed"], found["removed"], found["added"]) == (0, 2, 3)


def test_a_file_of_its_own_tells_a_correction(tmp_path: Path) -> None:
    """Where its bytes alone are others, that is what changed."""
    releases = []
    for name, texts in (("old", {"a": WRONG, "b": "Calm."}), ("new", {"a": RIGHT, "b": "\ufeffCalm."})):
        (tmp_path / "in").mkdir(exist_ok=True)
        for stem, text in texts.items():
            (tmp_path / "in" / f"{stem}.txt").write_bytes(text.encode())
        releases.append(build([tmp_path / "in"], out=tmp_path / name))
    found = diff(*releases)
    assert [found.articles[name] for name in ("added", "removed", "changed", "text")] == [0, 0, 2, 1]
    assert found.columns.items() >= {"article_id": 1, "raw_sha256": 1}.items()
