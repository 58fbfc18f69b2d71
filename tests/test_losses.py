"""A file of which nothing became an article is told of, with what can be done about it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzing.packing import zipped

from libya_news import build
from libya_news.errors import EmptyReleaseError
from libya_news.release import losses, manifest, reading
from libya_news.release.losses import Loss

STORY = "Talks in Moscow have ended without a deal, officials in Tripoli said on day {}."
OTHER_FORMATS = "Give files or folders in one of the formats that `libya-news sources` lists."
MAPPED = "Name the field that holds the text: --map text=NAME."


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A table without a column that is known to hold texts, a picture, and files that give articles, one of them all
    but for a line.
    """
    folder = tmp_path / "news"
    folder.mkdir()
    rows = [json.dumps({"text": STORY.format(day)}) for day in range(3)]
    (folder / "good.jsonl").write_text("\n".join([*rows, "{}"]), encoding="utf-8")
    (folder / "talks.txt").write_text(STORY.format("four"), encoding="utf-8")
    table = "".join(f'{day},"{STORY.format(day + 10)}"\n' for day in range(7))
    (folder / "export.csv").write_text(f"id,wording\n{table}", encoding="utf-8")
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return folder


def _warnings(caplog: pytest.LogCaptureFixture, *sources: Path, out: Path, keep: bool = False) -> list[str]:
    caplog.set_level(logging.WARNING, "libya_news")
    caplog.clear()
    build(sources, out=out, keep_unchanged=keep)
    return caplog.messages


def test_files_that_gave_nothing_are_named(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = _warnings(caplog, news, out=tmp_path)
    release = manifest.load(tmp_path / "libya-news-1.0.0")
    first = next(drop for drop in release.drops if drop.id.startswith("news/export.csv:"))
    assert told == [
        f"news/export.csv gave no article: 7 dropped, the first {first.id}: {first.reason}. {MAPPED}",
        f"news/picture.txt gave no article: binary: PNG image. {OTHER_FORMATS}",
        f"All drops are told in {release.path / 'drops.parquet'}.",
    ]
    assert "wording" in first.reason
    assert _warnings(caplog, news, out=tmp_path, keep=True) == told


def test_the_first_drop_is_the_one_that_stands_first(news: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "export.csv").write_text("wording\n" + "Talks.\n" * 120, encoding="utf-8")
    with pytest.raises(EmptyReleaseError, match=r"120 no text\). The first: in/export\.csv:2: "):
        build(tmp_path / "in", out=tmp_path / "none")
    (loss,) = losses.whole_files(build([tmp_path / "in", news / "good.jsonl"], out=tmp_path / "out"))
    assert loss.first.id == "in/export.csv:2"


def test_no_more_are_named_than_one_reads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talks.txt").write_text(STORY.format(1), encoding="utf-8")
    for number in range(losses.NAMED + 2):
        (tmp_path / "in" / f"{number}.txt").touch()
    told = _warnings(caplog, tmp_path / "in", out=tmp_path)
    assert len(told) == losses.NAMED + 1
    assert told[-1].startswith("2 more files gave none. ")


def test_files_in_archives_are_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "good.zip").write_bytes(zipped({"a.txt": STORY.encode(), "b.txt": b"\0\0"}))
    (tmp_path / "bad.zip").write_bytes(zipped({"a.txt": b"", "b.txt": b"\0\0"}))
    release = build([tmp_path / "good.zip", tmp_path / "bad.zip"], out=tmp_path, format="arrow")
    assert [(loss.file, loss.drops) for loss in losses.whole_files(release)] == [("bad.zip", 2)]


def test_a_table_without_a_column_of_text_is_mapped(
    news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in news.glob("[ep]*"):
        path.unlink()
    pq.write_table(pa.table({"wording": [STORY]}), news / "a.parquet")
    (told, _) = _warnings(caplog, news, out=tmp_path)
    assert told == f"news/a.parquet gave no article: wrong schema: no column of text; there are wording. {MAPPED}"


def test_releases_in_a_source_are_none_of_it(news: Path, tmp_path: Path) -> None:
    """Unless they are named themselves, or another folder is built in."""
    inputs = [build(news, out=news / "store", version=version).inputs for version in ("1.0.0", "2.0.0")]
    assert inputs[0] == inputs[1]
    again = build(news / "store" / "libya-news-1.0.0", out=news / "store", name="again")
    assert again.counts["articles"] == 4
    assert len(build(news, out=tmp_path).inputs) > len(inputs[0])


def test_a_copy_is_not_lost(news: Path, tmp_path: Path) -> None:
    """Of two names of one file the other one gave the article, and so did the other one of two files that are alike."""
    (news / "picture.txt").unlink()
    (news / "export.csv").unlink()
    os.link(news / "talks.txt", news / "same.txt")
    (news / "alike.txt").write_bytes((news / "talks.txt").read_bytes())
    release = build([news], out=tmp_path)
    assert losses.whole_files(release) == []
    assert {drop.reason.partition(":")[0] for drop in release.drops} == {"duplicate", "no text"}


def test_what_a_library_says_ends_as_a_sentence(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "a.parquet").write_bytes(b"PAR1" + b"x" * 99)
    with pytest.raises(EmptyReleaseError, match=r"not a parquet file\. Give files"):
        build([tmp_path / "cut"], out=tmp_path)
    told = _warnings(caplog, news / "talks.txt", tmp_path / "cut", out=tmp_path)
    assert told[0].startswith("cut/a.parquet gave no article: broken Parquet: ")
    assert told[0].endswith("not a parquet file.")


def test_what_could_not_be_read_at_all(news: Path, tmp_path: Path) -> None:
    os.mkfifo(news / "pipe")
    found = losses.whole_files(build([news], out=tmp_path))
    assert [loss.file for loss in found] == ["news/export.csv", "news/picture.txt", "news/pipe"]
    assert found[-1] == Loss("news/pipe", 1, found[-1].first)


def test_rows_of_some_columns(news: Path, tmp_path: Path) -> None:
    for form in ("parquet", "arrow"):
        release = build([news], out=tmp_path / form, format=form)
        rows = list(reading.rows(release, "articles", ["source", "segments", "missing"]))
        assert [list(row) for row in rows] == [["source", "segments"]] * 4


def test_a_source_without_files(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    (tmp_path / "empty" / ".hidden").touch()
    told = _warnings(caplog, news / "talks.txt", tmp_path / "empty", out=tmp_path)
    assert told == [f"There is no file to read in {str(tmp_path / 'empty')!r}."]


def test_a_section_about_no_file(news: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What fits a file that is not read is no slip."""
    sections = '["*.txt"]\n["good.jsonl"]\n["*.text"]\npublisher = "Paper"\n["talk.txt"]\n'
    (news / "deeper").mkdir()
    path = news / "provenance.toml"
    path.write_text(f'format = "libya_news/provenance"\nversion = 1\n{sections}["deeper"]\n', encoding="utf-8")
    told = _warnings(caplog, news / "talks.txt", out=tmp_path)
    assert told == [f"{path}: no file beside it fits '*.text', 'talk.txt', 'deeper'."]


def test_the_command_warns_and_succeeds(news: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "libya_news", "build", str(news), "--out", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert json.loads(done.stdout)["counts"]["drops"] == {"no text": 8, "binary": 1}
    assert "warning: news/export.csv gave no article: 7 dropped, " in done.stderr
    assert done.stderr.count("warning: ") == 3
