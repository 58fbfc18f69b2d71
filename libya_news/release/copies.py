"""Somebody's own copies of the texts of a release, on disk: those that are right, by their hash."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from libya_news.errors import EnvironmentFaultError
from libya_news.normalize import normalize
from libya_news.pipeline import process
from libya_news.records import Drop, RawArticle, sha256_hex
from libya_news.sources import Reading, Readings, Source, SourceFile, StrPath, list_files, read_file

Row = Mapping[str, Any]
"""What a stand-off release tells of an article: see ``COLUMNS``."""

COLUMNS: Final = ("article_id", "text_sha256", "raw_sha256", "url", "source")

_BEGIN: Final = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE wanted (text_sha256 BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE names (name BLOB PRIMARY KEY, article_id TEXT) WITHOUT ROWID;
CREATE TABLE texts (text_sha256 BLOB PRIMARY KEY, text BLOB);
"""
"""What is looked for, by hash and by whatever its copies may be known by, and what was found. What is left of a run
that broke off is never read again, so nothing needs to survive; most texts fit into one page."""


class Copies:
    """The right copies of the texts of a release. Of all that was read, only what is wrong is in memory."""

    def __init__(self, folder: Path) -> None:
        """Begin without any, in a folder that nobody else uses.

        Raises:
            EnvironmentFaultError: the folder cannot be written.
        """
        self._folder = folder
        with self._faults():
            self._base = sqlite3.connect(folder / "copies.sqlite")
            self._base.executescript(_BEGIN)
        self.others: dict[str, str] = {}
        """Where a copy was found that should be right and is not, by article id."""

    def close(self) -> None:
        """Let go of the file, which nobody needs any more."""
        self._base.close()

    def want(self, rows: Iterable[Row]) -> None:
        """Look for the texts of these articles from now on.

        Raises:
            EnvironmentFaultError: the disk is full.
        """
        with self._faults():
            for row in rows:
                self._base.execute("INSERT OR IGNORE INTO wanted VALUES (?)", (bytes.fromhex(row["text_sha256"]),))
                names = _names(row["raw_sha256"], row["url"], row["source"])
                known = ((name, row["article_id"]) for name in names)
                self._base.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", known)

    def take(self, items: Iterable[RawArticle | Drop], *, by_name: bool) -> bool:
        """Keep the texts of those that are copies of what is looked for; whether all of them are.

        Args:
            items: what is in a file.
            by_name: whether the name of the file tells, too, which article a copy should be.

        Raises:
            EnvironmentFaultError: the disk is full.
        """
        all_right = True
        for item in items:
            right = isinstance(item, RawArticle) and self._kept(item)
            if isinstance(item, RawArticle) and not right:
                self._note(item, _names(item.sha256, item.url, item.source if by_name else ""))
            all_right = all_right and right
        return all_right

    def _kept(self, raw: RawArticle) -> bool:
        """Keep the text of an article if it is looked for; whether it is."""
        text = _text(raw)
        digest = bytes.fromhex(sha256_hex(text))
        with self._faults():
            wanted = self._base.execute("SELECT 1 FROM wanted WHERE text_sha256 = ?", (digest,)).fetchone()
            if wanted:
                self._base.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, _bytes(text)))
        return bool(wanted)

    def _note(self, raw: RawArticle, names: Iterable[bytes]) -> None:
        for name in names:
            for (id_,) in self._base.execute("SELECT article_id FROM names WHERE name = ?", (name,)):
                self.others.setdefault(id_, _difference(raw, name))

    def lack(self) -> bool:
        """Whether a text that is looked for was not found so far."""
        with self._faults():
            counted = "SELECT (SELECT count(*) FROM wanted) > (SELECT count(*) FROM texts)"
            return bool(self._base.execute(counted).fetchone()[0])

    def holds(self, text_sha256: str) -> bool:
        """Whether a right copy of the text of that hash was found."""
        return bool(self._found("SELECT 1 FROM texts WHERE text_sha256 = ?", text_sha256))

    def text(self, text_sha256: str) -> str | None:
        """The text of that hash (64 hexadecimal digits); None where no right copy was found."""
        found = self._found("SELECT text FROM texts WHERE text_sha256 = ?", text_sha256)
        return found[0].decode("utf-8", "surrogatepass") if found else None

    def _found(self, statement: str, text_sha256: str) -> Any:
        with self._faults():
            return self._base.execute(statement, (bytes.fromhex(text_sha256),)).fetchone()

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise EnvironmentFaultError(
                f"Cannot write {self._folder}: {error}.", "Check free space and permissions."
            ) from None


def find(copies: Copies, texts: Iterable[StrPath], reading: str) -> None:
    """Find the copies in files and folders, whatever these are called.

    A file is read as the input of its name was. While texts are lacking, what is not right to the last record is read
    in the other ways too in which inputs of the release were read, once in each: a right copy is told by its hash. What
    cannot be read is no copy; the article that it might have been is missing.

    Args:
        copies: takes them, and knows what is looked for.
        texts: files, folders, patterns and URLs.
        reading: how the inputs of the release were read, as ``Readings.to_json`` wrote it down.

    Raises:
        SourceNotFoundError: a path does not exist.
        EnvironmentFaultError: the disk is full.
    """
    readings = Readings.from_json(reading)
    files = (file for file in list_files(map(Source, texts)) if not isinstance(file, Drop))
    ahead = [(file, readings.of_copy(file.name)) for file in files]
    first = True
    while ahead and copies.lack():
        ahead = [(file, others) for file, (way, *others) in ahead if not _is_right(copies, file, way, first) and others]
        first = False


def _is_right(copies: Copies, file: SourceFile, way: Reading, first: bool) -> bool:
    return copies.take(read_file(replace(file, reading=way)), by_name=first)


def _text(raw: RawArticle) -> str:
    """The normalised text: of a page, as it is laid out; of one that is no article, none."""
    if not raw.html:
        return normalize(raw.data).text
    page = process(raw)
    return "" if isinstance(page, Drop) else page.text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _names(raw_sha256: str, url: str | None, source: str) -> list[bytes]:
    return [_bytes(name) for name in (raw_sha256, url, PurePosixPath(source).name) if name]


def _difference(raw: RawArticle, name: bytes) -> str:
    if name == _bytes(raw.sha256):
        return f"{raw.where} is the article as found, but normalises to another text: use the release's libya_news"
    return f"{raw.where} holds another text"
