"""How each source of a corpus is read, in a form that is kept with a release and found again by the names of files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from libya_news.errors import UsageError

from ._files import SourceFile, listed_as
from ._glob import fits
from ._reading import Reading, Source


class Readings:
    """Readings by the names of files: that of the first source whose files are called so.

    Args:
        rows: name, or pattern of names, of the files of a source, and how they are read.
    """

    def __init__(self, rows: Iterable[tuple[str, Reading]] = ()) -> None:
        self._rows = list(rows)

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Readings:
        """The readings of some sources."""
        return cls((listed_as(source.path), source.reading) for source in sources)

    @classmethod
    def from_json(cls, text: str) -> Readings:
        """The readings that ``to_json`` gave."""
        return cls((name, Reading(**reading)) for name, reading in json.loads(text or "[]"))

    def to_json(self) -> str:
        """The readings as JSON; empty where nothing is said of any source.

        >>> Readings([("news", Reading())]).to_json()
        ''
        """
        if all(reading == Reading() for _, reading in self._rows):
            return ""
        return json.dumps([[name, asdict(reading)] for name, reading in self._rows], ensure_ascii=False)

    def of_file(self, name: str) -> Reading:
        """How the file of a name is read."""
        return next((reading for given, reading in self._rows if _is_of(name, given)), Reading())

    def mapped(self) -> Iterable[tuple[str, str]]:
        """The fields of ours that any source maps, each with the name that it gives it, in the order of sources."""
        return dict.fromkeys(pair for _, reading in self._rows for pair in reading.fields.items())

    def check(self, files: Iterable[SourceFile]) -> None:
        """See to it that a file's name tells how it is read, as a rebuild must know.

        Raises:
            UsageError: files of two sources are called alike and read otherwise.
        """
        for file in files:
            if self.of_file(file.name) != file.reading:
                raise UsageError(
                    f"{file.name!r} is the name of files of two sources, which are read in different ways.",
                    "Rename one of the folders, or give both the same mapping and facts.",
                )


def _is_of(name: str, given: str) -> bool:
    return name == given or name.startswith(f"{given}/") or fits(name, given)
