"""What unpacks compressed bytes step by step: several streams in one file, damage in any of them, and bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from libya_news import Drop, RawArticle, read
from libya_news.sources import _streams, _unpacking
from libya_news.sources._unpacking import Chain, Part, bzip2, xz

LINES = [
    b"".join(json.dumps({"text": f"{part} {number**5}"}).encode() + b"\n" for number in range(99)) for part in "ab"
]
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress}
OPENERS: dict[str, Callable[[Any], Chain]] = {".gz": _unpacking.gzip, ".xz": xz, ".bz2": bzip2}


def _read(path: Path) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(path, on_drop=drops.append)), drops


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("step", [1, 7, 1 << 14])
def test_streams_behind_one_another_however_they_are_read(suffix: str, step: int) -> None:
    data = b"".join(map(PACKERS[suffix], [*LINES, b"", b"end"]))
    chain = OPENERS[suffix](io.BytesIO(data))
    pieces = list(iter(lambda: chain.read1(step), b""))
    assert b"".join(pieces) == b"".join(LINES) + b"end"
    assert max(map(len, pieces)) <= step
    assert chain.read1(step) == b""


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("padding", [0, 4, 100_000])
def test_zeros_pad_streams(tmp_path: Path, suffix: str, padding: int) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(b"".join(PACKERS[suffix](lines) + bytes(padding) for lines in LINES))
    articles, drops = _read(path)
    assert (len(articles), drops) == (198, [])


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("damage", ["first byte", "second byte", "content", "cut", "one byte left", "garbage"])
def test_damage_behind_the_first_stream_is_no_silence(tmp_path: Path, suffix: str, damage: str) -> None:
    first, second = map(PACKERS[suffix], LINES)
    turned = {"first byte": 0, "second byte": 1, "content": 90}.get(damage)
    if turned is not None:
        second = second[:turned] + bytes([second[turned] ^ 1]) + second[turned + 1 :]
    second = {"cut": second[:-9], "one byte left": second[:1], "garbage": b"garbage"}.get(damage, second)
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(first + second)
    articles, drops = _read(path)
    assert len(articles) >= 99
    assert [drop.reason.partition(":")[0] for drop in drops] == ["unreadable"]


def test_xz_may_not_ask_for_endless_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_unpacking, "MAX_MEMORY", 2_000_000)
    for preset in (0, 6):  # with a dictionary of 256 KiB, and of 8 MiB
        (tmp_path / f"{preset}.jsonl.xz").write_bytes(lzma.compress(LINES[0], preset=preset))
    articles, drops = _read(tmp_path)
    assert {article.source.rpartition("/")[2] for article in articles} == {"0.jsonl.xz"}
    assert [drop.reason for drop in drops] == ["unreadable: Memory usage limit exceeded"]


def test_no_memory_left_is_a_drop_of_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hungry:
        def read1(self, _size: int) -> bytes:
            raise MemoryError

    monkeypatch.setattr(_streams, "COMPRESSIONS", ((b"BZh", lambda _: Hungry()),))
    (tmp_path / "a.jsonl.bz2").write_bytes(bz2.compress(LINES[0]))
    (tmp_path / "b.txt").write_bytes(b"Talks end.")
    articles, drops = _read(tmp_path)
    assert [article.data for article in articles] == [b"Talks end."]
    assert [drop.reason for drop in drops] == ["unreadable: to unpack it takes more memory than there is"]


def test_a_part_that_is_not_all_there() -> None:
    part = Part(io.BytesIO(b"talks"), 9_000)
    assert part.read1(1 << 20) == b"talks"
    with pytest.raises(EOFError, match="cut off: 5 of 9,000 bytes are there"):
        part.read1(1)
