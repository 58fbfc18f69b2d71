"""Stand-off releases: the same rows without their text, and the way back to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import datasets
import pytest

from libya_news import Release, build
from libya_news.config import load_config
from libya_news.errors import DataError, ReleaseExistsError, UsageError
from libya_news.release import manifest, schema, shard_writer, shelf, standoff
from libya_news.release.publishing import publish
from libya_news.release.store import Store
from libya_news.release.verify import verify
from libya_news.sources import Reading, Source

STORIES = [
    {"text": "Serraj leaves Berlin\n\nTalks in Berlin end without a deal.", "url": "https://example.org/1"},
    {"text": "Les pourparlers de Moscou se sont achevés sans accord.", "title": "Sans accord"},
    {"text": "lâ€™armÃ©e avance vers Tripoli, dit la radio.", "url": "https://example.org/3", "author": "A"},
]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, STORIES)), encoding="utf-8")
    return folder


@pytest.fixture
def bare(sources: Path, tmp_path: Path) -> Release:
    return build([sources], out=tmp_path / "bare", text="none")


def _files(release: Release) -> dict[str, bytes]:
    paths = (path for path in release.path.rglob("*") if path.is_file())
    return {path.relative_to(release.path).as_posix(): path.read_bytes() for path in paths}


def test_no_text_is_in_it(bare: Release) -> None:
    written = b"".join(_files(bare).values())
    full = datasets.load_dataset(str(bare.path), split="train")
    assert full.num_rows == 3
    assert full.features == schema.features("articles", with_text=False)
    for words in ("Berlin", "Serraj", "pourparlers", "avance", "Talks"):
        assert words.encode() not in written
    assert sorted(title for title in full["title"] if title) == ["Sans accord"]


def test_no_headline_is_in_it_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many pages in one batch, whose headlines stand behind other lines; in smaller batches it is the same."""
    story = "The minister said on Sunday that he resigned after a long night of talks about the port. " * 3
    (tmp_path / "in").mkdir()
    for number in range(12):
        page = f"<p>Home</p>{'<p>News</p>' * (number % 3)}<h1>Minister {number} resigns</h1><p>{number}: {story}</p>"
        (tmp_path / "in" / f"{number}.html").write_text(page, encoding="utf-8")
    full = build([tmp_path / "in"], out=tmp_path / "full", dedup="keep")
    made = [build([tmp_path / "in"], out=tmp_path / "bare", dedup="keep", text="none")]
    publish(full.path, str(tmp_path / "published"), text="none")
    made.append(manifest.load(tmp_path / "published" / full.path.name))
    for name, few in (("KEPT_BYTES", 500), ("BLOCK_BYTES", 5_000), ("BATCH_BYTES", 100)):
        monkeypatch.setattr(shelf, name, few)
    made.append(build([tmp_path / "in"], out=tmp_path / "little", dedup="keep", text="none"))
    assert len({release.files for release in made}) == 1
    for release in made:
        titles = datasets.load_dataset(str(release.path), split="train")["title"]
        assert list(titles) == [None] * 12
    titles = datasets.load_dataset(str(full.path), split="train")["title"]
    assert set(titles) == {f"Minister {number} resigns" for number in range(12)}


def test_segments_point_into_the_texts(bare: Release) -> None:
    rows = datasets.load_dataset(str(bare.path), "segments", split="train")
    assert "text" not in rows.column_names
    assert rows.features == schema.features("segments", with_text=False)
    assert list(datasets.load_dataset(str(bare.path), "segments", split="train", streaming=True)) == list(rows)


def test_the_way_back_is_exact(bare: Release, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1579000000")
    bare = build([sources], out=tmp_path / "again", text="none")
    full = build([sources], out=tmp_path / "full")
    result = standoff.rehydrate(bare.path, [sources], out=tmp_path / "out")
    assert result.identical
    assert not result.lacking
    assert _files(result.release) == _files(full)
    loaded = [datasets.load_dataset(str(release.path), split="train") for release in (full, result.release)]
    assert list(loaded[0]) == list(loaded[1])


def test_the_seed_comes_back(root: Path, tmp_path: Path) -> None:
    bare = build([root / "seeds"], out=tmp_path / "bare", text="none")
    full = build([root / "seeds"], out=tmp_path / "full")
    assert bare.full == full.files
    assert standoff.rehydrate(bare.path, [root / "seeds"], out=tmp_path / "out").release.files == full.files


def test_splits_come_back_from_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: Path) -> None:
    """Each split has articles and segments of its own, in several files; a text without a copy is left out."""
    monkeypatch.setitem(shard_writer.ROWS_PER_SHARD, "articles", 2)
    monkeypatch.setitem(shard_writer.ROWS_PER_SHARD, "segments", 3)
    stories = [{"text": f"Day {n}\n\nTalks {n * 7919} in Moscow end.\n\nTroops {n * 104729} leave."} for n in range(40)]
    (sources / "more.jsonl").write_text("\n".join(map(json.dumps, stories)), encoding="utf-8")
    full, bare = (build([sources], out=tmp_path / text, text=text, split="cluster") for text in ("all", "none"))
    assert len({file.split for file in full.files}) == 3
    assert standoff.rehydrate(bare.path, [sources], out=tmp_path / "out").release.files == full.files
    (sources / "more.jsonl").write_text("\n".join(map(json.dumps, stories[::2])), encoding="utf-8")
    part = standoff.rehydrate(bare.path, [sources], out=tmp_path / "out")
    assert len(part.lacking) == 20
    assert verify(part.release) == []


def test_pages_and_fields_of_any_name_come_back(tmp_path: Path) -> None:
    """A web page is laid out again, and what the build was told of its sources holds for the copies."""
    (tmp_path / "in").mkdir()
    page = "<nav><a href='/'>Home</a></nav><h1>Storm</h1><p>A storm hit the city of Derna on Sunday.</p>"
    (tmp_path / "in" / "storm.html").write_text(page, encoding="utf-8")
    (tmp_path / "in" / "news.jsonl").write_text('{"prose": "Talks in Moscow end."}', encoding="utf-8")
    given = [Source(tmp_path / "in", Reading({"text": "prose"}))]
    full, bare = (build(given, out=tmp_path / text, text=text) for text in ("all", "none"))
    assert full.counts["articles"] == 2
    result = standoff.rehydrate(bare.path, [tmp_path / "in"], out=tmp_path / "out")
    assert (result.identical, result.release.files) == (True, full.files)


def test_copies_may_be_plain_texts_under_any_name(bare: Release, tmp_path: Path) -> None:
    for number, story in enumerate(STORIES):
        (tmp_path / f"copy{number}.txt").write_text(story["text"], encoding="utf-8")
    texts = [tmp_path / f"copy{number}.txt" for number in (2, 0, 1)]
    assert standoff.rehydrate(bare.path, texts, out=tmp_path / "out").identical


MAPPED = {"text": "prose", "url": "at"}
"""Names of fields that are not looked at unasked."""


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    """A file of records with fields of names of their own."""
    rows = [{"prose": story["text"], "at": f"https://example.org/{n}"} for n, story in enumerate(STORIES)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path / "in" / "news.jsonl"


@pytest.mark.parametrize("given", ["in", "in/news.jsonl", "in/other.jsonl", "moved"])
def test_copies_with_fields_of_any_name_may_lie_anywhere(mapped: Path, tmp_path: Path, given: str) -> None:
    """Told by the name or not, a copy is read as the build was told to read it."""
    source = Source(mapped, Reading(MAPPED, {"publisher": "Example"}))
    full, bare = (build([source], out=tmp_path / text, text=text) for text in ("all", "none"))
    if given == "in/other.jsonl":
        mapped.rename(tmp_path / given)
    if given == "moved":
        (tmp_path / "moved" / "deep").mkdir(parents=True)
        mapped.rename(tmp_path / "moved" / "deep" / "copies.jsonl")
    result = standoff.rehydrate(bare.path, [tmp_path / given], out=tmp_path / "out")
    assert (result.identical, result.release.files) == (True, full.files)


def test_sources_with_mappings_of_their_own_come_back_from_another_folder(tmp_path: Path) -> None:
    """One of the copies is even called as the files of another source are, and one holds more than was asked for."""
    maps = {"one": {"text": "prose"}, "two": {"text": "story"}, "three": {"html": "content", "title": "hed"}}
    config = 'format = "libya_news/corpus"\nversion = 1\n'
    for number, (name, fields) in enumerate(maps.items()):
        rows = [dict.fromkeys(fields.values(), STORIES[number]["text"]), {"text": f"Usual names, {name}."}]
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        named = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in fields.items())
        config += f'[[sources]]\npath = "{name}"\nmap = {{{named}}}\npublisher = "Paper {name}"\n'
    (tmp_path / "libya-news.toml").write_text(config, encoding="utf-8")
    corpus = load_config(tmp_path / "libya-news.toml")
    full, bare = (build(corpus.sources, **corpus.settings, out=tmp_path / text, text=text) for text in ("all", "none"))
    assert full.counts["articles"] == 6
    copies = tmp_path / "copies"
    for name, moved in (("one", "copies/1"), ("two", "copies/2"), ("three", "copies/one")):
        (tmp_path / moved).parent.mkdir(exist_ok=True)
        (tmp_path / name).rename(tmp_path / moved)
    with (copies / "2" / "a.jsonl").open("a") as out:
        out.write('\n{"text": "What nobody asked for."}')
    texts = [copies / "one", copies / "2", copies / "1"]
    assert standoff.rehydrate(bare.path, texts, out=tmp_path / "out").release.files == full.files
    assert standoff.rehydrate(bare.path, [copies], out=tmp_path / "more").release.files == full.files


def test_what_is_missing_in_a_moved_copy_is_named(mapped: Path, tmp_path: Path) -> None:
    bare = build([Source(mapped, Reading(MAPPED))], out=tmp_path / "bare", text="none")
    first, second, _ = mapped.read_text(encoding="utf-8").split("\n")
    copy = tmp_path / "copy.jsonl"
    copy.write_text("\n".join([first, second.replace("Moscou", "Berlin")]), encoding="utf-8")
    result = standoff.rehydrate(bare.path, [copy], out=tmp_path / "out")
    assert sorted(drop.reason for drop in result.lacking) == [
        "differs: copy.jsonl:2 holds another text", "missing: no copy of https://example.org/2",
    ]  # fmt: skip


def test_what_is_missing_or_differs_is_named(bare: Release, tmp_path: Path) -> None:
    changed = [STORIES[0] | {"text": "Talks go on."}, STORIES[1]]
    (tmp_path / "copies.jsonl").write_text("\n".join(map(json.dumps, changed)), encoding="utf-8")
    result = standoff.rehydrate(bare.path, [tmp_path / "copies.jsonl"], out=tmp_path / "out")
    assert not result.identical
    reasons = sorted(drop.reason for drop in result.lacking)
    assert reasons == ["differs: copies.jsonl:1 holds another text", "missing: no copy of https://example.org/3"]
    assert result.release.path.name == "libya-news-1.0.0-partial"
    assert result.release.counts["drops"] == {"differs": 1, "missing": 1}
    assert datasets.load_dataset(str(result.release.path), split="train")["title"][:] == ["Sans accord"]


def test_nothing_found_is_an_error(bare: Release, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("Another story.", encoding="utf-8")
    with pytest.raises(DataError, match=r"No text of .* was found: missing"):
        standoff.rehydrate(bare.path, [tmp_path / "other.txt"], out=tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_what_is_there_is_not_touched(bare: Release, sources: Path, tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").write_text(json.dumps(STORIES[0]), encoding="utf-8")
    for texts, name in ((tmp_path / "some.jsonl", "libya-news-1.0.0-partial"), (sources, "libya-news-1.0.0")):
        made = standoff.rehydrate(bare.path, [texts], out=tmp_path / "out").release
        with pytest.raises(ReleaseExistsError, match=f"{name} is already there, .* Choose another --out"):
            standoff.rehydrate(bare.path, [texts], out=tmp_path / "out")
        assert verify(made) == []


def test_the_result_goes_into_a_folder(bare: Release, sources: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    for out, said in (("s3://bucket/news", "is a URL, and no folder"), (tmp_path / "out", "is a file, and no folder")):
        with pytest.raises(UsageError, match=said):
            standoff.rehydrate(bare.path, [sources], out=out)


def test_versions_come_back_in_any_order(bare: Release, sources: Path, tmp_path: Path) -> None:
    """What changed since the version before is told by the release, whatever lies beside the result."""
    (sources / "more.txt").write_text("Talks in Moscow end without a deal.", encoding="utf-8")
    newer = build([sources], out=tmp_path / "bare", version="1.1.0", text="none")
    for release in (newer, bare):
        full = standoff.rehydrate(release.path, [sources], out=tmp_path / "out").release
        assert (full.changes, verify(full)) == (release.changes, [])
    assert Store(tmp_path / "out").index().latest == {"libya-news": "1.1.0"}


def test_a_full_release_needs_no_texts(sources: Path, tmp_path: Path) -> None:
    full = build([sources], out=tmp_path)
    with pytest.raises(UsageError, match="holds its text"):
        standoff.rehydrate(full.path, [sources], out=tmp_path / "out")


def test_segment_hashes_are_checked(bare: Release, sources: Path, tmp_path: Path) -> None:
    """Offsets of one release under the hashes of another: the segments do not fit."""
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(json.dumps(story | {"text": story["text"] + " More."}) for story in STORIES))
    wrong = build([other], out=tmp_path / "wrong", text="none")
    files = tuple(file for file in bare.files if file.config == "articles")
    mixed = replace(bare, files=(*files, *(file for file in wrong.files if file.config == "segments")))
    for file in mixed.files[len(files) :]:
        (bare.path / file.path).write_bytes((wrong.path / file.path).read_bytes())
    (bare.path / "manifest.json").write_text(manifest.to_json(mixed), encoding="utf-8")
    (bare.path.parent / "index.json").unlink()  # it knows the manifest that was there
    with pytest.raises(DataError, match="segment 0 of"):
        standoff.rehydrate(bare.path, [sources], out=tmp_path / "out")


def test_keep_unchanged_tells_full_and_bare_apart(sources: Path, tmp_path: Path) -> None:
    bare = build([sources], out=tmp_path, text="none")
    assert build([sources], out=tmp_path, text="none", keep_unchanged=True) == bare
    with pytest.raises(UsageError, match="built from other inputs"):
        build([sources], out=tmp_path, keep_unchanged=True)
    with pytest.raises(UsageError, match="Give all or none"):
        build([sources], out=tmp_path, text="some")
