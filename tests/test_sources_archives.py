"""Compressed files and archives: every pair of them, and what somebody could hide in one."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzing.packing import ARCHIVES, COMPRESSED, tarred, zipped

from libya_news import Drop, RawArticle, read
from libya_news.sources import _streams


def _read(path: Path) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(path, on_drop=drops.append)), drops


def _parquet(text: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": [text]}), sink)
    return sink.getvalue()


STORY = "Talks in Moscow end without a deal."
FILES = {
    "a.txt": STORY.encode(),
    "a.jsonl": json.dumps({"text": STORY}).encode(),
    "a.json": json.dumps([{"text": STORY}]).encode(),
    "a.csv": f"text\n{STORY}\n".encode(),
    "a.sgml": f"<DOC><TEXT>{STORY}</TEXT></DOC>".encode(),
    "a.parquet": _parquet(STORY),
    "a.html": STORY.encode(),
}


def _story(article: RawArticle) -> str:
    return article.data if isinstance(article.data, str) else article.data.decode()


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_every_format_compressed(tmp_path: Path, suffix: str) -> None:
    for name, data in FILES.items():
        (tmp_path / f"{name}{suffix}").write_bytes(COMPRESSED[suffix](data))
    articles, drops = _read(tmp_path)
    assert not drops
    assert [_story(article) for article in articles] == [STORY] * len(FILES)


@pytest.mark.parametrize("suffix", ARCHIVES)
@pytest.mark.parametrize("inner", ["", *COMPRESSED])
@pytest.mark.parametrize("outer", ["", *COMPRESSED])
def test_every_format_in_an_archive(tmp_path: Path, suffix: str, inner: str, outer: str) -> None:
    files = {f"2015/{name}{inner}": COMPRESSED[inner](data) if inner else data for name, data in FILES.items()}
    packed = ARCHIVES[suffix](files)
    name = f"day{suffix}{outer}"
    (tmp_path / name).write_bytes(COMPRESSED[outer](packed) if outer else packed)
    articles, drops = _read(tmp_path / name)
    assert not drops
    assert [_story(article) for article in articles] == [STORY] * len(FILES)
    assert {article.source for article in articles} == {f"{name}/{inside}" for inside in files}


@pytest.mark.parametrize("name", ["a.tgz", "a.txz", "a.tzst", "a.tbz2"])
def test_short_suffixes(tmp_path: Path, name: str) -> None:
    compress = next(COMPRESSED[suffix] for suffix in COMPRESSED if name[3:] in suffix)
    (tmp_path / name).write_bytes(compress(tarred({"a.txt": STORY.encode()})))
    assert [article.source for article in read(tmp_path / name)] == [f"{name}/a.txt"]


def test_several_streams_in_one_file(tmp_path: Path) -> None:
    for suffix, compress in COMPRESSED.items():
        lines = [compress(json.dumps({"text": f"{number}"}).encode() + b"\n") for number in range(3)]
        (tmp_path / f"a.jsonl{suffix}").write_bytes(b"".join(lines))
    assert [article.data for article in read(tmp_path)] == ["0", "1", "2"] * 4


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_compressed_files_cut_and_damaged(tmp_path: Path, suffix: str) -> None:
    lines = "".join(json.dumps({"text": f"{number**7}"}) + "\n" for number in range(10_000))
    data = COMPRESSED[suffix](lines.encode())
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / f"a.jsonl{suffix}").write_bytes(data[:-20])
    (tmp_path / "cut" / f"b.jsonl{suffix}").write_bytes(data[:1000] + bytes(50) + data[1050:])
    (tmp_path / "cut" / f"c.jsonl{suffix}").write_bytes(data)
    articles, drops = _read(tmp_path)
    unreadable = [drop.id.rpartition("/")[2] for drop in drops if drop.reason.startswith("unreadable: ")]
    checked = "a" if suffix == ".zst" else "ab"  # this one was packed without a checksum, so damage can go unseen
    assert unreadable == [f"{name}.jsonl{suffix}" for name in checked]
    assert sum(article.source.endswith(f"c.jsonl{suffix}") for article in articles) == 10_000


ZSTD_BLOCK = 1 << 17
UNPACKED: dict[str, Callable[[bytes, bytes], bytes]] = {
    ".gz": lambda cut, _: zlib.decompressobj(31).decompress(cut),
    ".xz": lambda cut, _: lzma.LZMADecompressor().decompress(cut),
    ".bz2": lambda cut, _: bz2.BZ2Decompressor().decompress(cut),
    ".zst": lambda _, whole: whole[: len(whole) // ZSTD_BLOCK * ZSTD_BLOCK],
}
"""What is to be had of the bytes of a file that was cut off in its last block, for which zstd needs all of a block."""


@pytest.mark.parametrize("count", [200, 8_000])
@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.sgml"])
def test_all_records_before_damage_are_read(tmp_path: Path, name: str, suffix: str, count: int) -> None:
    texts = (f"{number**7} {number**5}" for number in range(count))
    before, behind = {".jsonl": ('{"text": "', '"}\n'), ".json": ('{"text": "', '"}'), ".csv": ("", "\n")}.get(
        name[1:], ("<DOC><TEXT>", "</TEXT></DOC>")
    )
    whole = ("text\n" * (name == "a.csv") + "".join(f"{before}{text}{behind}" for text in texts)).encode()
    cut = COMPRESSED[suffix](whole)[:-50]
    (tmp_path / f"{name}{suffix}").write_bytes(cut)
    articles, drops = _read(tmp_path)
    assert len(articles) == max(0, UNPACKED[suffix](cut, whole).count(behind.encode()) - (name == "a.csv"))
    assert [drop.reason.partition(":")[0] for drop in drops] == ["unreadable"]


def test_files_before_damage_in_a_compressed_tar(tmp_path: Path) -> None:
    files = {f"{number}.txt": f"{STORY} {number**900}".encode() for number in range(20)}
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tarred(files))[:-1000])
    articles, drops = _read(tmp_path)
    assert 17 < len(articles) < 20
    assert [drop.id.partition("/")[2] for drop in drops] == [f"a.tar.gz/{len(articles)}.txt", "a.tar.gz"]


def test_names_that_lead_out(tmp_path: Path) -> None:
    files = {"../up.txt": b"a", "/etc/root.txt": b"a", "x/../../up.txt": b"a", "..\\up.txt": b"a", "good.txt": b"Good."}
    (tmp_path / "a.zip").write_bytes(zipped(files))
    (tmp_path / "b.tar").write_bytes(tarred(files))
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [b"Good."] * 2
    assert [drop.reason.partition(":")[0] for drop in drops] == ["unsafe name"] * 8
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "b.tar"]


def test_links_and_devices_in_archives(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Secret.", encoding="utf-8")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (("s.txt", tarfile.SYMTYPE), ("h.txt", tarfile.LNKTYPE), ("p.txt", tarfile.FIFOTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, str(secret)
            archive.addfile(entry)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        link = zipfile.ZipInfo("s.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, str(secret))
    for name, reasons in (("a.tar", ["link", "link", "not a file"]), ("b.zip", ["link"])):
        articles, drops = _read(tmp_path / name)
        assert not articles
        assert [drop.reason.partition(":")[0] for drop in drops] == reasons


def test_what_is_passed_over_in_archives(tmp_path: Path) -> None:
    files = {"__MACOSX/a.txt": b"x", ".git/a.txt": b"x", "d/.DS_Store": b"x", "d/": b"", "d/provenance.toml": b"x"}
    (tmp_path / "a.zip").write_bytes(zipped({**files, "d/a.txt": STORY.encode()}))
    articles, drops = _read(tmp_path)
    assert not drops
    assert len(articles) == 1


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_bomb(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 1_000_000)
    bomb = COMPRESSED[suffix](b" " * 29_000_000 + json.dumps({"text": STORY}).encode())
    files = {f"bomb.jsonl{suffix}": bomb, "good.txt": STORY.encode()}
    (tmp_path / f"bomb.jsonl{suffix}").write_bytes(bomb)
    (tmp_path / "b.zip").write_bytes(zipped(files))
    (tmp_path / "c.tar").write_bytes(tarred(files))
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [STORY.encode()] * 2
    assert [drop.reason.partition(":")[0] for drop in drops] == ["bomb"] * 3


def test_a_bomb_in_a_zip_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 1_000_000)
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": b" " * 30_000_000, "b.txt": STORY.encode()}))
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [STORY.encode()]
    assert [drop.reason.partition(":")[0] for drop in drops] == ["bomb"]


def test_an_archive_of_many_bombs_has_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 1_000_000)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(tarred({f"{n}.txt": b" " * 990_000 for n in range(50)})))
    articles, drops = _read(tmp_path)
    assert len(articles) < 20
    assert drops[-1].reason.startswith("bomb")


def test_archives_in_archives_have_an_end(tmp_path: Path) -> None:
    data = STORY.encode()
    for level in range(8):
        data = zipped({"a.zip" if level else "a.txt": data})
        (tmp_path / f"{level}.zip").write_bytes(data)
    articles, drops = _read(tmp_path)
    assert [article.source.count("/") for article in articles] == [2, 3, 4, 5, 6]
    assert [drop.reason.partition(":")[0] for drop in drops] == ["nested"] * 3


def test_zips_that_are_none(tmp_path: Path) -> None:
    whole = zipped({"a.txt": STORY.encode(), "b.txt": b"More."}, zipfile.ZIP_STORED)
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    (tmp_path / "b.zip").write_bytes(whole.replace(b"Moscow", b"Mexico"))
    (tmp_path / "c.zip").write_bytes(b"")
    (tmp_path / "d.docx").write_bytes(whole)
    (tmp_path / "e.tar").write_bytes(tarred({"a.txt": STORY.encode()})[:520])
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [b"More."]
    assert [(drop.id.partition("/")[2], drop.reason.partition(":")[0]) for drop in drops] == [
        ("a.zip", "unreadable"), ("b.zip/a.txt", "unreadable"), ("c.zip", "empty"), ("d.docx", "binary"),
        ("e.tar/a.txt", "unreadable"), ("e.tar", "unreadable"),
    ]  # fmt: skip


def test_a_locked_zip(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": STORY.encode()}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert [drop.reason for drop in _read(tmp_path)[1]] == ["encrypted: a password is needed"]


def test_damage_anywhere_in_an_archive(tmp_path: Path) -> None:
    """Whatever is done to the bytes, there is an answer: articles or drops, and no exception."""
    for suffix, pack in ARCHIVES.items():
        data = pack({"a.txt": STORY.encode(), "b.jsonl.gz": gzip.compress(FILES["a.jsonl"])})
        path = tmp_path / f"a{suffix}"
        for at in range(0, min(len(data), 2048), 11):
            for damaged in (data[:at], data[:at] + b"\xff\xff\xff\x7f" + data[at + 4 :], data[at:]):
                path.write_bytes(damaged)
                articles, drops = _read(path)
                assert articles or drops
