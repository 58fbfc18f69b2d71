"""Articles that one of two releases alone has, by their ids: which of them are one article with another text.

An id is made of the content as found, so a corrected article has another one. It is known again by its address or,
where it has none, by its file, as long as nothing else is in that file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from libya_news.corpus.addresses import canonical
from libya_news.records import Release

from . import reading
from .shelf import Shelf

Row = dict[str, Any]


class Lone:
    """The articles of a release that another one lacks: the first in memory, the others on disk."""

    def __init__(self, release: Release, folder: Path, empty: pa.Table) -> None:
        """Begin without any, for rows such as an empty table has, in a folder that nobody else uses."""
        self._release, self._names, self._shelf = release, empty.column_names, Shelf(folder, empty.schema)

    def add(self, rows: pa.Table) -> None:
        """Put articles aside.

        Raises:
            EnvironmentFaultError: the disk is full.
        """
        for batch in rows.combine_chunks().to_batches():
            self._shelf.add(batch)

    def all(self) -> list[str]:
        """The ids of all of them, once no more are added."""
        self._shelf.take_in(())
        return self._column("article_id")

    def rows(self, positions: Sequence[int]) -> Iterator[Row]:
        """Those at some positions, in the order of the positions."""
        for batch in self._shelf.in_order(np.array(positions, np.int64), self._names):
            yield from batch.to_pylist()

    def known(self) -> dict[str, int]:
        """Their positions by what stays where a text changes; without what several share."""
        told = list(zip(self._column("url"), self._column("source"), strict=True))
        places = [canonical(url) if url else source for url, source in told]
        files = {source for url, source in told if not url}
        count = Counter(place for place in places if place not in files)
        if files:
            sources = (row["source"] for row in reading.rows(self._release, "articles", ["source"]))
            count.update(source for source in sources if source in files)
        return {place: position for position, place in enumerate(places) if count[place] == 1}

    def _column(self, name: str) -> list[Any]:
        return list(self._shelf.column(name).to_pylist())
