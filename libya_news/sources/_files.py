"""Finding and opening the files of a source: folders, links, patterns, and what stands in the way."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final

from libya_news.errors import SourceNotFoundError
from libya_news.records import Drop

from ._dataset import CARD, MAX_CARD_BYTES, beside_tables, data_files, head_of, releases_beside, which_release
from ._reading import Reading, Source, StrPath
from ._remote import fetch, is_url, list_urls, url_name

PASSED_OVER: Final = frozenset({"provenance.toml"})
"""Files that are about others, and no articles; so are all whose name begins with a dot."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: where it lies: a path, or a URL as text.
        name: how it is called in records and messages: relative to the given source's parent, POSIX style.
        reading: how its source is read.
        sha256: what the content behind a URL must have as its SHA-256, where that is known: it is fetched once to be
            listed and once to be read, and must not change in between.
    """

    path: Path | str
    name: str
    reading: Reading = field(default_factory=Reading)
    sha256: str = ""

    def open(self) -> IO[bytes]:
        """Open for reading, as it lies there; from a URL it is fetched.

        Raises:
            OSError: it cannot be read, or is not what it was.
        """
        if isinstance(self.path, Path):
            return self.path.open("rb")
        copy = fetch(self.path)
        if self.sha256 and _digest(copy)[0] != self.sha256:
            copy.close()
            raise OSError("it has changed since it was listed")
        copy.seek(0)
        return copy

    def digest(self) -> tuple[str, int]:
        """SHA-256 (64 hex digits) and size in bytes of the file as it lies there."""
        with self.open() as stream:
            return _digest(stream)


class Meter:
    """How far a file was read, in bytes as it lies there, compressed or not.

    Args:
        size: bytes of the file.
    """

    def __init__(self, size: int) -> None:
        self._size, self._done = size, 0
        self._stream: IO[bytes] | None = None

    def watch(self, stream: IO[bytes]) -> None:
        """Follow the stream that the file is read from, which costs no more than asking where that stands."""
        self._stream = stream

    def skip(self, share: float) -> None:
        """Count a share of the file that need not be read."""
        self._done = int(share * self._size)

    def bytes(self) -> int:
        """Bytes that were read, and never more than the file had.

        >>> Meter(9).bytes()
        0
        """
        reading = self._stream and not self._stream.closed
        return min(self._stream.tell() if self._stream and reading else self._done, self._size)


def _digest(stream: IO[bytes]) -> tuple[str, int]:
    hashed = hashlib.sha256()
    while block := stream.read(1 << 20):
        hashed.update(block)
    return hashed.hexdigest(), stream.tell()


def list_files(sources: Iterable[StrPath | Source], besides: Path | None = None) -> Iterator[SourceFile | Drop]:
    """All files of the given files, folders, patterns and URLs, each once, in the order of their names.

    Hidden files and folders (``.git``, ``.DS_Store``) and provenance files are no articles and are passed over.
    Links are followed; a folder that was already seen is left with a ``Drop``, so link loops end.

    Args:
        sources: the files, folders, patterns and URLs.
        besides: a folder that is passed over where it lies in another one: where releases go, what came out of them
            must not go in again.

    Raises:
        SourceNotFoundError: a given path does not exist, nothing fits a pattern, or a URL cannot be listed.
        UsageError: a URL is not one that is read.
    """
    seen: set[tuple[int, int]] = set()
    hidden = _identity(besides.stat()) if besides and besides.exists() else None
    for given in sources:
        source = given if isinstance(given, Source) else Source(given)
        if is_url(source.path):
            yield from (SourceFile(url, name, source.reading) for url, name in list_urls(str(source.path)))
            continue
        for path, name in _roots(source.path):
            yield from _walk(path, name, source.reading, seen, hidden)


def _roots(source: StrPath) -> Iterator[tuple[Path, str]]:
    """A path with its name, or each that fits a pattern, named from the last folder that the pattern spells out."""
    path = Path(source)
    if path.exists():
        yield path, _named(path.resolve().name)
        return
    fixed = _spelled_out(path)
    found = _fitting(fixed, path) if fixed != path else []
    if not found:
        manifests = map(Path.as_posix, path.parent.glob(releases_beside(path.name)))
        raise SourceNotFoundError(
            f"There is no file or folder {shown(str(source))}.",
            which_release(path.as_posix(), manifests)
            or "Check the path; files, folders, patterns (news/*.json) and URLs can be given.",
        )
    root = _named(fixed.resolve().name)
    for each in found:
        yield each, PurePosixPath(root, *map(_named, each.relative_to(fixed).parts)).as_posix()


def _fitting(fixed: Path, pattern: Path) -> list[Path]:
    """What fits a pattern, but hidden files, and but what lies in a folder that fits it too and is read with it."""
    found = {
        path
        for path in fixed.glob(_as_pathlib_has_it(pattern.relative_to(fixed).parts))
        if path != fixed
        and path.name not in PASSED_OVER
        and not any(part.startswith(".") for part in path.relative_to(fixed).parts)
    }
    return sorted(path for path in found if not found.intersection(path.parents))


def _as_pathlib_has_it(parts: Sequence[str]) -> str:
    """A pattern for ``Path.glob``, which before Python 3.13 refuses ``a**`` and takes a last ``**`` for folders alone.

    >>> _as_pathlib_has_it(("a**", "**"))
    'a*/**/*'
    """
    plain = (part if part == "**" else re.sub(r"\*+", "*", part) for part in parts)
    return "/".join((*plain, "*") if parts[-1] == "**" else plain)


def listed_as(source: StrPath) -> str:
    """The name, or the pattern of the names, that the files of a source have.

    >>> listed_as("/data/news"), listed_as("/data/news/2015*/*.json")
    ('news', 'news/2015*/*.json')
    """
    if is_url(source):
        return url_name(str(source))
    path = Path(source)
    fixed = path if path.exists() else _spelled_out(path)
    root = _named(fixed.resolve().name)
    return PurePosixPath(root, *path.relative_to(fixed).parts).as_posix()


def _spelled_out(path: Path) -> Path:
    """The part of a pattern before its first wild card."""
    while glob.has_magic(str(path)):
        path = path.parent
    return path


def _named(name: str) -> str:
    """A file name that can be written as UTF-8, also where its bytes are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def shown(name: str) -> str:
    """A path as one printable line, whatever its bytes.

    >>> print(shown("a\\nb"))
    'a\\nb'
    """
    return ascii(name) if not name.isprintable() else repr(name)


def _walk(
    root: Path, named: str, reading: Reading, seen: set[tuple[int, int]], hidden: tuple[int, int] | None
) -> Iterator[SourceFile | Drop]:
    """What is at a path and below it; what is still to be seen is a stack, since folders go deeper than calls do."""
    ahead = [(root, named)]
    while ahead:
        path, name = ahead.pop()
        try:
            status = path.stat()
            identity = _identity(status)
            if identity == hidden and path != root:
                continue
            if identity in seen:
                again = "loop: the folder was already read under another name"
                yield Drop(name, "read", again if stat.S_ISDIR(status.st_mode) else "duplicate: the same file")
                continue
            seen.add(identity)
            if stat.S_ISDIR(status.st_mode):
                ahead += [(entry, f"{name}/{inside}") for entry, inside in reversed(_entries(path))]
            elif stat.S_ISREG(status.st_mode):
                yield SourceFile(path, name, reading)
            else:
                yield Drop(name, "read", "not a file: a socket, pipe or device")
        except OSError as error:
            yield Drop(name, "read", f"unreadable: {error.strerror}")


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _entries(folder: Path) -> list[tuple[Path, str]]:
    """What is to be read in a folder, each with its name in there: all, or the data files of a dataset."""
    card = folder / CARD
    about: list[str] = []
    if card.is_file():
        names = list(_below(folder))
        with card.open("rb") as stream:
            head = head_of(stream.read(MAX_CARD_BYTES))
        if head is not None:
            found = sorted(data_files(head, names))
            return [(folder / name, "/".join(map(_named, PurePosixPath(name).parts))) for name in found]
        about = beside_tables(names)
    wanted = (path for path in folder.iterdir() if _is_shown(path.name) and path.name not in about)
    return [(path, _named(path.name)) for path in sorted(wanted, key=lambda path: path.name)]


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name not in PASSED_OVER


def _below(folder: Path) -> Iterator[str]:
    """The files below a folder, named from there, but those that are hidden or lie behind links to folders."""
    ahead = [""]
    while ahead:
        place = ahead.pop()
        with suppress(PermissionError), os.scandir(folder / place) as entries:
            for entry in entries:
                if not _is_shown(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    ahead.append(f"{place}{entry.name}/")
                elif entry.is_file():
                    yield place + entry.name
