"""What was made of files and articles before, so that a build does only what is new."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Drop, RawArticle
from libya_news.sources import SourceFile, read_file

from . import manifest
from .rows import RESULTS, cells, results

FILE_NAME: Final = "results.sqlite"

_BEGIN: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY, sha256 BLOB, data BLOB);
CREATE TABLE IF NOT EXISTS articles (key BLOB PRIMARY KEY, batch INTEGER, row INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, sha256 BLOB, data BLOB) WITHOUT ROWID;
"""
"""Results as they were made, many at a time; which of them is an article's; and the articles of each file, in order.
Whatever a crash leaves of it, what is not as it was written is noticed by its hash."""

KEY_BYTES: Final = 32

LOADED: Final = 16
"""Batches in memory at once: some 50 MB."""

_KEYED: Final = RESULTS.append(pa.field("key", pa.binary(KEY_BYTES)))
"""Each row names its article, so that an index that is damaged cannot point to another one."""


class Known(NamedTuple):
    """What was made of an article before: a row of a batch."""

    batch: pa.RecordBatch
    row: int


class Cache:
    """Results by what decides them: the article as found, what its source says of it, the stages, the code.

    A file that is the same is not even read. An article that stands in a file that changed is found by its own key.
    """

    def __init__(
        self, folder: Path, process: Callable[[Sequence[RawArticle]], Callable[[], pa.RecordBatch]], identity: Any
    ) -> None:
        """Open a cache, or begin one.

        Args:
            folder: holds it; it can be deleted at any time.
            process: makes the rows of the articles that are not known.
            identity: what besides the code decides what is made of articles; its ``repr`` stands for it.

        Raises:
            EnvironmentFaultError: it cannot be written.
        """
        self._process, self._path = process, folder / FILE_NAME
        self._code = json.dumps([manifest.code(), manifest.environment(), repr(identity)], sort_keys=True)
        self._batch = lru_cache(maxsize=LOADED)(self._loaded)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                self._base = self._opened()
            except sqlite3.DatabaseError:
                self._path.unlink()
                self._base = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentFaultError(f"Cannot use the cache {folder}: {error}.", "Choose another --cache.") from None

    def _opened(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._path)
        try:
            base.executescript(_BEGIN)
        except sqlite3.Error:
            base.close()
            raise
        return base

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def read(self, file: SourceFile) -> Iterator[RawArticle | Drop | Known]:
        """What was made of the articles of a file; from the first on of which that is not known, they are read."""
        own = _hashed((self._code, file.name, file.reading, file.sha256))
        row = self._row("SELECT sha256, data FROM files WHERE key = ?", own)
        keys = row[1] if row and sha256(row[1]).digest() == row[0] else b""
        number = 0
        for number in range(len(keys) // KEY_BYTES):
            known = self._known(keys[number * KEY_BYTES : (number + 1) * KEY_BYTES])
            if known is None:
                break
            yield known
        else:
            if keys:
                return
        yield from islice(self._read(file, own), number, None)

    def _read(self, file: SourceFile, own: bytes) -> Iterator[RawArticle | Drop]:
        keys = bytearray()
        for item in read_file(file):
            keys += self._key(item)
            yield item
        with contextlib.suppress(OSError):
            if isinstance(file.path, Path) and file.digest()[0] != file.sha256:
                return  # it has changed since it was listed; of a URL, opening it would have told
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", [(own, sha256(keys).digest(), bytes(keys))])

    def run(self, items: Sequence[RawArticle | Drop | Known]) -> list[Callable[[], pa.RecordBatch]]:
        """What becomes of some items: of articles that are not known, what is made of them, which is remembered."""
        pending: list[Callable[[], pa.RecordBatch]] = []
        raws = {self._key(item): item for item in items if isinstance(item, RawArticle)}
        found = {key: known for key in raws if (known := self._known(key))}
        keys = [key for key in raws if key not in found]
        if keys:
            pending.append(partial(self._kept, keys, self._process([raws[key] for key in keys])))
        if drops := [item for item in items if isinstance(item, Drop)]:
            pending.append(partial(self._kept, [self._key(drop) for drop in drops], partial(results, drops)))
        rows: dict[int, tuple[pa.RecordBatch, list[int]]] = {}
        for batch, row in (*(item for item in items if isinstance(item, Known)), *found.values()):
            rows.setdefault(id(batch), (batch, []))[1].append(row)
        for batch, numbers in rows.values():
            pending.append(partial(_taken, batch, numbers))
        return pending

    def _key(self, item: RawArticle | Drop) -> bytes:
        if isinstance(item, Drop):
            return _hashed(item)
        return _hashed((self._code, type(item.data).__name__, *_KNOWN(item)))

    def _known(self, key: bytes) -> Known | None:
        """Where it is remembered what was made of an article, and it is what was written."""
        place = self._row("SELECT batch, row FROM articles WHERE key = ?", key)
        if place is None:
            return None
        batch, rows = self._batch(place[0])
        return Known(batch, place[1]) if rows.get(place[1]) == key else None

    def _loaded(self, number: int) -> tuple[pa.RecordBatch, dict[int, bytes]]:
        """A batch, and which of its rows are whose; of one that is not what was written, none."""
        row = self._row("SELECT sha256, data FROM batches WHERE number = ?", number)
        if row is None or sha256(row[1]).digest() != row[0]:
            return pa.RecordBatch.from_pylist([], _KEYED), {}
        with pa.ipc.open_stream(row[1]) as reader:
            batch = reader.read_next_batch()
        return batch, dict(enumerate(cells(batch, "key").to_pylist()))

    def _kept(self, keys: Sequence[bytes], pending: Callable[[], pa.RecordBatch]) -> pa.RecordBatch:
        """The batch, which is remembered."""
        batch = pending()
        keyed = pa.RecordBatch.from_arrays([*batch.columns, pa.array(keys, pa.binary(KEY_BYTES))], schema=_KEYED)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, _KEYED, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            writer.write_batch(keyed)
        data = sink.getvalue().to_pybytes()
        number = self._write("INSERT INTO batches (sha256, data) VALUES (?, ?)", [(sha256(data).digest(), data)])
        rows = [(key, number, row) for row, key in enumerate(keys)]
        self._write("INSERT OR REPLACE INTO articles VALUES (?, ?, ?)", rows)
        return batch

    def _row(self, query: str, key: bytes | int) -> tuple[Any, ...] | None:
        try:
            if not self._base.in_transaction:
                self._base.execute("BEGIN")  # else each look takes and gives back a lock, which is most of its time
            found: tuple[Any, ...] | None = self._base.execute(query, (key,)).fetchone()
        except sqlite3.Error:
            return None
        return found

    def _write(self, query: str, rows: Sequence[tuple[Any, ...]]) -> int | None:
        """A cache that cannot be written makes a run slow, not wrong."""
        number = None
        with contextlib.suppress(sqlite3.Error), self._base:
            for row in rows:
                number = self._base.execute(query, row).lastrowid
        return number


def _taken(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    return batch.take(pa.array(rows)).select(RESULTS.names)


_KNOWN: Final = attrgetter("sha256", *(field.name for field in fields(RawArticle) if field.name != "data"))


def _hashed(what: Any) -> bytes:
    return sha256(repr(what).encode("utf-8", "surrogatepass")).digest()
