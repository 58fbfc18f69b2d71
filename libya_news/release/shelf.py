"""The articles of a build, on disk: a build holds some thousand of them in memory, however many there are."""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from libya_news.errors import EnvironmentFaultError
from libya_news.records import Article, Drop

FILE_NAME: Final = "articles.sqlite"

KEPT: Final = 2_000
"""Articles that stay in memory, some 20 MB; what comes after them goes to disk, so that a small build is not slowed."""

_BEGIN: Final = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE articles (number INTEGER PRIMARY KEY, article BLOB);
CREATE TABLE keys (text BLOB, id TEXT, source TEXT, number INTEGER,
                   PRIMARY KEY (text, id, source, number)) WITHOUT ROWID;
"""
"""Articles in the order in which they came, and apart from them what decides their final order. What is left of a build
that broke off is never read again, so nothing needs to survive; most articles fit into one page."""

_TWINS: Final = """
CREATE TABLE twins AS SELECT * FROM (
    SELECT number, id, source, first_value(number) OVER same AS first,
           first_value(id) OVER same AS first_id, first_value(source) OVER same AS first_source
    FROM keys WINDOW same AS (PARTITION BY text ORDER BY id, source, number)
) WHERE number <> first
"""

_ORDER: Final = "SELECT number FROM keys WHERE number NOT IN (SELECT number FROM twins) ORDER BY id, source, number"


class Shelf(Sequence[Article]):
    """Articles in the order of their ids, one for each text: the one whose id comes first stands for the others.

    Beyond the first ones it needs eight bytes of memory for an article.
    """

    def __init__(self, folder: Path) -> None:
        """Begin an empty one in a folder that nobody else uses."""
        self._path = folder / FILE_NAME
        self._order = array("q")
        self._kept: dict[int, Article] = {}
        with self._faults():
            self._base = sqlite3.connect(self._path)
            self._base.executescript(_BEGIN)

    def close(self) -> None:
        """Let go of the file, which nobody needs any more."""
        self._base.close()

    def fill(self, results: Iterable[Article | Drop]) -> list[Drop]:
        """Take in the articles among some results, and return the drops: those among them, and one for each twin.

        Raises:
            EnvironmentFaultError: the folder cannot be written, or the disk is full.
        """
        drops = []
        for number, result in enumerate(results):
            if isinstance(result, Drop):
                drops.append(result)
            else:
                self._add(number, result)
        with self._faults():
            self._base.execute(_TWINS)
            twins = self._base.execute("SELECT id, source, first_id, first_source FROM twins ORDER BY number")
            drops += [_twin(*row) for row in twins]
            self._order = array("q", (number for (number,) in self._base.execute(_ORDER)))
        return drops

    def _add(self, number: int, article: Article) -> None:
        key = (bytes.fromhex(article.text_sha256), article.id, article.source, number)
        with self._faults():
            if len(self._kept) < KEPT:
                self._kept[number] = article
            else:
                self._base.execute("INSERT INTO articles VALUES (?, ?)", (number, pickle.dumps(article)))
            self._base.execute("INSERT INTO keys VALUES (?, ?, ?, ?)", key)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: Any) -> Any:
        number = self._order[index]
        return self._kept[number] if number in self._kept else self._read(number)

    def _read(self, number: int) -> Article:
        with self._faults():
            found = self._base.execute("SELECT article FROM articles WHERE number = ?", (number,))
            article: Article = pickle.loads(found.fetchone()[0])  # noqa: S301 - this process wrote it
            return article

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise EnvironmentFaultError(
                f"Cannot write {self._path.parent}: {error}.", "Check free space and permissions."
            ) from None


def _twin(id_: str, source: str, first_id: str, first_source: str) -> Drop:
    return Drop(id_, "release", f"duplicate: {source} has the same text as {first_id} from {first_source}")


class Chosen(Sequence[Article]):
    """Some articles of a sequence, taken from it when they are asked for.

    >>> list(Chosen("abcd", [1, 3]))
    ['b', 'd']
    """

    def __init__(self, articles: Sequence[Article], positions: Iterable[int]) -> None:
        self._articles, self._positions = articles, array("q", positions)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, index: Any) -> Any:
        return self._articles[self._positions[index]]
