"""Why nothing came of what was given: of all of it, or of some of its files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from libya_news.errors import EmptyReleaseError
from libya_news.records import DROPS, Drop, Release
from libya_news.sources import Source, is_url, list_files
from libya_news.sources.provenance import unused

from . import reading
from .counts import ranked

NAMED: Final = 5
"""Files that are named at most: few enough that what else is said stays in sight."""

_OF_RECORDS: Final = ("read", "normalize")
"""Stages whose drops say where a record stood; those that come later name an article."""

_KNOWN_OTHERWISE: Final = ("duplicate", "loop")
"""Reasons why a file is passed over that is read under another name."""

_FORMATS: Final = "Give files or folders in one of the formats that `libya-news sources` lists."
_MAPPED: Final = "Name the field that holds the text: --map text=NAME."
_REMEDIES: Final = {
    "no text": _MAPPED,
    "wrong schema": _MAPPED,
    "filtered": "Check [filters] in the config file.",
    "off topic": "Give another --topic, or none to keep everything.",
    "erased": "What was erased from a store stays out of it: give other sources.",
    "unreadable": "Check that it is there and may be read.",
    "too large": "Allow more: --max-document-bytes.",
    "unknown format": _FORMATS,
    "binary": _FORMATS,
}


@dataclass(frozen=True, slots=True)
class Loss:
    """A file of which something was dropped, and none of whose records became an article.

    Attributes:
        file: how it is called.
        drops: how many.
        first: the first of them.
    """

    file: str
    drops: int
    first: Drop


def empty(files: int, dropped: Iterable[Drop]) -> EmptyReleaseError:
    """Says why nothing was left, with the first drop of the most frequent reason, and what can be done about that."""
    counts = ranked(map(_word, dropped))
    why = f" ({', '.join(f'{count} {reason}' for reason, count in counts.items())})" if counts else ""
    most = next(iter(counts), "")
    found = min((drop for drop in dropped if _word(drop) == most), key=_place, default=None)
    first = f" The first: {found.id}: {_sentence(found.reason)}" if found else ""
    what = f"None of the {files} input files" if files else "Nothing that was given"
    return EmptyReleaseError(f"{what} gave an article{why}.{first}", _REMEDIES.get(most, _FORMATS))


def _place(drop: Drop) -> tuple[int, str]:
    """Where a drop stands among those of its file: drops come in the order of letters, in which row 10 is before 2.

    >>> _place(Drop("a.csv:2", "read", "")) < _place(Drop("a.csv:10", "read", ""))
    True
    """
    return len(drop.id), drop.id


def _word(drop: Drop) -> str:
    return drop.reason.partition(":")[0]


def whole_files(release: Release) -> list[Loss]:
    """The files that were lost, those first of which most was dropped.

    The drops and one column of the articles are read once, in memory that grows with the files alone.

    Raises:
        DataError: a file of the release is missing or damaged.
    """
    file_of = input_named(row.path for row in release.inputs)
    found = _dropped(release.drops, file_of)
    for row in reading.rows(release, "articles", ["source"]) if found else ():
        found.pop(file_of(row["source"]), None)
        if not found:
            break
    return sorted(found.values(), key=lambda loss: (-loss.drops, loss.file))


def _dropped(drops: Iterable[Drop], file_of: Callable[[str], str]) -> dict[str, Loss]:
    """What was dropped of each file; a drop of what could not be opened names the file itself."""
    found: dict[str, Loss] = {}
    for drop in drops:
        if drop.stage in _OF_RECORDS and _word(drop) not in _KNOWN_OTHERWISE:
            file = file_of(drop.id) or drop.id
            before = found.get(file, Loss(file, 0, drop))
            found[file] = Loss(file, before.drops + 1, min(before.first, drop, key=_place))
    return found


def input_named(inputs: Iterable[str]) -> Callable[[str], str]:
    """What tells of a place in a file (``day.zip/news.json:7``) which of the inputs that is; empty for none of them.

    >>> input_named(["news/day.zip", "news/day"])("news/day.zip/a.json:7")
    'news/day.zip'
    """
    names = frozenset(inputs)
    return lambda place: next((part for part in _beginnings(place) if part in names), "")


def _beginnings(place: str) -> Iterator[str]:
    """Of a place in a file all that may be the name of the file, the longest first."""
    yield place
    yield from (place[:at] for at in range(len(place) - 1, 0, -1) if place[at] in "/:")


def warn(release: Release) -> None:
    """Log which files were lost, as far as they are few, with the reason and the remedy of each.

    Raises:
        DataError: a file of the release is missing or damaged.
    """
    lost = whole_files(release)
    for loss in lost[:NAMED]:
        _warn(f"{loss.file} gave no article: {_sentence(_told(loss))} {_REMEDIES.get(_word(loss.first), '')}".rstrip())
    if lost:
        others = f"{len(lost) - NAMED:,} more files gave none. " if len(lost) > NAMED else ""
        _warn(f"{others}All drops are told in {release.path / DROPS}.")


def _told(loss: Loss) -> str:
    if loss.first.id == loss.file:
        return loss.first.reason
    return f"{loss.drops:,} dropped, the first {loss.first.id}: {loss.first.reason}"


def _sentence(reason: str) -> str:
    """A reason with one full stop; what libraries say may have its own.

    >>> _sentence("broken Parquet: this is not a parquet file."), _sentence("binary: PNG image")
    ('broken Parquet: this is not a parquet file.', 'binary: PNG image.')
    """
    return f"{reason.rstrip('.')}."


def warn_of_nothing(sources: Iterable[Source]) -> None:
    """Log which of some sources hold no file at all, but those behind URLs, which would be asked once more for that.

    Raises:
        SourceNotFoundError: a source does not exist.
    """
    for source in sources:
        if not is_url(source.path) and next(list_files([source]), None) is None:
            _warn(f"There is no file to read in {str(source.path)!r}.")


def warn_of_sections(paths: Iterable[Path]) -> None:
    """Log which sections of provenance files fit no file, as where a pattern has a slip.

    Raises:
        DataError: a provenance file is not valid.
    """
    for path in paths:
        with contextlib.suppress(OSError):
            if sections := unused(path):
                others = f" and {len(sections) - NAMED:,} more" if len(sections) > NAMED else ""
                _warn(f"{path}: no file beside it fits {', '.join(map(repr, sections[:NAMED]))}{others}.")


def _warn(what: str) -> None:
    logging.getLogger("libya_news").warning("%s", what)
