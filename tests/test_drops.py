"""What went in and did not come out: told in a file of the release, in order, however many there are."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libya_news import Release, build
from libya_news.corpus.filters import Filters
from libya_news.errors import DataError
from libya_news.records import DROPS, Drop
from libya_news.release import drops, manifest, shelf
from libya_news.release.erase import erase
from libya_news.release.filling import fill
from libya_news.release.publishing import publish
from libya_news.release.shelf import Shelf
from libya_news.release.standoff import rehydrate
from libya_news.release.verify import verify

OLD = Path(__file__).parent / "data" / "schema-1"

DROPPED = st.lists(st.builds(Drop, st.sampled_from(("a", "b:1", "b:2", "ط", "\U0001f30a")), st.just("read"), st.text()))


def _in_order(some: list[Drop]) -> list[Drop]:
    return sorted(some, key=lambda drop: (drop.id, drop.reason))


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Two articles, and four drops of as many reasons."""
    (tmp_path / "in").mkdir()
    lines = [json.dumps({"text": "Talks.", "url": f"http://example.org/{number}"}) for number in range(2)]
    lines += ['{"text": 1', "{}", json.dumps({"text": "The port of Brega is quiet."})]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "in" / "blank.txt").write_text(" \n", encoding="utf-8")
    return build([tmp_path / "in"], out=tmp_path / "out")


def test_they_are_read_from_a_file(release: Release) -> None:
    told = list(release.drops)
    assert len(told) == len(release.drops) == 4
    assert told == _in_order(told) == list(manifest.load(release.path).drops)
    assert all(drop in release.drops for drop in told)
    assert Drop("in/none.txt", "read", "empty") not in release.drops
    rows = datasets.load_dataset("parquet", data_files=str(release.path / DROPS), split="train")
    assert [Drop(**row) for row in rows] == told
    assert release.counts["drops"] == {"broken JSON": 1, "duplicate": 1, "empty": 1, "no text": 1}


def test_the_manifest_counts_them(release: Release) -> None:
    text = (release.path / manifest.FILE_NAME).read_text(encoding="utf-8")
    assert "drops" not in json.loads(text)
    assert "blank.txt: " not in text
    assert f"`{DROPS}`" in (release.path / "README.md").read_text(encoding="utf-8")
    assert DROPS in (release.path / "croissant.json").read_text(encoding="utf-8")


def test_a_release_without_any_has_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Talks end.", encoding="utf-8")
    made = build([tmp_path / "a.txt"], out=tmp_path)
    assert not (made.path / DROPS).exists()
    assert list(made.drops) == [] == verify(made)


def test_damage_is_told(release: Release) -> None:
    assert verify(release) == []
    less = list(release.drops)[1:]
    (release.path / DROPS).unlink()
    assert f"{DROPS}: the file is missing" in verify(release)
    with pytest.raises(DataError, match=rf"{DROPS} cannot be read.*Get the release anew"):
        list(release.drops)
    (release.path / DROPS).write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(DataError):
        list(release.drops)
    (release.path / DROPS).unlink()
    drops.write(release.path, less)
    assert f"manifest.json: counts of drops are not those of {DROPS}" in verify(release)


def test_all_forms_of_a_release_have_them(release: Release, tmp_path: Path) -> None:
    bare = build([tmp_path / "in"], out=tmp_path / "bare", text="none")
    assert list(bare.drops) == list(release.drops)
    full = rehydrate(bare.path, [tmp_path / "in"], out=tmp_path / "full").release
    assert (full.path / DROPS).read_bytes() == (release.path / DROPS).read_bytes()
    (tmp_path / "one.txt").write_text("Talks.", encoding="utf-8")
    part = rehydrate(bare.path, [tmp_path / "one.txt"], out=tmp_path / "part").release
    assert [drop.stage for drop in part.drops].count("rehydrate") == 1
    assert list(part.drops) == _in_order(list(part.drops))
    assert len(part.drops) == 5
    assert verify(part) == []


def test_an_erasure_silences_those_that_tell_of_it(release: Release) -> None:
    (told,) = (drop for drop in release.drops if drop.reason.startswith("duplicate: in/a.jsonl has the same text as"))
    gone = told.reason.split()[-3]
    erase(gone, store=release.path.parent, reason="asked")
    left = manifest.load(release.path.parent / f"{release.path.name}-erased-1")
    assert Drop(told.id, "release", f"duplicate: of {gone}, which was erased") in left.drops
    assert len(left.drops) == 4
    assert verify(left) == []


def _lines(path: Path, *rows: dict[str, str]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


SECRET = {"text": "Muammar was seen at home in Sirte on Sunday.", "url": "http://a.example/muammar-of-sirte"}
OTHERS = [{"text": f"The port number {n} is quiet today.", "url": f"http://a.example/{n}"} for n in range(2)]


def _named(store: Path) -> bool:
    """Whether the drops of any release tell of the erased one."""
    told = [drop for path in store.glob("*/manifest.json") for drop in manifest.load(path.parent).drops]
    assert told
    return any("muammar" in drop.reason for drop in told)


def test_a_part_that_lacked_what_was_erased_goes(tmp_path: Path) -> None:
    store = tmp_path / "store"
    bare = build([_lines(tmp_path / "in" / "a.jsonl", SECRET, *OTHERS)], out=store, text="none")
    (tmp_path / "copy.txt").write_text(OTHERS[0]["text"], encoding="utf-8")
    rehydrate(bare.path, [tmp_path / "copy.txt"], out=store)
    assert _named(store)
    receipt = erase(SECRET["url"], store=store, reason="asked")
    assert {row.before: row.after for row in receipt.releases} == {
        bare.path.name: f"{bare.path.name}-erased-1",
        f"{bare.path.name}-partial": None,
    }
    assert not list(store.glob("*-partial/*.parquet"))


def test_a_version_that_left_it_out_is_silenced_too(tmp_path: Path) -> None:
    """As the copy of another article, or as a near-duplicate of one that stays."""
    long = " ".join(f"Then word{n} came from the port of Brega." for n in range(60))
    (tmp_path / "in").mkdir()
    for name, head in (("muammar-a", "Muammar was seen."), ("muammar-b", "Muammar was seen."), ("c", "He was seen.")):
        day = {"muammar-a": "02", "muammar-b": "03", "c": "01"}[name]
        _lines(tmp_path / "in" / f"{name}.jsonl", {"text": f"{head} {long}", "date": f"2015-01-{day}"})
    store = tmp_path / "store"
    first = build([tmp_path / "in"], out=store, dedup="keep")
    build([tmp_path / "in"], out=store, version="2.0.0", dedup="drop")
    id_ = next(row["article_id"] for row in _rows(first) if row["text"].startswith("Muammar"))
    receipt = erase(id_, store=store, reason="asked")
    assert [row.after for row in receipt.releases] == ["libya-news-1.0.0-erased-1", "libya-news-2.0.0-erased-1"]
    assert not _named(store)
    for row in receipt.releases:
        assert verify(manifest.load(store / str(row.after))) == []
    third = build([tmp_path / "in"], out=store, version="3.0.0")
    assert not _named(store)
    assert third.counts["drops"] == {"erased": 2}


def _rows(release: Release) -> list[dict[str, str]]:
    return list(datasets.load_dataset(str(release.path), split="train"))


def test_a_copy_stays_where_the_first_one_is_on_the_blocklist(tmp_path: Path) -> None:
    """What an erased address says now is left out, and does not take with it who printed the same."""
    store = tmp_path / "store"
    build([_lines(tmp_path / "in" / "a.jsonl", SECRET, *OTHERS)], out=store)
    erase(SECRET["url"], store=store, reason="asked")
    text = "A wholly new report about Brega, printed by two papers."
    rows = [
        {"text": text, "url": url, "date": f"2015-01-0{day}"}
        for day, url in enumerate((SECRET["url"], "http://b.org/"), 1)
    ]
    release = build([_lines(tmp_path / "in" / "a.jsonl", *rows)], out=store, name="later")
    assert [row["url"] for row in _rows(release)] == ["http://b.org/"]
    assert release.counts["drops"] == {"erased": 1}


def test_releases_that_tell_nothing_of_it_stay(tmp_path: Path) -> None:
    """One that names it as the near-duplicate of another, and one that left it out since it is on the blocklist."""
    long = " ".join(f"Then word{n} came from the port of Brega." for n in range(60))
    rows = [{"text": f"{head} was seen. {long}", "url": f"http://a.example/{head}"} for head in ("Muammar", "He")]
    rows = [{**row, "date": f"2015-01-0{2 - n}"} for n, row in enumerate(rows)]
    source, store = _lines(tmp_path / "in" / "a.jsonl", *rows), tmp_path / "store"
    build([source], out=store, name="near", dedup="drop")
    kept = build([source], out=store, name="kept", dedup="keep")
    receipt = erase(rows[0]["url"], store=store, reason="asked")
    assert [row.before for row in receipt.releases] == [kept.path.name]
    later = build([source], out=store, name="later", dedup="keep")
    assert later.counts["drops"] == {"erased": 1}
    assert not _named(store)
    again = erase(rows[1]["url"], store=store, reason="asked")
    assert {row.before for row in again.releases} == {"near-1.0.0", "kept-1.0.0-erased-1", "later-1.0.0"}


def test_what_a_drop_alone_tells_is_erased_by_its_id(tmp_path: Path) -> None:
    """Then the other copies of the text go too, the files that they were, and none of it comes back."""
    (tmp_path / "in").mkdir()
    for name in ("muammar", "twin-of-muammar"):
        (tmp_path / "in" / f"{name}.txt").write_text(SECRET["text"], encoding="utf-8")
    _lines(
        tmp_path / "in" / "b.jsonl", {"text": "The port of Brega, its oil and its ships are quiet on this day of rest."}
    )
    store, long = tmp_path / "store", Filters(min_characters=60)
    plain = build([tmp_path / "in"], out=store, name="plain")
    only = build([tmp_path / "in"], out=tmp_path / "only", filters=long)
    bare = build([tmp_path / "in"], out=tmp_path / "bare", filters=long, text="none")
    build([tmp_path / "in"], out=store, name="long", filters=long)
    id_ = next(row["article_id"] for row in _rows(plain) if row["text"] == SECRET["text"])
    receipt = erase(id_, store=store, reason="asked")
    assert [row.after for row in receipt.releases] == ["long-1.0.0-erased-1", "plain-1.0.0-erased-1"]
    assert not _named(store)
    for row in receipt.releases:
        left = manifest.load(store / str(row.after))
        assert [file.path for file in left.inputs] == ["in/b.jsonl"]
        assert verify(left) == []
    with pytest.raises(DataError, match=r"tells of an article that was erased.*Erase \w+ where it lies"):
        publish(only.path, str(store))
    full = rehydrate(bare.path, [tmp_path / "in"], out=store).release
    assert not _named(store)
    assert len(full.drops) == 2
    (drop, _) = only.drops
    erase(drop.id, store=tmp_path / "only", reason="asked")
    left = manifest.load(tmp_path / "only" / f"{only.path.name}-erased-1")
    assert Drop(drop.id, "release", "filtered: it was erased") in left.drops


@pytest.mark.parametrize("asked", ["stayed", "dropped"])
def test_a_copy_and_its_file_go_whichever_is_asked_for(tmp_path: Path, asked: str) -> None:
    """Their bytes differ; in one file there is another article, in one nothing but the copy."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "muammar.txt").write_text(SECRET["text"] + "\r\n", encoding="utf-8")
    _lines(tmp_path / "in" / "twin-of-muammar.json", {**SECRET, "text": SECRET["text"] + "\n"})
    _lines(tmp_path / "in" / "both.jsonl", *OTHERS)
    release = build([tmp_path / "in"], out=tmp_path / "store")
    (drop,) = release.drops
    (stayed,) = (row["article_id"] for row in _rows(release) if SECRET["text"] in row["text"])
    receipt = erase(stayed if asked == "stayed" else drop.id, store=tmp_path / "store", reason="asked")
    assert {row.article_id for row in receipt.articles} == {stayed, drop.id}
    left = manifest.load(tmp_path / "store" / f"{release.path.name}-erased-1")
    assert [file.path for file in left.inputs] == ["in/both.jsonl"]
    assert not _named(tmp_path / "store")
    assert verify(left) == []


def test_a_standoff_release_that_lost_no_row_still_knows_its_full_form(tmp_path: Path) -> None:
    source = _lines(
        tmp_path / "in" / "a.jsonl", SECRET, {"text": "The port of Brega, its oil and ships are quiet today."}
    )
    bare = build([source], out=tmp_path / "store", filters=Filters(min_characters=50), text="none")
    (drop,) = bare.drops
    erase(drop.id, store=tmp_path / "store", reason="asked")
    left = manifest.load(tmp_path / "store" / f"{bare.path.name}-erased-1")
    assert left.full == bare.full
    assert rehydrate(left.path, [source], out=tmp_path / "full").identical


def test_endless_values_are_cut(tmp_path: Path) -> None:
    """So that what is written can be read, and nobody stops erasures with an address."""
    rows = [{"text": "A text that is lacking.", "url": f"http://a.example/{'x' * 40_000}"}, *OTHERS]
    bare = build([_lines(tmp_path / "in" / "a.jsonl", *rows)], out=tmp_path / "store", text="none")
    (tmp_path / "one.txt").write_text(OTHERS[0]["text"], encoding="utf-8")
    part = rehydrate(bare.path, [tmp_path / "one.txt"], out=tmp_path / "store").release
    assert verify(part) == []
    assert max(len(drop.reason) for drop in part.drops) == drops.MOST_CHARACTERS
    assert erase(OTHERS[1]["url"], store=tmp_path / "store", reason="asked").complete


def test_an_erasure_does_not_begin_where_drops_cannot_be_read(release: Release) -> None:
    (id_, other) = (row["article_id"] for row in _rows(release))
    kept = (release.path / DROPS).read_bytes()
    (release.path / DROPS).unlink()
    for dry in (True, False):
        with pytest.raises(DataError, match=f"{DROPS} cannot be read"):
            erase(id_, store=release.path.parent, reason="asked", dry_run=dry)
    (release.path / DROPS).write_bytes(kept)
    assert erase(other, store=release.path.parent, reason="asked").complete


def test_the_first_manifests_had_them_inside(tmp_path: Path) -> None:
    """They are read so, and an erasure writes them into a file."""
    shutil.copytree(OLD, tmp_path / "store")
    path = tmp_path / "store" / "libya-news-1.0.0" / manifest.FILE_NAME
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["drops"] = [{"id": "in/a.txt", "stage": "read", "reason": "empty: the file has no bytes"}]
    fields["counts"]["drops"] = {"empty": 1}
    path.write_text(json.dumps(fields), encoding="utf-8")
    old = manifest.load(path.parent)
    assert old.drops == (Drop("in/a.txt", "read", "empty: the file has no bytes"),)
    again = replace(old, path=tmp_path / "again")
    again.path.mkdir()
    (again.path / manifest.FILE_NAME).write_text(manifest.to_json(again), encoding="utf-8")
    drops.write(again.path, old.drops)
    assert list(manifest.load(again.path).drops) == list(old.drops)


HOSTILE = {
    "a null": pa.table({"id": ["a"], "stage": ["read"], "reason": pa.array([None], pa.string())}),
    "a number": pa.table({"id": ["a"], "stage": ["read"], "reason": [1]}),
    "a column less": pa.table({"id": ["a"], "reason": ["empty"]}),
    "an endless reason": pa.table({"id": ["a"] * 3_000, "stage": ["read"] * 3_000, "reason": ["x" * 10**6] * 3_000}),
}


@pytest.mark.parametrize("table", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_anybody_wrote(release: Release, table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, release.path / DROPS)
    with pytest.raises(DataError, match=f"{DROPS} cannot be read"):
        list(release.drops)
    assert any(f"{DROPS} cannot be read" in fault for fault in verify(release))
    with pytest.raises(DataError):
        erase("a", store=release.path.parent, reason="asked")
    with pytest.raises(DataError):
        publish(release.path, str(tmp_path / "there"), text="none", override="asked")


def test_what_is_no_file_is_told(release: Release) -> None:
    for name in (DROPS, release.files[0].path):
        (release.path / name).unlink()
        os.mkfifo(release.path / name)
    faults = verify(release)
    assert any(f"{DROPS} cannot be read" in fault for fault in faults)
    assert any(f"{release.files[0].path} cannot be read" in fault for fault in faults)


@pytest.mark.parametrize("count", [-1, 10**30, 7.0, "7", None])
def test_what_a_manifest_counts_is_a_number(release: Release, count: object) -> None:
    path = release.path / manifest.FILE_NAME
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["counts"]["drops"]["empty"] = count
    path.write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(DataError, match="no readable manifest"):
        manifest.load(release.path)


def test_drops_that_nobody_counts_are_found(release: Release) -> None:
    hidden = replace(release, counts={**release.counts, "drops": {}})
    assert f"manifest.json: counts of drops are not those of {DROPS}" in verify(hidden)
    rows = pa.Table.from_batches([drops.rows([*list(release.drops)[::-1], Drop("z", "nowhere", "empty")])])
    pq.write_table(rows, release.path / DROPS)
    faults = verify(release)
    assert any(fault.endswith("is not in the order of ids") for fault in faults)
    assert f"{DROPS}: z: 'nowhere' is no stage" in faults


def test_a_release_goes_to_another_process(release: Release) -> None:
    there = pickle.loads(pickle.dumps(release))  # noqa: S301 - made in this very line
    assert there == release
    assert list(there.drops) == list(release.drops) == list(asdict(release)["drops"])


@given(DROPPED, DROPPED, st.sampled_from((0, 500, 1 << 20)))
def test_they_come_in_order_from_disk_too(some: list[Drop], others: list[Drop], kept: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name, few in (("KEPT_BYTES", kept), ("BLOCK_BYTES", 5_000), ("BUCKET_BYTES", 2_000), ("BATCH_BYTES", 100)):
            patch.setattr(shelf, name, few)
        patch.setattr(drops, "AT_ONCE", 3)
        with contextlib.closing(Shelf(Path(folder))) as held:
            _, told = fill(held, (), some)
        both = drops.merged(told, drops.on_disk(Path(folder), [drops.rows(others), drops.rows(())]))
        assert list(both) == list(both) == _in_order([*some, *others])
        assert len(both) == len(some) + len(others)
        (document,) = drops.write(Path(folder), both) or (None,)
        assert (document is None) == (not both)
        assert list(drops.published(Path(folder), len(both))) == list(both)
