"""Archives of files: zip and tar. Nothing of them is written to disk under its own name, and no link is followed."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from libya_news.records import Drop

from ._files import PASSED_OVER, shown
from ._streams import BROKEN, NO_MEMORY, OpenFile, Refused, unreadable
from ._tar import entries
from ._zip import Entries

_ENCRYPTED: Final = 0x41
"""The bits of a zip entry's flags that say that a password is needed."""

MAX_NAME: Final = 1024
"""Characters of an entry's name with its folders; file systems take up to 4,096 bytes, and zip archives hold 65,535."""

_DAMAGED: Final = (NotImplementedError, RuntimeError, ValueError, IndexError, OverflowError, struct.error)
"""What the readers of archives raise for damaged ones, besides what they say they do."""


class Archive(NamedTuple):
    """A kind of archive: how it is recognised, and what gives its members in their order."""

    suffixes: tuple[str, ...]
    magic: bytes
    offset: int
    members: Callable[[OpenFile], Iterator[OpenFile | Drop]]


def zip_members(file: OpenFile) -> Iterator[OpenFile | Drop]:
    """The files of a zip archive."""
    with file.seekable() as stream, zipfile.ZipFile(stream) as archive:
        contents = Entries(stream, archive)
        for entry in archive.infolist():
            name = f"{file.name}/{entry.filename}"
            mode = entry.external_attr >> 16
            folder = entry.is_dir() and not entry.file_size  # what holds bytes is none, whatever its name
            kind = "link" if stat.S_ISLNK(mode) else "folder" if folder else "file"
            if reason := _unwanted(entry.filename, kind):
                yield from _dropped(name, reason)
            elif file.suffix == _CRAWL and not entry.filename.startswith(_RECORDS):
                continue
            elif entry.flag_bits & _ENCRYPTED:
                yield Drop(shown_name(name), "read", "encrypted: a password is needed")
            else:
                yield _zip_member(file, name, contents, entry)


def _zip_member(file: OpenFile, name: str, contents: Entries, entry: zipfile.ZipInfo) -> OpenFile | Drop:
    try:
        stream: Any = contents.open(entry)
    except MemoryError:
        return Drop(shown_name(name), "read", NO_MEMORY)
    except (*BROKEN, *_DAMAGED) as error:
        return Drop(shown_name(name), "read", unreadable(error))
    return OpenFile(name, stream, file.reading, entry.compress_size)


def tar_members(file: OpenFile) -> Iterator[OpenFile | Drop]:
    """The files of a tar archive, as they come."""
    plain = file.stream.seekable()
    for member in entries(file.stream):
        if isinstance(member, str):
            yield Drop(file.name, "read", member)
            continue
        name = f"{file.name}/{member.name}"
        if reason := _unwanted(member.name, member.kind) or _NO_FILE.get(member.kind, ""):
            yield from _dropped(name, reason)
        else:
            # where it can be known, not more than is there: a header can say anything
            size = min(member.size, file.size - file.stream.tell()) if plain else member.size
            stream: Any = member.stream
            yield OpenFile(name, stream, file.reading, size)


_NO_FILE: Final = {
    "device": "not a file: a pipe or device",
    "sparse": "unreadable: a sparse file, whose header can say that it has any number of zeros",
}


_CRAWL: Final = ".wacz"
_RECORDS: Final = "archive/"
"""Where a crawl that is packed with its indexes and its list of pages, as by Browsertrix, has its WARC files.

Source: Web Archive Collection Zipped, version 1.1.1, Webrecorder.
"""

ARCHIVES: Final = (
    Archive((".zip", _CRAWL, ""), b"PK\x03\x04", 0, zip_members),
    Archive((".tar", ""), b"ustar", 257, tar_members),
)


def members(file: OpenFile, sample: bytes) -> Iterator[OpenFile | Drop] | None:
    """The files inside of one, where it is an archive; office documents are zip archives, but not by their suffix."""
    for kind in ARCHIVES:
        if file.suffix in kind.suffixes and sample.startswith(kind.magic, kind.offset):
            return _printable(kind.members(file))
    return None


def _printable(found: Iterator[OpenFile | Drop]) -> Iterator[OpenFile | Drop]:
    """Names from archives are anything: what cannot be written as UTF-8 is written as its escapes."""
    try:
        for item in found:
            yield item if isinstance(item, Drop) else replace(item, name=shown_name(item.name))
    except _DAMAGED as error:
        raise Refused(unreadable(error)) from None


def shown_name(name: str) -> str:
    """A name that can be written as UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _dropped(name: str, reason: str) -> Iterator[Drop]:
    if reason != _SILENT:
        yield Drop(shown_name(name)[:MAX_NAME], "read", reason)


_SILENT: Final = "folder"


def _unwanted(name: str, kind: str) -> str:
    """Why an entry is not read, or an empty string."""
    path = PurePosixPath(name.replace("\\", "/"))
    if kind == "folder" or path.name in PASSED_OVER or any(_hidden(part) for part in path.parts):
        return _SILENT
    if len(name) > MAX_NAME:
        return f"unsafe name: it has {len(name):,} characters"
    if path.is_absolute() or ".." in path.parts:
        return f"unsafe name: {shown(name)} leads out of the archive"
    return "link: links in archives are not followed" if kind == "link" else ""


def _hidden(part: str) -> bool:
    return part == "__MACOSX" or (part.startswith(".") and part not in (".", ".."))
