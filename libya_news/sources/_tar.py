"""The members of a tar archive, as they come.

Python's ``tarfile`` ends an archive in silence at the first header that is damaged, believes every size that a header
tells, and keeps all headers in memory. Here it parses single headers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from tarfile import (
    GNUTYPE_LONGLINK,
    GNUTYPE_LONGNAME,
    GNUTYPE_SPARSE,
    SOLARIS_XHDTYPE,
    XGLTYPE,
    XHDTYPE,
    HeaderError,
    TarInfo,
)
from typing import IO, Final, NamedTuple

from ._unpacking import Part, exactly

_BLOCK: Final = 512
"""Bytes: a header has so many, and what a member holds is padded to a multiple of them."""

_MAGIC: Final = (b"ustar", 257)
"""What a header has, and where. Behind damage only blocks with it are taken for headers."""

_MAX_FACTS: Final = 1 << 20
"""Bytes of what may be said of one member before its header. File systems have names of up to 4,096 bytes."""

_SKIPPED: Final = 1 << 18
"""Bytes that are read at once of what is passed over."""

_TELLING: Final = (GNUTYPE_LONGNAME, GNUTYPE_LONGLINK, XHDTYPE, SOLARIS_XHDTYPE, XGLTYPE)
"""Kinds of headers that only tell facts of other members."""

_HOLES: Final = b"holes"
"""The one fact that is kept of all that is said of a sparse file."""

DAMAGED: Final = "unreadable: a header is damaged or cut off: what lies between it and the next sound one is lost"
UNMARKED: Final = "unreadable: the archive has no end mark: it may be cut off"


class Member(NamedTuple):
    """One member.

    Attributes:
        name: its name with its folders.
        kind: ``file``, ``folder``, ``link``, ``device``, or ``sparse`` for a file with holes.
        stream: its bytes, to be read before the next member is asked for.
        size: how many bytes its header says that it has.
    """

    name: str
    kind: str
    stream: Part
    size: int


def entries(stream: IO[bytes]) -> Iterator[Member | str]:
    """The members of an archive, or of several one behind another; for what is lost between them, why.

    Raises:
        EOFError: the archive ends within a member.
    """
    facts: dict[bytes, bytes] = {}
    marked = lost = False
    while block := stream.read(_BLOCK):
        if not block.strip(b"\0") and not facts:
            marked = True
        elif not lost or block.startswith(*_MAGIC):
            try:
                member = _entry(stream, block, facts)
            except (HeaderError, ValueError):
                facts.clear()
                if not lost:
                    yield DAMAGED
                lost = True
                continue
            lost = marked = False
            if member:
                facts.clear()
                yield member
                _skip(stream, member.stream.left + -member.size % _BLOCK)
    if not (marked or lost):
        yield UNMARKED


def _entry(stream: IO[bytes], block: bytes, facts: dict[bytes, bytes]) -> Member | None:
    """The member that a header stands before; None where it is one of those that only tell facts of the next member.

    Raises:
        HeaderError, ValueError: the header is damaged.
    """
    header = TarInfo.frombuf(block, "utf-8", "surrogateescape")
    if header.type in _TELLING:
        facts.update(_facts(stream, header))
        return None
    name = facts[b"path"].decode("utf-8", "surrogateescape") if b"path" in facts else header.name
    size = int(facts.get(b"size", header.size))
    kind = _kind(header, facts)
    if size < 0:
        raise ValueError("a size below zero")
    if header.type == GNUTYPE_SPARSE:
        _skip_map(stream, block[482])
    size = 0 if kind in ("folder", "link", "device") else size  # whatever their header says, they hold none
    return Member(name.rstrip("/"), kind, Part(stream, size), size)


def _kind(header: TarInfo, facts: dict[bytes, bytes]) -> str:
    if header.isdir():
        return "folder"
    if header.issym() or header.islnk():
        return "link"
    if header.isdev():
        return "device"
    return "sparse" if header.type == GNUTYPE_SPARSE or _HOLES in facts else "file"


def _facts(stream: IO[bytes], header: TarInfo) -> dict[bytes, bytes]:
    """What is told of the next member. What is told of all members is left alone: no name and no size is that of all.

    Raises:
        ValueError: it is damaged, or endless.
    """
    if not 0 <= header.size <= _MAX_FACTS:
        raise ValueError("endless facts of a member")
    data = exactly(Part(stream, header.size), header.size)
    _skip(stream, -header.size % _BLOCK)
    if header.type == GNUTYPE_LONGNAME:
        return {b"path": data.partition(b"\0")[0]}
    return dict(_records(data)) if header.type in (XHDTYPE, SOLARIS_XHDTYPE) else {}


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Those of the facts that matter here. Each is written as its length, a space, a key, ``=``, a value, a line break.

    Raises:
        ValueError: they are written in another way.

    >>> list(_records(b"14 path=a.txt\\n14 uid=1000.5\\n"))
    [(b'path', b'a.txt')]
    """
    at = 0
    while at < len(data):
        space = data.index(b" ", at, at + 20)
        end = at + int(data[at:space])
        key, equals, value = data[space + 1 : end].partition(b"=")
        if not (equals and value.endswith(b"\n") and end <= len(data)):
            raise ValueError("a damaged fact of a member")
        if key in (b"path", b"size"):
            yield key, value[:-1]
        elif key.startswith(b"GNU.sparse."):
            yield _HOLES, b""
        at = end


def _skip_map(stream: IO[bytes], more: int) -> None:
    """Pass over the blocks that tell where a sparse file has holes, each of which tells whether there is another."""
    while more:
        more = exactly(Part(stream, _BLOCK), _BLOCK)[504]


def _skip(stream: IO[bytes], size: int) -> None:
    rest = Part(stream, size)
    try:
        while rest.read1(_SKIPPED):
            pass
    except EOFError:
        raise EOFError("cut off: the archive ends within a member") from None
