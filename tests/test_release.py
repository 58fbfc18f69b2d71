"""Releases: what is written is what ``load_dataset`` reads, and a version is whole, immutable and repeatable."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from libya_news import Release, build, labels, normalize
from libya_news.config import load_config
from libya_news.errors import (
    DataError,
    EmptyReleaseError,
    EnvironmentFaultError,
    ReleaseExistsError,
    UsageError,
    VersionError,
)
from libya_news.outputs import hub, parquet
from libya_news.records import OutputFile, sha256_hex
from libya_news.release import card, manifest, schema
from libya_news.release.publishing import publish
from libya_news.release.rows import content
from libya_news.release.shard_writer import ShardWriter
from libya_news.sources import Reading, Source


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Release:
    return build([root / "seeds"], out=tmp_path_factory.mktemp("store"))


def _story(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_seed_loads(release: Release, seed: str) -> None:
    rows = datasets.load_dataset(str(release.path), split="train")
    assert rows.num_rows == 1
    row = rows[0]
    assert row["text"] == normalize(seed).text
    assert row["publisher"] == "BBC News"
    assert row["language"] == "en"
    assert row["title"] == "Libya conflict: Haftar ‘leaves’ Moscow ceasefire talks without deal"
    assert row["text_sha256"] == sha256_hex(row["text"])
    assert row["raw_sha256"] == sha256_hex(seed)
    assert row["body"].startswith("Libya’s Gen Khalifa Haftar, whose forces")
    assert "Image" not in row["body"]
    assert len(row["segments"]) == 25


def test_class_labels_survive_the_nesting(release: Release) -> None:
    features = datasets.load_dataset(str(release.path), split="train").features
    assert features == schema.features("articles")
    span = features["segments"].feature
    assert span["label"].names == list(labels.LABELS)
    assert span["kind"].names == list(labels.KIND_NAMES)


def test_segments_are_slices_of_their_articles(release: Release) -> None:
    text = datasets.load_dataset(str(release.path), split="train")[0]["text"]
    rows = datasets.load_dataset(str(release.path), "segments", split="train")
    assert rows.features == schema.features("segments")
    assert [row["index"] for row in rows] == list(range(25))
    assert all(row["text"] == text[row["start"] : row["end"]] for row in rows)
    assert rows.features["label"].int2str(rows[0]["label"]) == "body"
    assert rows.features["kind"].int2str(rows[0]["kind"]) == "headline"


@pytest.mark.parametrize("config", list(schema.CONFIGS))
def test_streaming_gives_the_same_rows(release: Release, config: str) -> None:
    loaded = datasets.load_dataset(str(release.path), config, split="train")
    streamed = datasets.load_dataset(str(release.path), config, split="train", streaming=True)
    assert list(streamed) == list(loaded)
    assert streamed.features == loaded.features


@pytest.mark.parametrize("config", list(schema.CONFIGS))
def test_parquet_alone_tells_its_schema(release: Release, config: str) -> None:
    file = next(file for file in release.files if file.config == config)
    found = pq.read_schema(release.path / file.path)
    wanted = schema.arrow_schema(config)
    assert (found.metadata or {})[b"libya_news.schema_version"] == str(schema.SCHEMA_VERSION).encode()
    for field in wanted:
        described, written = dict(field.metadata or {}), dict(found.field(field.name).metadata or {})
        assert described and described.items() <= written.items()
        assert found.field(field.name).nullable == field.nullable
    assert datasets.Features.from_arrow_schema(found) == schema.features(config)


def test_a_wrong_number_of_rows_in_the_card_fails_the_load(release: Release, tmp_path: Path) -> None:
    copy = tmp_path / release.path.name
    for file in (*(row.path for row in release.files), "README.md"):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        (copy / file).write_bytes((release.path / file).read_bytes())
    text = (copy / "README.md").read_text(encoding="utf-8")
    (copy / "README.md").write_text(text.replace("num_examples: 1\n", "num_examples: 2\n"), encoding="utf-8")
    with pytest.raises(datasets.exceptions.NonMatchingSplitsSizesError, match=r"(?i)split"):
        datasets.load_dataset(str(copy), split="train")


def test_two_folders_of_one_name_are_not_confused(tmp_path: Path) -> None:
    """Same leaf name, same YAML but for the hashes in the file names: the cache must keep them apart."""
    paths = [
        build([_story(tmp_path / side, "a.txt", f"Talks end on the {side} side.")], out=tmp_path / side / "out").path
        for side in ("left", "right")
    ]
    texts = [datasets.load_dataset(str(path), split="train")[0]["text"] for path in paths]
    assert texts == ["Talks end on the left side.", "Talks end on the right side."]


def test_two_versions_side_by_side(tmp_path: Path) -> None:
    story = _story(tmp_path / "in", "a.txt", "Talks end.")
    paths = [build([story], out=tmp_path, version=version).path for version in ("1.0.0", "1.0.1")]
    assert [path.name for path in paths] == ["libya-news-1.0.0", "libya-news-1.0.1"]
    loaded = [datasets.load_dataset(str(path), split="train") for path in paths]
    assert [str(rows.version) for rows in loaded] == ["1.0.0", "1.0.1"]


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_the_bytes_do_not_depend_on_chunks(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"n": list(range(5_000)), "s": [str(n) * 50 for n in range(5_000)]})
    chunked = pa.concat_tables([table.slice(0, 17), table.slice(17, 2_000), table.slice(2_017)])
    made = [_written(tmp_path / name, rows, suffix) for name, rows in (("a", table), ("b", chunked))]
    assert made[0] == made[1]
    assert [(file.rows, file.content_bytes, file.content_sha256) for file in made[0]] == [(5_000, *content(table))]
    if suffix == "parquet":
        assert pq.ParquetFile(tmp_path / "a" / made[0][0].path).metadata.num_row_groups == 5
    assert content(table) == content(chunked)


def _written(folder: Path, rows: pa.Table, suffix: str) -> tuple[OutputFile, ...]:
    folder.mkdir()
    with contextlib.closing(ShardWriter(folder, suffix)) as shards:
        for batch in rows.to_batches():
            shards.add("articles", "train", batch)
        shards.finish("articles", "train", rows.schema)
        return shards.files()


@pytest.mark.parametrize("epoch", ["now", "1.5", "9" * 14])
def test_an_epoch_that_is_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(UsageError, match=r"SOURCE_DATE_EPOCH is .*, and no time"):
        build([_story(tmp_path, "a.txt", "Talks end.")], out=tmp_path / "out")


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1579000000")
    stories = [_story(tmp_path / "in", f"{n}.txt", f"Talk {n} in Moscow ends.") for n in range(5)]
    first = build([root / "seeds", *stories], out=tmp_path / "a").path
    second = build([*reversed(stories), root / "seeds"], out=tmp_path / "b").path
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert [(first / file).read_bytes() for file in files] == [(second / file).read_bytes() for file in files]
    assert manifest.load(first).created_at == "2020-01-14T11:06:40+00:00"


def test_the_manifest_tells_all(release: Release, root: Path) -> None:
    fields = json.loads((release.path / "manifest.json").read_text(encoding="utf-8"))
    assert fields["format"] == "libya_news/manifest"
    seed_file = root / "seeds" / "000_ecd0a0faa3e49d1e.txt"
    data = seed_file.read_bytes()
    assert fields["inputs"] == [{"path": f"seeds/{seed_file.name}", "bytes": len(data), "sha256": sha256_hex(data)}]
    for row in fields["files"]:
        written = (release.path / row["path"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(written), sha256_hex(written))
        assert row["content_sha256"][:12] in row["path"]
        assert pq.read_metadata(release.path / row["path"]).num_rows == row["rows"]
    assert fields["counts"]["labels"] == {"body": 13, "caption": 5, "bullet": 4, "boilerplate": 3}
    assert set(fields["environment"]) >= {"python", "datasets", "pyarrow", "ftfy"}
    assert manifest.load(release.path) == release


def test_everything_comes_out_as_article_or_drop(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _story(folder, "good.txt", "Talks in Moscow end without a deal.")
    _story(folder, "same.txt", "Talks in Moscow end without a deal.\r\n".replace("\r\n", ""))
    _story(folder, "blank.txt", " \n\t\n")
    (folder / "noise.txt").write_bytes(bytes(range(128, 256)) * 20)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    release = build([folder], out=tmp_path)
    reasons = sorted((drop.stage, drop.reason.partition(":")[0]) for drop in release.drops)
    assert release.counts["articles"] == 1
    assert len(release.inputs) == 5 == release.counts["articles"] + len(release.drops)
    assert ("normalize", "empty") in reasons
    assert ("read", "binary") in reasons
    assert ("release", "duplicate") in reasons
    assert release.counts["drops"] == {reason: 1 for _, reason in sorted(reasons, key=lambda pair: pair[1])}


def test_odd_names_and_odd_characters_are_published(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _story(folder, "ليبيا.txt", "Talks in Sirte.")
    _story(folder, "two\nlines.txt", "Talks in Brega.")
    _story(
        folder,
        "lone.jsonl",
        '{"text": "Talks \\ud83d in Ajdabiya.", "title": "\\udc00 Ports", "author": ["\\ud800"]}\n',
    )
    _story(folder, "nul.txt", "Talks in Kufra\0 go on, and nobody knows for how long they will.")
    release = build([folder], out=tmp_path)
    assert not release.drops
    rows = {row["source"]: row for row in datasets.load_dataset(str(release.path), split="train")}
    assert set(rows) == {"in/ليبيا.txt", "in/two\nlines.txt", "in/lone.jsonl", "in/nul.txt"}
    assert rows["in/lone.jsonl"]["text"] == "Talks \ufffd in Ajdabiya."
    assert rows["in/nul.txt"]["text"].startswith("Talks in Kufra go on")


def test_ids_do_not_depend_on_the_position(tmp_path: Path) -> None:
    rows = [{"text": f"Story number {n} about Sirte.", "url": f"http://example.org/{n}"} for n in range(3)]
    for name, order in (("a", rows), ("b", [{"text": "Another one."}, *reversed(rows)])):
        _story(tmp_path / name, f"{name}.jsonl", "\n".join(map(json.dumps, order)))
    ids = [
        {
            row["url"]: row["article_id"]
            for row in datasets.load_dataset(str(build([tmp_path / n], out=tmp_path / n).path))["train"]
        }
        for n in ("a", "b")
    ]
    assert ids[0].items() <= ids[1].items()
    assert len(ids[1]) == 4


def test_a_release_is_never_touched(release: Release, root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in release.path.rglob("*")}
    with pytest.raises(ReleaseExistsError, match=r"never touched again.*--version") as caught:
        build([root / "seeds"], out=release.path.parent)
    assert caught.value.exit_code == 2
    assert build([root / "seeds"], out=release.path.parent, keep_unchanged=True) == release
    assert before == {path: path.stat().st_mtime_ns for path in release.path.rglob("*")}


def test_other_inputs_need_another_version(release: Release, tmp_path: Path) -> None:
    story = _story(tmp_path / "in", "a.txt", "Talks end.")
    with pytest.raises(ReleaseExistsError, match="other inputs"):
        build([story], out=release.path.parent, keep_unchanged=True)


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0\n", "", "١.٠.٠"])
def test_versions_are_three_plain_numbers(tmp_path: Path, root: Path, version: str) -> None:
    with pytest.raises(VersionError):
        build([root / "seeds"], out=tmp_path, version=version)


@pytest.mark.parametrize("name", ["Libya News", "../escape", "", "a--b"])
def test_names_are_plain_words(tmp_path: Path, root: Path, name: str) -> None:
    with pytest.raises(UsageError):
        build([root / "seeds"], out=tmp_path, name=name)


def test_nothing_to_publish(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "empty.txt").touch()
    with pytest.raises(EmptyReleaseError, match=r"1 input files.*1 empty.*empty\.txt.*has no bytes"):
        build([tmp_path / "in"], out=tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_nothing_to_publish_names_the_first_of_the_most_frequent_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "news.csv").write_text("story,outlet\nTalks end.,One\nTalks go on.,Two\n", encoding="utf-8")
    sources = [Source(tmp_path / "news.csv", Reading({"text": "nosuch"})), Source(tmp_path / "empty.txt")]
    with pytest.raises(EmptyReleaseError, match=r"2 no text, 1 empty.*news\.csv:2: .*there are story") as raised:
        build(sources, out=tmp_path / "out")
    assert "--map text=NAME" in raised.value.remedy


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(parquet.Writer, "write", full)
    with pytest.raises(EnvironmentFaultError, match=r"No space left.*Check free space"):
        build([root / "seeds"], out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_two_publishers_one_wins(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, target = parquet.Writer.write, tmp_path / "libya-news-1.0.0"

    def meanwhile(writer: parquet.Writer, rows: pa.Table) -> None:
        write(writer, rows)
        target.mkdir(exist_ok=True)
        (target / "manifest.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(parquet.Writer, "write", meanwhile)
    with pytest.raises(ReleaseExistsError, match="meanwhile"):
        build([root / "seeds"], out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_who_loses_to_a_whole_release_is_told_so(
    tmp_path: Path, root: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not that its version is too small; a build that would be content with the same release is."""
    write, target = parquet.Writer.write, tmp_path / release.path.name

    def meanwhile(writer: parquet.Writer, rows: pa.Table) -> None:
        write(writer, rows)
        shutil.copytree(release.path, target, dirs_exist_ok=True)

    monkeypatch.setattr(parquet.Writer, "write", meanwhile)
    with pytest.raises(ReleaseExistsError, match="published by somebody else meanwhile"):
        build([root / "seeds"], out=tmp_path)
    shutil.rmtree(target)
    assert build([root / "seeds"], out=tmp_path, keep_unchanged=True).fingerprint == release.fingerprint
    shutil.rmtree(target)
    with pytest.raises(ReleaseExistsError, match="built from other inputs"):
        build([root / "seeds"], out=tmp_path, keep_unchanged=True, dedup="keep")


@pytest.mark.parametrize("name", ["st[1]", "st*r", "st?r", "a::b"])
def test_a_path_that_load_dataset_takes_for_a_pattern_is_warned_of(
    tmp_path: Path, root: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    plain = build([root / "seeds"], out=tmp_path / "a{b} %20#é")
    assert datasets.load_dataset(str(plain.path), split="train").num_rows == 1
    assert not caplog.text
    build([root / "seeds"], out=tmp_path / name)
    publish(plain.path, str(tmp_path / name / "b"))
    said = [message for message in caplog.messages if "will not find the release, or take others" in message]
    assert len(said) == 2
    assert all(f"in {tmp_path / name}" in message for message in said)


def test_large_releases_are_cut_into_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libya_news.release.shard_writer.ROWS_PER_SHARD", {"articles": 2, "segments": 3})
    for n in range(5):
        _story(tmp_path / "in", f"{n}.txt", f"Talk {n} in Moscow ends.")
    release = build([tmp_path / "in"], out=tmp_path)
    assert [file.rows for file in release.files if file.config == "articles"] == [2, 2, 1]
    rows = datasets.load_dataset(str(release.path), split="train")
    assert rows["article_id"][:] == sorted(rows["article_id"])
    assert rows.num_rows == 5


def test_the_card_at_the_top_is_that_of_the_seed_release(tmp_path: Path, root: Path) -> None:
    """To renew it: ./scripts/rebuild --config libya-news.toml --out DIR, then copy DIR/libya-news-1.0.0/README.md."""
    corpus = load_config(root / "libya-news.toml")
    assert corpus.settings["out"] == root / "releases"
    release = build(corpus.sources, **{**corpus.settings, "out": tmp_path})
    text = (root / "DATASET_CARD.md").read_text(encoding="utf-8")
    assert text == card.render(release)
    assert text == (release.path / "README.md").read_text(encoding="utf-8")


def test_the_card_says_where_drops_are_told_and_what_a_source_is_called(tmp_path: Path) -> None:
    _story(tmp_path / "in", "a.txt", "Talks in Moscow end.")
    (tmp_path / "in" / "b.txt").touch()
    release = build([tmp_path / "in"], out=tmp_path / "out", split="time:2020-01-01")
    text, held = (release.path / "README.md").read_text("utf-8"), (release.path / "manifest.json").read_text("utf-8")
    assert "lists every input and output with its hash, `drops.parquet` every drop." in text
    assert "the file has no bytes" not in held
    assert [drop.id for drop in release.drops] == ["in/b.txt"]
    assert "the path begins with the name of the folder that was given" in text
    assert not re.search(r"^ \w", text, re.MULTILINE)


def test_the_code_on_the_card_loads_the_release_wherever_it_lies(release: Release) -> None:
    text = (release.path / "README.md").read_text(encoding="utf-8")
    code = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert code
    there = code[1].replace("PATH/TO", str(release.path.parent))
    shown = "print(articles.num_rows, len(list(segments)))"
    done = subprocess.run([sys.executable, "-c", there + shown], capture_output=True, check=True, text=True)
    assert done.stdout == "1 25\n"
    assert f'load_dataset("ORG/NAME", revision="{hub.tag_of(release)}", split="train")' in text
    assert hub.tag_of(release) == "v1.0.0"


def test_one_source_needs_no_list(tmp_path: Path, root: Path) -> None:
    seeds = root / "seeds"
    given: list[str | Path | Source | list[Path]] = [str(seeds), seeds, Source(seeds), [seeds]]
    made = [build(one, out=tmp_path / str(n)) for n, one in enumerate(given)]
    assert len({release.fingerprint for release in made}) == 1


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no readable manifest\.json"):
        manifest.load(tmp_path)


@pytest.mark.shared
def test_the_raw_corpora_build(shared: Path, tmp_path: Path) -> None:
    release = build([shared / "corpora" / "libya"], out=tmp_path, version="0.1.0")
    assert release.counts["articles"] + len(release.drops) >= 1_228
    assert set(release.counts["languages"]) >= {"en", "ar", "fr", "es", "it"}
    assert {drop.reason.partition(":")[0] for drop in release.drops} <= {"empty", "duplicate"}
    rows = datasets.load_dataset(str(release.path), split="train")
    assert rows.num_rows == release.counts["articles"]
    segments = datasets.load_dataset(str(release.path), "segments", split="train")
    assert segments.num_rows == release.counts["segments"]
    assert set(segments.unique("article_id")) == set(rows["article_id"])
