"""What was done with files and articles before, so that a build does only what is new."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import fields
from hashlib import sha256
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from libya_news.errors import EnvironmentFaultError
from libya_news.pipeline import Result, Run
from libya_news.records import Article, Drop, RawArticle
from libya_news.sources import SourceFile, read_file

from . import manifest

FILE_NAME: Final = "results.sqlite"

_BEGIN: Final = """
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, sha256 BLOB, value BLOB) WITHOUT ROWID;
"""
"""Whatever a crash leaves of it, an entry that is not what was written is noticed by its hash."""

KEY_BYTES: Final = 32

_RECORDS: Final[tuple[tuple[bytes, type[Any]], ...]] = ((b"A", Article), (b"D", Drop))


class Cache:
    """Results by what decides them: the article as found, what its source says of it, the code and its libraries.

    For each file it keeps the keys of what is in it, so that a file that is the same is not even read. An article that
    stands in a file that changed is found by its own key.
    """

    def __init__(self, folder: Path, run: Run, provenance: str) -> None:
        """Open a cache, or begin one.

        Args:
            folder: holds it; it can be deleted at any time.
            run: processes the articles that are not known.
            provenance: hash of what the files beside the inputs say of them.

        Raises:
            EnvironmentFaultError: it cannot be written.
        """
        self._run, self._path = run, folder / FILE_NAME
        self._code = json.dumps([manifest.code(), manifest.environment()], sort_keys=True)
        self._provenance = provenance
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

    def read(self, file: SourceFile) -> Iterator[RawArticle | Result]:
        """What became of the articles of a file, where that is known; from the first on that is not, they are read."""
        own = _hashed((self._code, self._provenance, file.name, file.reading, file.sha256))
        keys, known = self._get(own) or b"", 0
        for start in range(0, len(keys), KEY_BYTES):
            result = self._result(keys[start : start + KEY_BYTES])
            if result is None:
                break
            known += 1
            yield result
        if not keys or known < len(keys) // KEY_BYTES:
            yield from islice(self._read(file, own), known, None)

    def _read(self, file: SourceFile, own: bytes) -> Iterator[RawArticle | Drop]:
        keys, drops = bytearray(), {}
        for item in read_file(file):
            key = self._key(item)
            keys += key
            if isinstance(item, Drop):
                drops[key] = _encoded(item)
            yield item
        self._put({**drops, own: bytes(keys)})

    def run(self, raws: Sequence[RawArticle]) -> list[Result]:
        """Process the articles that are not known, and remember what came of them."""
        keys = [self._key(raw) for raw in raws]
        known = {key: result for key in keys if (result := self._result(key))}
        missing = [(key, raw) for key, raw in zip(keys, raws, strict=True) if key not in known]
        made = dict(zip((key for key, _ in missing), self._run([raw for _, raw in missing]), strict=True))
        self._put({key: _encoded(result) for key, result in made.items()})
        return [known.get(key) or made[key] for key in keys]

    def _key(self, item: RawArticle | Drop) -> bytes:
        if isinstance(item, Drop):
            return _hashed(item)
        return _hashed((self._code, type(item.data).__name__, *_KNOWN(item)))

    def _result(self, key: bytes) -> Result | None:
        value = self._get(key)
        return _decoded(value) if value else None

    def _get(self, key: bytes) -> bytes | None:
        """What is remembered, where it is what was written: a damaged entry is as good as none."""
        try:
            row = self._base.execute("SELECT sha256, value FROM entries WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            return None
        return row[1] if row and sha256(row[1]).digest() == row[0] else None

    def _put(self, entries: dict[bytes, bytes | None]) -> None:
        """A cache that cannot be written makes a run slow, not wrong."""
        rows = [(key, sha256(value).digest(), value) for key, value in entries.items() if value]
        with contextlib.suppress(sqlite3.Error), self._base:
            self._base.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)


_KNOWN: Final = attrgetter("sha256", *(field.name for field in fields(RawArticle) if field.name != "data"))


def _hashed(what: Any) -> bytes:
    return sha256(repr(what).encode("utf-8", "surrogatepass")).digest()


def _encoded(result: Result) -> bytes | None:
    """A result as bytes; None where it holds what is no Unicode, such as a file name of stray bytes."""
    tag = next(tag for tag, record in _RECORDS if isinstance(result, record))
    try:
        return tag + _ENCODER.encode(result)
    except UnicodeEncodeError:
        return None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODERS: Final = {tag: msgspec.msgpack.Decoder(record) for tag, record in _RECORDS}


def _decoded(value: bytes) -> Result:
    result: Result = _DECODERS[value[:1]].decode(memoryview(value)[1:])
    return result
