"""What the entries of a zip archive unpack to, no more at once than is asked for.

Python's ``zipfile`` reads the directory of an archive; the entries are read here, since it unpacks bzip2 and LZMA
without a bound, and lets entries share their bytes.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from bisect import bisect_right
from collections.abc import Callable
from typing import IO, Any, Final
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ._unpacking import MAX_MEMORY, Inflate, Packed, Part, exactly

_HEADER: Final = 30
"""Bytes of the header in front of an entry, without the name and what else follows it."""

_UTF8: Final = 0x800
"""The bit of an entry's flags that says that its name is UTF-8; it is code page 437 otherwise."""

_MIN_DICTIONARY: Final = 4096
"""Bytes: LZMA has none that is smaller."""

_LZMA_HEAD: Final = 9
"""Bytes: the version and the number of the properties that follow, which are always 5 bytes."""

_ENDLESS: Final = 1 << 65
"""More than the offset of any entry."""


class Entries:
    """The bytes of an archive's entries, of which no two share any.

    Archives that unpack to endless bytes have entries that reach into the next one, or that begin where another does.
    Of such entries only one is read: the last of those that reach into each other, the first of those that begin at
    the same byte.
    """

    def __init__(self, stream: IO[bytes], archive: ZipFile) -> None:
        starts = {entry.header_offset for entry in archive.infolist()}
        self._stream, self._starts = stream, [*sorted({*starts, archive.start_dir}), _ENDLESS]
        self._read: set[int] = set()

    def open(self, entry: ZipInfo) -> Entry:
        """The bytes of an entry; it is to be read before the next is opened.

        Raises:
            BadZipFile: it is damaged, or its bytes are another's, too.
            NotImplementedError: it is compressed in a way that is not read.
        """
        if entry.compress_type not in _METHODS:
            raise NotImplementedError(f"compression method {entry.compress_type} is not read")
        start = self._start(entry)
        behind = self._starts[bisect_right(self._starts, entry.header_offset)]
        if entry.header_offset in self._read or start + entry.compress_size > behind:
            raise BadZipFile("its bytes are those of another entry, too")
        self._read.add(entry.header_offset)
        self._stream.seek(start)
        return Entry(_METHODS[entry.compress_type](Part(self._stream, entry.compress_size), entry), entry)

    def _start(self, entry: ZipInfo) -> int:
        """Where the bytes of an entry begin, behind a header that must have its name."""
        self._stream.seek(entry.header_offset)
        header = self._stream.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(b"PK\x03\x04"):
            raise BadZipFile("there is no entry where the directory says")
        name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        if self._stream.read(name) != entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437"):
            raise BadZipFile("the directory has another name for it")
        return entry.header_offset + _HEADER + name + extra


class Entry:
    """What an entry unpacks to: as many bytes as the directory says, which must have the sum that it says."""

    def __init__(self, stream: Any, entry: ZipInfo) -> None:
        self._stream, self._entry, self._left, self._sum = stream, entry, entry.file_size, 0

    def read1(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end.

        Raises:
            BadZipFile: at the end, where they are not those that were packed.
        """
        if not self._left:
            if self._sum != self._entry.CRC:
                raise BadZipFile("its checksum is wrong")
            return b""
        data: bytes = self._stream.read1(min(size, self._left))
        if not data:
            raise BadZipFile(f"cut off: {self._left:,} of {self._entry.file_size:,} bytes are missing")
        self._left -= len(data)
        self._sum = zlib.crc32(data, self._sum)
        return data


def _lzma(packed: Part, entry: ZipInfo) -> Packed:
    """What LZMA packed: in front of it are 4 bytes about it, and its properties with the size of the dictionary.

    A dictionary need not be larger than all that is unpacked, whatever the archive says.
    """
    head = exactly(packed, _LZMA_HEAD)
    code, dictionary = head[4], int.from_bytes(head[5:], "little")
    size = max(_MIN_DICTIONARY, min(dictionary, entry.file_size))
    if size > MAX_MEMORY:
        raise BadZipFile(f"to unpack it takes {size:,} bytes of memory, where {MAX_MEMORY:,} are allowed")
    settings = {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": code % 9, "lp": code // 9 % 5, "pb": code // 45}
    return Packed(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[settings]))


_METHODS: Final[dict[int, Callable[[Part, ZipInfo], Part | Packed]]] = {
    ZIP_STORED: lambda packed, _: packed,
    ZIP_DEFLATED: lambda packed, _: Packed(packed, Inflate),
    ZIP_BZIP2: lambda packed, _: Packed(packed, bz2.BZ2Decompressor),
    ZIP_LZMA: _lzma,
}
