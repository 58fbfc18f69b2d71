"""The members of tar archives: how they are told, and what is damaged, cut off or made to do harm."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from libya_news import Drop, RawArticle, read
from libya_news.sources import _streams, _tar
from libya_news.sources._tar import DAMAGED, UNMARKED

STORY = b"Talks in Moscow end without a deal."
END = bytes(1024)


def _read(path: Path) -> tuple[list[RawArticle], list[Drop]]:
    drops: list[Drop] = []
    return list(read(path, on_drop=drops.append)), drops


def _names(articles: Iterable[RawArticle]) -> list[str]:
    return [article.source.partition(".tar/")[2] for article in articles]


def _member(name: str, data: bytes = STORY, kind: bytes = b"0", size: int | None = None) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = len(data) if size is None else size, kind
    return entry.tobuf(tarfile.GNU_FORMAT) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def _facts(**facts: str) -> bytes:
    """A header that tells facts of the next member; ``_`` in their names stands for a dot."""
    return _member("facts", _records(facts), b"x")


def _records(facts: dict[str, str]) -> bytes:
    made = b""
    for key, value in facts.items():
        record = f" {key.replace('_', '.')}={value}\n".encode()
        size = len(record) + len(str(len(record)))
        made += str(len(record) + len(str(size))).encode() + record
    return made


def _sparse(name: str, data: bytes, said: int, maps: int = 0) -> bytes:
    """A sparse file of the old kind, which says to have so many bytes, and has so many further blocks of its map."""
    head = bytearray(_member(name, data, b"S")[:512])
    head[386:410] = b"%011o\0%011o\0" % (0, len(data))
    head[482] = maps > 0
    head[483:495] = b"\x80" + said.to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    further = b"".join(bytes(504) + bytes([number < maps - 1]) + bytes(7) for number in range(maps))
    return bytes(head) + further + _padded(data)


A, B, C = (_member(f"{name}.txt", STORY + name.encode()) for name in "abc")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("packed", [False, True])
def test_names_of_every_format(tmp_path: Path, form: int, packed: bool) -> None:
    names = ["a.txt", "d/" * 60 + "b.txt"]
    names += ["f" * 300 + ".txt", "أخبار.txt", "d/" * 60 + "l" * 200 + ".txt"] * (form != tarfile.USTAR_FORMAT)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form, pax_headers={"comment": "x"}) as archive:
        for name in [*names, "folder/"]:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = (0, tarfile.DIRTYPE) if name.endswith("/") else (len(STORY), tarfile.REGTYPE)
            archive.addfile(entry, io.BytesIO(STORY))
    data = sink.getvalue()
    (tmp_path / "a.tar").write_bytes(gzip.compress(data) if packed else data)
    articles, drops = _read(tmp_path)
    assert (_names(articles), drops) == (names, [])


LOST: dict[str, tuple[bytes, list[str], list[str]]] = {
    "sound": (A + B + C + END, ["a.txt", "b.txt", "c.txt"], []),
    "several behind one another": (A + END + B + END * 9 + C + END, ["a.txt", "b.txt", "c.txt"], []),
    "one block marks the end": (A + bytes(512), ["a.txt"], []),
    "a mark that is cut off": (A + bytes(99), ["a.txt"], []),
    "a damaged header": (A + b"X" + B[1:] + C + END, ["a.txt", "c.txt"], [DAMAGED]),
    "two of them": (A + b"X" + B[1:] + b"X" + C[1:] + A + END, ["a.txt", "a.txt"], [DAMAGED]),
    "the first header": (b"X" + A[1:] + B + END, ["b.txt"], [DAMAGED]),
    "a header that is cut off": (A + B[:300], ["a.txt"], [DAMAGED]),
    "no end mark": (A + B, ["a.txt", "b.txt"], [UNMARKED]),
    "garbage behind the mark": (A + END + b"garbage" * 999, ["a.txt"], [DAMAGED]),
    "garbage between": (A + _padded(b"garbage" * 99) + B + END, ["a.txt", "b.txt"], [DAMAGED]),
    "a size below zero": (A + _member("b.txt", size=-512) + C + END, ["a.txt", "c.txt"], [DAMAGED]),
    "a name of nothing": (A + _member("L", b"long.txt\0", b"L") + END, ["a.txt"], [DAMAGED]),
    "a name at the end": (A + _member("L", b"long.txt\0", b"L"), ["a.txt"], [UNMARKED]),
    "facts that are none": (_member("x", b"99 path=b.txt\n", b"x") + A + B + END, ["a.txt", "b.txt"], [DAMAGED]),
    "facts without a space": (_member("x", b"a" * 600, b"x") + A + END, ["a.txt"], [DAMAGED]),
    "a size that is none": (_facts(size="many") + A + END, [], [DAMAGED]),
    "another name": (_facts(path="x/b.txt") + A + B + END, ["x/b.txt", "b.txt"], []),
    "another size": (_facts(size=str(len(STORY))) + _member("a.txt", size=0) + B + END, ["a.txt", "b.txt"], []),
    "facts of all": (_member("g", _records({"path": "x.txt", "size": "9"}), b"g") + A + END, ["a.txt"], []),
    "a kind that nobody knows": (_member("a.txt", kind=b"Z") + B + END, ["a.txt", "b.txt"], []),
    "a folder with a size": (_member("a", b"", b"5", size=99) + B + END, ["b.txt"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_of_an_archive_is_a_drop(tmp_path: Path, name: str) -> None:
    data, found, reasons = LOST[name]
    (tmp_path / "a.tar").write_bytes(data)
    articles, drops = _read(tmp_path / "a.tar")
    assert _names(articles) == found
    assert [(drop.id, drop.reason) for drop in drops] == [("a.tar", reason) for reason in reasons]


def test_endless_facts_of_a_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tar, "_MAX_FACTS", 1024)
    for kind in b"xgL":
        data = A + _member("facts", b" " * 2_000, bytes([kind])) + B + _member("facts", b"", b"x", 1 << 60) + C + END
        (tmp_path / "a.tar").write_bytes(data)
        articles, drops = _read(tmp_path)
        assert _names(articles) == ["a.txt", "b.txt", "c.txt"]
        assert [drop.reason for drop in drops] == [DAMAGED] * 2


@pytest.mark.parametrize("maps", [0, 1, 3])
def test_sparse_files_of_the_old_kind(tmp_path: Path, maps: int) -> None:
    (tmp_path / "a.tar").write_bytes(_sparse("a.txt", STORY, 1 << 40, maps) + B + END)
    articles, drops = _read(tmp_path)
    assert _names(articles) == ["b.txt"]
    assert [drop.reason.partition(",")[0] for drop in drops] == ["unreadable: a sparse file"]


@pytest.mark.parametrize(
    "facts",
    [
        {"GNU_sparse_major": "1", "GNU_sparse_minor": "0", "GNU_sparse_realsize": "99999999999"},
        {"GNU_sparse_size": "99999999999", "GNU_sparse_numblocks": "0"},
        {"GNU_sparse_map": "0,9", "GNU_sparse_size": "9"},
    ],
)
def test_sparse_files_of_the_new_kinds(tmp_path: Path, facts: dict[str, str]) -> None:
    (tmp_path / "a.tar").write_bytes(_facts(**facts) + A + B + END)
    articles, drops = _read(tmp_path)
    assert _names(articles) == ["b.txt"]
    assert [drop.reason.partition(",")[0] for drop in drops] == ["unreadable: a sparse file"]


@pytest.mark.parametrize("said", [600, 1 << 40, 1 << 62])
@pytest.mark.parametrize("packed", [False, True])
def test_sizes_that_are_not_there(tmp_path: Path, said: int, packed: bool) -> None:
    """The records that are there are read."""
    lines = b"".join(json.dumps({"text": f"{number**9}"}).encode() + b"\n" for number in range(99))
    data = A + _member("b.jsonl", b"", size=said) + lines[:500]
    (tmp_path / "a.tar").write_bytes(gzip.compress(data) if packed else data)
    articles, drops = _read(tmp_path / "a.tar")
    assert len(articles) == 1 + lines[:500].count(b"\n")
    assert [(drop.id, drop.reason) for drop in drops] == [
        ("a.tar/b.jsonl", f"unreadable: cut off: 500 of {said:,} bytes are there"),
        ("a.tar", "unreadable: cut off: the archive ends within a member"),
    ]


def test_a_size_beyond_all_bounds(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(_facts(size="9" * 30) + A)
    articles, drops = _read(tmp_path)
    assert not articles
    assert len(drops) == 2


def test_a_size_that_is_not_there_allows_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 100_000)
    bomb = gzip.compress(b" " * 10_000_000)
    (tmp_path / "a.tar").write_bytes(A + _member("b.txt.gz", b"", size=1 << 40) + bomb)
    articles, drops = _read(tmp_path)
    assert _names(articles) == ["a.txt"]
    assert drops[0].reason.startswith(f"bomb: it unpacks to more than {200 * len(bomb):,} bytes")


def test_records_of_a_compressed_file_that_is_cut_off_with_its_archive(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"text": f"{number**9}"}).encode() + b"\n" for number in range(5_000))
    packed = gzip.compress(lines)
    (tmp_path / "a.tar").write_bytes((A + _member("b.jsonl.gz", packed))[: len(packed) // 2])
    articles, drops = _read(tmp_path)
    assert len(articles) > 2_000
    assert len(drops) == 2


def test_many_small_bombs_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "FREE_BYTES", 100_000)
    monkeypatch.setattr(_streams, "MAX_EXPANSION", 1)
    bombs = b"".join(_member(f"{number}.txt.gz", gzip.compress(STORY * 2_000)) for number in range(9))
    (tmp_path / "a.tar").write_bytes(bombs + END)
    articles, drops = _read(tmp_path)
    assert len(articles) == 1
    assert {drop.reason for drop in drops} == {"bomb: the archive unpacks to more than 100,000 bytes"}
    assert len(drops) == 8
