"""How articles are processed: in this process or in several, and each only once where a cache remembers it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from datetime import datetime
from itertools import chain
from multiprocessing import get_context
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from libya_news.errors import EnvironmentFaultError, UsageError
from libya_news.pipeline import Result, Run, process_all
from libya_news.records import Article, Drop, RawArticle, Segment, sha256_hex
from libya_news.sources import StrPath

from . import manifest

CHUNK: Final = 16
"""Articles that a worker takes at once: some 0.3 s of work, against less than 1 ms to hand them over."""


@contextlib.contextmanager
def runner(workers: int, cache: StrPath | None) -> Iterator[Run]:
    """What processes articles, in their order.

    Args:
        workers: number of processes, 1 and up; the result is the same for any.
        cache: folder that keeps results from run to run; None for none. It can be deleted at any time.

    Raises:
        UsageError: there is no worker.
        EnvironmentFaultError: the cache cannot be written.
    """
    if workers < 1:
        raise UsageError(f"{workers} workers can do nothing.", "Give 1 or more.")
    with contextlib.ExitStack() as stack:
        run: Run = process_all
        if workers > 1:
            pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
            run = _Pooled(pool)
        if cache is not None:
            run = stack.enter_context(contextlib.closing(_Cached(Path(cache), run)))
        yield run


class _Pooled:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, raws: Sequence[RawArticle]) -> list[Result]:
        chunks = [raws[start : start + CHUNK] for start in range(0, len(raws), CHUNK)]
        return list(chain.from_iterable(self._pool.map(process_all, chunks)))


CACHE_FILE: Final = "articles.sqlite"


class _Cached:
    """Results by what decides them: the article as found, what its source says of it, the code and its libraries."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._run, self._path = run, folder / CACHE_FILE
        self._code = json.dumps([manifest.code(), manifest.environment()], sort_keys=True)
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
            base.execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, sha256 TEXT, result BLOB)")
        except sqlite3.Error:
            base.close()
            raise
        return base

    def close(self) -> None:
        self._base.close()

    def __call__(self, raws: Sequence[RawArticle]) -> list[Result]:
        keys = [_key(self._code, raw) for raw in raws]
        known = {key: result for key in keys if (result := self._get(key))}
        missing = [(key, raw) for key, raw in zip(keys, raws, strict=True) if key not in known]
        made = dict(zip((key for key, _ in missing), self._run([raw for _, raw in missing]), strict=True))
        self._put(made)
        return [known.get(key) or made[key] for key in keys]

    def _get(self, key: str) -> Result | None:
        """What is remembered, where it is what was written: a damaged entry is as good as none."""
        try:
            row = self._base.execute("SELECT sha256, result FROM results WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            return None
        return _result(row[1]) if row and sha256_hex(row[1]) == row[0] else None

    def _put(self, made: dict[str, Result]) -> None:
        """A cache that cannot be written makes a run slow, not wrong."""
        texts = [(key, _text(result)) for key, result in made.items()]
        with contextlib.suppress(sqlite3.Error), self._base:
            rows = [(key, sha256_hex(text), text) for key, text in texts]
            self._base.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)


def _key(code: str, raw: RawArticle) -> str:
    known = (code, type(raw.data).__name__, *_KNOWN(raw))
    return hashlib.sha256(repr(known).encode("utf-8", "surrogatepass")).hexdigest()


_KNOWN: Final = attrgetter("sha256", *(field.name for field in fields(RawArticle) if field.name != "data"))


def _text(result: Result) -> bytes:
    found = [type(result).__name__, asdict(result)]
    return json.dumps(found, ensure_ascii=False, default=datetime.isoformat).encode("utf-8", "surrogatepass")


def _result(text: bytes) -> Result:
    name, found = json.loads(text)
    return Drop(**found) if name == "Drop" else _article(found)


def _article(found: dict[str, Any]) -> Article:
    """Lists as the tuples that they were, and the time of publication as a time."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
    when = values["published_at"]
    values["published_at"] = datetime.fromisoformat(when) if when else None
    return Article(**{**values, "segments": tuple(Segment(*row) for row in values["segments"])})
