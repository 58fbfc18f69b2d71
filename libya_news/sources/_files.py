"""Finding and opening the files of a source: folders, links, gzip, and what stands in the way."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from libya_news.errors import SourceNotFoundError
from libya_news.records import Drop

StrPath = str | os.PathLike[str]

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""A single document beyond this size is dropped with its size. News articles end below 1 MB; the largest text that the
library is tested to take in bounded time is 64 MB."""

BROKEN: Final = (OSError, EOFError, zlib.error)
"""What opening or reading a damaged, truncated or forbidden file raises."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: where it lies.
        name: how it is called in records and messages: relative to the given source's parent, POSIX style.
    """

    path: Path
    name: str

    @property
    def suffixes(self) -> list[str]:
        """Lower-case suffixes, ``.gz`` left out: ``news.jsonl.gz`` gives ``[".jsonl"]``."""
        return [suffix.lower() for suffix in Path(self.name).suffixes if suffix.lower() != ".gz"]

    def open(self) -> IO[bytes]:
        """Open for reading, decompressed where the file is gzip by its first bytes."""
        with self.path.open("rb") as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
        return gzip.open(self.path, "rb") if compressed else self.path.open("rb")  # type: ignore[return-value]

    def digest(self) -> tuple[str, int]:
        """SHA-256 (64 hex digits) and size in bytes of the file as it lies on disk."""
        with self.path.open("rb") as stream:
            hashed = hashlib.sha256()
            while block := stream.read(1 << 20):
                hashed.update(block)
            return hashed.hexdigest(), stream.tell()


def list_files(sources: Iterable[StrPath]) -> Iterator[SourceFile | Drop]:
    """All files of the given files and folders, each once, in the order of their names.

    Hidden files and folders (``.git``, ``.DS_Store``) and provenance files are no articles and are passed over.
    Links are followed; a folder that was already seen is left with a ``Drop``, so link loops end.

    Raises:
        SourceNotFoundError: a given path does not exist.
    """
    seen: set[tuple[int, int]] = set()
    for source in sources:
        path = Path(source)
        if not path.exists():
            raise SourceNotFoundError(
                f"There is no file or folder {shown(str(source))}.", "Check the path; folders and files can be given."
            )
        yield from _walk(path, _named(path.resolve().name), seen)


def _named(name: str) -> str:
    """A file name that can be written as UTF-8, also where its bytes are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def shown(name: str) -> str:
    """A path as one printable line, whatever its bytes.

    >>> print(shown("a\\nb"))
    'a\\nb'
    """
    return ascii(name) if not name.isprintable() else repr(name)


def _walk(path: Path, name: str, seen: set[tuple[int, int]]) -> Iterator[SourceFile | Drop]:
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) in seen:
            what = (
                "loop: the folder was already read under another name" if path.is_dir() else "duplicate: the same file"
            )
            yield Drop(name, "read", what)
            return
        seen.add((status.st_dev, status.st_ino))
        if path.is_dir():
            for entry in sorted(path.iterdir(), key=lambda child: child.name):
                if not entry.name.startswith(".") and entry.name != "provenance.toml":
                    yield from _walk(entry, f"{name}/{_named(entry.name)}", seen)
        elif path.is_file():
            yield SourceFile(path, name)
        else:
            yield Drop(name, "read", "not a file: a socket, pipe or device")
    except OSError as error:
        yield Drop(name, "read", f"unreadable: {error.strerror}")
