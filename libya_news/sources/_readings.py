"""How each source of a corpus is read, in a form that is kept with a release and found again by the names of files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

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
        self._ways = _distinct(replace(reading, facts={}) for reading in (*(row[1] for row in self._rows), Reading()))

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

    def of_copy(self, name: str) -> list[Reading]:
        """How a copy of any of the files may be read to give its texts: as the file of its name is, then in each other
        way. Facts decide nothing about texts and are left out.

        >>> readings = Readings([("a", Reading({"text": "x"})), ("b", Reading({"text": "y"}))])
        >>> [reading.fields.get("text", "") for reading in readings.of_copy("b/1.json")]
        ['y', 'x', '']
        """
        return _distinct([replace(self.of_file(name), facts={}), *self._ways])

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


def _distinct(readings: Iterable[Reading]) -> list[Reading]:
    """Each of some readings once; they cannot be hashed, and are few."""
    found: list[Reading] = []
    for reading in readings:
        if reading not in found:
            found.append(reading)
    return found


def _is_of(name: str, given: str) -> bool:
    return name == given or name.startswith(f"{given}/") or fits(name, given)
