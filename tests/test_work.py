"""How far a build tells that it is, in files that are read piece by piece."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from libya_news import build
from libya_news.pipeline import STEPS, Progress
from libya_news.release import work
from libya_news.sources import Meter

STORIES = [f"Talks {n} end in Moscow. " + " ".join(f"{n * word:x}" for word in range(400)) for n in range(400)]
LINES = "\n".join(json.dumps({"text": story}) for story in STORIES).encode()
TABLE = pa.table({"text": STORIES})


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, story in enumerate(STORIES):
            archive.writestr(f"{number}.txt", story)
    return packed.getvalue()


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for number in range(4):
            entry = tarfile.TarInfo(f"{number}.jsonl")
            entry.size = len(LINES)
            archive.addfile(entry, io.BytesIO(LINES))
    return packed.getvalue()


def parquet() -> bytes:
    packed = io.BytesIO()
    pq.write_table(TABLE, packed, row_group_size=50)
    return packed.getvalue()


def arrow() -> bytes:
    packed = io.BytesIO()
    with pa.ipc.new_file(packed, TABLE.schema) as writer:
        writer.write_table(TABLE, 50)
    return packed.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "news.jsonl": lambda: LINES,
    "news.jsonl.gz": lambda: gzip.compress(LINES),
    "news.jsonl.bz2": lambda: bz2.compress(LINES, 1),
    "news.jsonl.xz": lambda: lzma.compress(LINES),
    "news.jsonl.zst": lambda: pa.compress(LINES, "zstd", asbytes=True),
    "news.zip": zipped,
    "news.tar.gz": tarred,
    "news.parquet": parquet,
    "news.arrow": arrow,
}


def told(monkeypatch: pytest.MonkeyPatch, source: Path | str, out: Path, cache: Path | None = None) -> list[int]:
    """The bytes that a build tells of as it reads."""
    monkeypatch.setattr(work, "BATCH", 20)
    seen: list[Progress] = []
    build([source], out=out, on_progress=seen.append, cache=cache)
    return [now.bytes for now in seen if now.step == STEPS[0]]


@pytest.mark.parametrize("name", FILES)
def test_bytes_count_as_they_are_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = FILES[name]()
    (tmp_path / name).write_bytes(data)
    seen = told(monkeypatch, tmp_path / name, tmp_path / "out")
    assert seen == sorted(seen)
    assert seen[-1] == len(data)
    assert len(set(seen)) > 2
    assert 0 < seen[0] < len(data)


def test_so_do_those_behind_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fsspec.open("memory://work/news.jsonl", "wb") as stream:
        stream.write(LINES)
    seen = told(monkeypatch, "memory://work/news.jsonl", tmp_path)
    assert 0 < seen[0] < seen[len(seen) // 2] < seen[-1] == len(LINES)


def test_so_do_those_of_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news.jsonl").write_bytes(LINES)
    read, known = (
        told(monkeypatch, tmp_path / "news.jsonl", tmp_path / out, tmp_path / "cache") for out in ("one", "two")
    )
    for seen in (read, known):
        assert 0 < seen[0] < seen[len(seen) // 2] < seen[-1] == len(LINES)


def test_a_file_that_grew_counts_no_more_than_it_had() -> None:
    meter = Meter(3)
    stream = io.BytesIO(b"Talks")
    meter.watch(stream)
    stream.read()
    assert meter.bytes() == 3
