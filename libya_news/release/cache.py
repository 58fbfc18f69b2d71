"""What was made of files and articles before, so that a build does only what is new."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Drop, RawArticle
from libya_news.sources import Meter, SourceFile, read_file

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

BEGINNING: Final = 16
"""Bytes that tell one key from another: among a billion, two that begin alike have a chance below 1 in 10^20."""

RECALLED: Final = 256
"""Articles that are recalled at once."""

LOADED: Final = 16
"""Batches in memory at once: some 50 MB."""

_KEYED: Final = RESULTS.append(pa.field("key", pa.binary(KEY_BYTES)))
"""Each row names its article, so that an index that is damaged cannot point to another one."""


class Known(NamedTuple):
    """What was made of an article before: a row of a batch."""

    batch: pa.RecordBatch
    row: int


@dataclass(frozen=True, slots=True)
class Keys:
    """Gives keys to what is read: what decides what is made of it, hashed. It can be pickled.

    Attributes:
        code: what besides the articles decides.
    """

    code: str

    def __call__(self, item: RawArticle | Drop) -> bytes:
        """The key of something in a file."""
        if isinstance(item, Drop):
            return _hashed(item)
        return _hashed((self.code, type(item.data).__name__, *_KNOWN(item)))

    def of_file(self, file: SourceFile) -> bytes:
        """The key of a file."""
        return _hashed((self.code, file.name, file.reading, file.sha256))


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
        self.keys = Keys(json.dumps([manifest.code(), manifest.environment(), repr(identity)], sort_keys=True))
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

    def read(self, file: SourceFile, meter: Meter) -> Iterator[RawArticle | Drop | Known]:
        """What was made of the articles of a file; from the first on of which that is not known, they are read."""
        keys = self._keys_in(file)
        for number, key in enumerate(keys):
            known = self._known(key)
            if known is None:
                yield from islice(self._read(file, meter), number, None)
                return
            meter.skip((number + 1) / len(keys))
            yield known
        if not keys:
            yield from self._read(file, meter)

    def _keys_in(self, file: SourceFile) -> list[bytes]:
        """The keys of the articles of a file; none where they are not remembered as they were written."""
        row = self._row("SELECT sha256, data FROM files WHERE key = ?", self.keys.of_file(file))
        keys = row[1] if row and sha256(row[1]).digest() == row[0] else b""
        return [keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES)]

    def _read(self, file: SourceFile, meter: Meter) -> Iterator[RawArticle | Drop]:
        keys = bytearray()
        for item in read_file(file, meter):
            keys += self.keys(item)
            yield item
        if unchanged(file):
            self.remember(file, bytes(keys))

    def remember(self, file: SourceFile, keys: bytes) -> None:
        """Remember the keys of what is in a file, one after the other."""
        row = (self.keys.of_file(file), sha256(keys).digest(), keys)
        with self._writing():
            self._base.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", row)

    def whole(self, file: SourceFile) -> list[bytes]:
        """The keys of the articles of a file, where it is known what was made of all of them; else none."""
        keys = self._keys_in(file)
        return keys if all(self._known(key) is not None for key in keys) else []

    def known(self) -> npt.NDArray[np.bytes_]:
        """The beginnings of the keys of all that is known, in their order: for ``are_among``."""
        with contextlib.suppress(sqlite3.Error):
            rows = self._base.execute("SELECT key, batch, row FROM articles ORDER BY batch")
            found = [key[:BEGINNING] for key, batch, row in rows if self._batch(batch)[1].get(row) == key]
            return np.sort(np.array(found, f"S{BEGINNING}"))
        return np.empty(0, f"S{BEGINNING}")

    def recall(self, keys: Sequence[bytes]) -> Iterator[pa.RecordBatch]:
        """What was made of articles that are known, in any order.

        Raises:
            EnvironmentFaultError: they are known no longer.
        """
        for start in range(0, len(keys), RECALLED):
            known = [self._known(key) for key in keys[start : start + RECALLED]]
            found = [one for one in known if one is not None]
            if len(found) < len(known):
                raise EnvironmentFaultError(f"{self._path} was changed by somebody else.", "Run the same again.")
            yield from (pending() for pending in self.run(found))

    def run(self, items: Sequence[RawArticle | Drop | Known]) -> list[Callable[[], pa.RecordBatch]]:
        """What becomes of some items: of articles that are not known, what is made of them, which is remembered."""
        pending: list[Callable[[], pa.RecordBatch]] = []
        raws = [(self.keys(item), item) for item in items if isinstance(item, RawArticle)]
        found = [(self._known(key), key, item) for key, item in raws]
        new = [(key, item) for known, key, item in found if known is None]
        if new:
            pending.append(partial(self._kept, [key for key, _ in new], self._process([item for _, item in new])))
        if drops := [item for item in items if isinstance(item, Drop)]:
            pending.append(partial(self._kept, [self.keys(drop) for drop in drops], partial(results, drops)))
        rows: dict[int, tuple[pa.RecordBatch, list[int]]] = {}
        known = (one for one, *_ in found if one is not None)
        for batch, row in (*(item for item in items if isinstance(item, Known)), *known):
            rows.setdefault(id(batch), (batch, []))[1].append(row)
        for batch, numbers in rows.values():
            pending.append(partial(_taken, batch, numbers))
        return pending

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
        batch = pending()
        self.keep(keys, batch)
        return batch

    def keep(self, keys: Sequence[bytes], batch: pa.RecordBatch) -> None:
        """Remember what was made of articles: their keys, and a row for each."""
        keyed = pa.RecordBatch.from_arrays([*batch.columns, pa.array(keys, pa.binary(KEY_BYTES))], schema=_KEYED)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, _KEYED, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            writer.write_batch(keyed)
        data = sink.getvalue().to_pybytes()
        with self._writing():
            kept = self._base.execute("INSERT INTO batches (sha256, data) VALUES (?, ?)", (sha256(data).digest(), data))
            rows = ((key, kept.lastrowid, row) for row, key in enumerate(keys))
            self._base.executemany("INSERT OR REPLACE INTO articles VALUES (?, ?, ?)", rows)

    def _row(self, query: str, key: bytes | int) -> tuple[Any, ...] | None:
        try:
            if not self._base.in_transaction:
                self._base.execute("BEGIN")  # else each look takes and gives back a lock, which is most of its time
            found: tuple[Any, ...] | None = self._base.execute(query, (key,)).fetchone()
        except sqlite3.Error:
            return None
        return found

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """All that is written meanwhile, or nothing. A cache that cannot be written makes a run slow, not wrong."""
        with contextlib.suppress(sqlite3.Error), self._base:
            yield


def are_among(known: npt.NDArray[np.bytes_], keys: Sequence[bytes]) -> list[bool]:
    """Which keys begin as one of those that ``Cache.known`` gives.

    >>> are_among(np.array([b"a", b"c"]), [b"c", b"b", b"d"])
    [True, False, False]
    """
    if not len(known):
        return [False] * len(keys)
    asked = np.array(keys, known.dtype)
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    found: list[bool] = (known[places] == asked).tolist()
    return found


def unchanged(file: SourceFile) -> bool:
    """Whether a file that was read is what it was when it was listed; of a URL, opening it would have told."""
    try:
        return not isinstance(file.path, Path) or file.digest()[0] == file.sha256
    except OSError:
        return False


def _taken(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    return batch.take(pa.array(rows)).select(RESULTS.names)


_KNOWN: Final = attrgetter("sha256", *(field.name for field in fields(RawArticle) if field.name != "data"))


def _hashed(what: Any) -> bytes:
    return sha256(repr(what).encode("utf-8", "surrogatepass")).digest()
