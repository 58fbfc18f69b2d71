"""The entries of zip archives: how they are unpacked, and what somebody could hide in them."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fuzzing.packing import zipped

from libya_news import Drop, RawArticle, read
from libya_news.sources import _streams
from libya_news.sources._zip import Entries

STORY = "Talks in Moscow end without a deal."
METHODS = {"stored": 0, "deflated": 8, "bzip2": 12, "LZMA": 14}
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def _read(path: Path) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(path, on_drop=drops.append)), drops


def _packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    return bytearray(zipped(files, method))


def _three(method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    return _packed({f"{name}.txt": f"{STORY} {name}".encode() for name in "abc"}, method)


def _at(data: bytes | bytearray, sign: bytes, number: int) -> int:
    """Where the header with that sign begins, the first being number 0."""
    at = -1
    for _ in range(number + 1):
        at = data.index(sign, at + 1)
    return at


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_all_that_was_packed_is_read(tmp_path: Path, method: int) -> None:
    lines = "".join(json.dumps({"text": f"{number**9}"}) + "\n" for number in range(5_000))
    (tmp_path / "a.zip").write_bytes(
        _packed({"a.jsonl": lines.encode(), "empty.txt": b"", "b.txt": STORY.encode()}, method)
    )
    articles, drops = _read(tmp_path / "a.zip")
    assert len(articles) == 5_001
    assert [drop.reason.partition(":")[0] for drop in drops] == ["empty"]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_read_unpacks_more_than_was_asked_for(method: int) -> None:
    data = _packed({"a": bytes(3_000_000)}, method)
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream) as archive:
        entry = Entries(stream, archive).open(archive.infolist()[0])
        pieces = list(iter(lambda: entry.read1(1 << 14), b""))
    assert sum(map(len, pieces)) == 3_000_000
    assert max(map(len, pieces)) <= 1 << 14


@pytest.mark.parametrize("method", list(METHODS.values())[1:], ids=list(METHODS)[1:])
def test_a_bomb_is_met_before_it_is_unpacked(tmp_path: Path, method: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 1_000_000)
    made: list[int] = []
    spend = _streams.Budget.spend

    def watched(self: _streams.Budget, size: int) -> None:
        made.append(size)
        spend(self, size)

    monkeypatch.setattr(_streams.Budget, "spend", watched)
    (tmp_path / "a.zip").write_bytes(_packed({"a.txt": b" " * 20_000_000}, method))
    articles, drops = _read(tmp_path)
    assert not articles
    assert [drop.reason.partition(":")[0] for drop in drops] == ["bomb"]
    assert max(made) <= _streams.STEP


@pytest.mark.parametrize("inner", [bytes, bz2.compress, lzma.compress])
def test_many_small_bombs_are_one(
    tmp_path: Path, inner: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them alone may unpack to what it does."""
    monkeypatch.setattr(_streams, "FREE_BYTES", 100_000)
    monkeypatch.setattr(_streams, "MAX_EXPANSION", 1)
    files = {f"{number}.txt": inner(STORY.encode() * 2_000) for number in range(10)}
    (tmp_path / "a.zip").write_bytes(_packed(files, zipfile.ZIP_BZIP2))
    articles, drops = _read(tmp_path)
    assert len(articles) == 1
    assert {drop.reason for drop in drops} == {"bomb: the archive unpacks to more than 100,000 bytes"}
    assert len(drops) == 9


def test_entries_that_begin_at_the_same_byte_are_read_once(tmp_path: Path) -> None:
    data = _packed({"a.txt": STORY.encode()})
    start, end = data.index(CENTRAL), data.index(END)
    directory, tail = data[start:end] * 60, data[end:]
    tail[8:16] = struct.pack("<HHI", 60, 60, len(directory))
    (tmp_path / "a.zip").write_bytes(data[:start] + directory + tail)
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [STORY.encode()]
    assert [drop.reason for drop in drops] == ["unreadable: its bytes are those of another entry, too"] * 59


def test_an_entry_that_reaches_into_the_next_is_not_read(tmp_path: Path) -> None:
    """What is wrong with the size of one entry costs no other."""
    for name, number in (("a.zip", 0), ("c.zip", 2)):
        data = _three(zipfile.ZIP_STORED)
        at = _at(data, CENTRAL, number)
        data[at + 20 : at + 28] = struct.pack("<II", 10_000, 10_000)
        (tmp_path / name).write_bytes(data)
    articles, drops = _read(tmp_path)
    assert [drop.id.partition("/")[2] for drop in drops] == ["a.zip/a.txt", "c.zip/c.txt"]
    assert {drop.reason for drop in drops} == {"unreadable: its bytes are those of another entry, too"}
    assert len(articles) == 4


DAMAGE: dict[str, tuple[Callable[[bytearray], Any], str]] = {
    "a name that is no UTF-8": (lambda data: data.__setitem__(_at(data, LOCAL, 1) + 30, 0xFF), "another name"),
    "a flag that the name is UTF-8": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 9, 8), ""),
    "no entry there": (lambda data: data.__setitem__(_at(data, LOCAL, 1), 0), "there is no entry"),
    "an offset behind the end": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 44, 9), "there is no entry"),
    "a checksum": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 16, 0), "its checksum is wrong"),
    "a size that is too large": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 25, 9), "cut off: 2,304 of 2,3"),
    "a size that is too small": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 24, 9), "its checksum is wrong"),
    "an unknown method": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 10, 99), "compression method 99"),
    "another method": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 10, 14), ""),
    "strong encryption": (lambda data: data.__setitem__(_at(data, CENTRAL, 1) + 8, 0x40), "encrypted"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_costs_the_entry_that_has_it(tmp_path: Path, name: str) -> None:
    damage, reason = DAMAGE[name]
    data = _three()
    damage(data)
    (tmp_path / "a.zip").write_bytes(data)
    articles, drops = _read(tmp_path)
    found = [article.source.rpartition("/")[2] for article in articles]
    if name == "a flag that the name is UTF-8":  # the name is ASCII, and so the same
        assert (found, drops) == (["a.txt", "b.txt", "c.txt"], [])
    else:
        assert found == ["a.txt", "c.txt"]
        assert [drop.id.rpartition("/")[2] for drop in drops] == ["b.txt"]
        assert reason in drops[0].reason


def _lzma(dictionary: int, size: int, code: int = 0x5D) -> bytes:
    """An archive with an entry that asks for a dictionary, and says to unpack to so many bytes."""
    data = _packed({"a.txt": STORY.encode()}, zipfile.ZIP_LZMA)
    properties = data.index(LOCAL) + 30 + len("a.txt") + 4
    data[properties : properties + 5] = struct.pack("<BI", code, dictionary)
    at = data.index(CENTRAL) + 24
    data[at : at + 4] = struct.pack("<I", size)
    return bytes(data)


def test_lzma_may_not_ask_for_endless_memory(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(_lzma(0xFFFFFFFF, 0xFFFFFFF0))
    (tmp_path / "b.zip").write_bytes(_lzma(0xFFFFFFFF, len(STORY)))
    (tmp_path / "c.zip").write_bytes(_lzma(1 << 16, len(STORY), code=0xFF))
    articles, drops = _read(tmp_path)
    assert [article.source.partition("/")[2] for article in articles] == ["b.zip/a.txt"]
    assert drops[0].reason == (
        "unreadable: to unpack it takes 4,294,967,280 bytes of memory, where 268,435,456 are allowed"
    )
    assert drops[1].reason.startswith("unreadable: ")


def test_no_memory_for_an_entry_is_a_drop_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(lzma, "LZMADecompressor", hungry)
    (tmp_path / "a.zip").write_bytes(_packed({"a.txt": STORY.encode()}, zipfile.ZIP_LZMA))
    assert [drop.reason for drop in _read(tmp_path)[1]] == [_streams.NO_MEMORY]


class _Pipe(io.BytesIO):
    """What cannot go back to write a size that is known only later."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_sizes_behind_the_bytes_and_in_64_bits(tmp_path: Path, method: int) -> None:
    sink = _Pipe()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name in ("a.txt", "b.txt"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(STORY.encode())
    (tmp_path / "a.zip").write_bytes(sink.getvalue())
    articles, drops = _read(tmp_path)
    assert ([article.data for article in articles], drops) == ([STORY.encode()] * 2, [])


def test_a_folder_that_holds_bytes_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(_packed({"a.txt": STORY.encode(), "c/": b""}).replace(b"a.txt", b"a.tx/"))
    articles, drops = _read(tmp_path)
    assert not articles
    assert [drop.reason for drop in drops] == ["unknown format: no reader for .tx"]


def test_an_archive_behind_other_bytes(tmp_path: Path) -> None:
    """Offsets count from the archive's first byte, and its kind is told by that of the file."""
    (tmp_path / "a.zip").write_bytes(_packed({"no.bin": b"\0"}) + _three())
    assert len(_read(tmp_path)[0]) == 3
    (tmp_path / "a.zip").write_bytes(b"#!/bin/sh\n" + _three())
    assert [drop.reason for drop in _read(tmp_path)[1]] == ["unknown format: it does not begin as .zip does"]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_entries_that_are_cut_off_give_what_is_there(tmp_path: Path, method: int) -> None:
    lines = "".join(json.dumps({"text": f"{number**9}"}) + "\n" for number in range(5_000)).encode()
    data = _packed({"a.jsonl": lines}, method)
    at = data.index(CENTRAL) + 20
    packed = int.from_bytes(data[at : at + 4], "little")
    data[at : at + 4] = struct.pack("<I", packed - packed // 5)
    (tmp_path / "a.zip").write_bytes(data)
    articles, drops = _read(tmp_path)
    assert [drop.reason.partition(":")[0] for drop in drops] == ["unreadable"]
    assert len(articles) > 2_000 or method == METHODS["bzip2"]  # all of this is one of its blocks
