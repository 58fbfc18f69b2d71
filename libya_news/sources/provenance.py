"""What a folder says about its files: ``provenance.toml`` beside them.

A section's name is a file name or a pattern; its keys fill what the file itself does not say::

    format = "libya_news/provenance"
    version = 1

    ["*.txt"]
    publisher = "BBC News"
    licence = "unknown"
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from libya_news._tables import parse_toml
from libya_news.corpus.language import language_code
from libya_news.errors import DataError

from ._reading import NO_LANGUAGE

FILE_NAME: Final = "provenance.toml"
KEYS: Final = (
    "url",
    "publisher",
    "title",
    "authors",
    "published_at",
    "language",
    "licence",
    "rights_holder",
    "terms",
)
_NOTES: Final = ("note",)

MAX_BYTES: Final = 1 << 20
"""Of a provenance file; one with a section for each of ten thousand files has less."""


def facts_beside(path: Path | str) -> dict[str, Any]:
    """What the ``provenance.toml`` beside a file says of the articles in it; a URL has none.

    Raises:
        DataError: the provenance file is not valid.
    """
    if isinstance(path, str):
        return {}
    return {
        key: value
        for pattern, facts in _sections(path.parent / FILE_NAME).items()
        if fnmatchcase(path.name, pattern)
        for key, value in facts.items()
    }


def unused(path: Path) -> list[str]:
    """The sections of a provenance file that fit no file beside it, as where a name has a slip.

    Raises:
        DataError: the provenance file is not valid.
        OSError: the folder cannot be listed.
    """
    sections = _sections(path)
    names = {file.name for file in path.parent.iterdir() if file.is_file()} if sections else set()
    return [pattern for pattern in sections if pattern not in names and not _fits_any(pattern, names)]


def _fits_any(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def content(path: Path) -> bytes | None:
    """The bytes of a provenance file; None where there is none.

    Raises:
        DataError: it is no file, as a pipe or a device, which may never end; or cannot be read; or is too large.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is no file.", "Remove it.")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", "Let it be read, or remove it.") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path} has more than {MAX_BYTES:,} bytes.", "Shorten or remove it.")
    return data


def _sections(path: Path) -> dict[str, dict[str, Any]]:
    try:
        state = path.stat()
    except OSError:
        return {}
    return _parsed(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=64)
def _parsed(path: Path, _state: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """The sections of a file in one state: it may be written while a process lasts, as in a notebook."""
    data = content(path)
    if data is None:
        return {}
    try:
        table = parse_toml(data.decode("utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not valid TOML: {error}.", "Mend or remove the file.") from None
    if (table.pop("format", None), table.pop("version", None)) != ("libya_news/provenance", 1):
        raise DataError(f"{path} does not begin with its format and version.", _REMEDY)
    return {pattern: _facts(path, pattern, facts) for pattern, facts in table.items()}


_REMEDY: Final = 'Begin it with: format = "libya_news/provenance" and version = 1.'


def _facts(path: Path, pattern: str, facts: Any) -> dict[str, Any]:
    unknown = sorted(set(facts) - {*KEYS, *_NOTES}) if isinstance(facts, dict) else [pattern]
    if unknown:
        raise DataError(f"{path} has unknown keys {', '.join(unknown)}.", f"Known keys: {', '.join((*KEYS, *_NOTES))}.")
    return {key: _fact(path, key, value) for key, value in facts.items() if key in KEYS}


def _fact(path: Path, key: str, value: Any) -> Any:
    if key == "published_at":
        return _utc(path, value)
    if key == "authors" and isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    if key == "authors" or not isinstance(value, str):
        what = "list of texts" if key == "authors" else "text"
        raise DataError(f"{path}: {key} = {value!r} is no {what}.", "Put it between quotation marks.")
    if key == "language" and value and not language_code(value):
        raise DataError(f"{path}: language = {value!r} is no language.", NO_LANGUAGE)
    return value


def _utc(path: Path, value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise DataError(f"{path}: published_at = {value} is no time.", "Write it as 2020-01-14T10:32:00Z.")
    try:
        return value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)
    except OverflowError:
        raise DataError(f"{path}: published_at = {value} has no like in UTC.", "Give a year from 1 to 9999.") from None
