"""Streams of bytes: what is compressed is unpacked as it is read, as far as its budget allows."""

from __future__ import annotations

import codecs
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, Final

from ._reading import Reading
from ._unpacking import bzip2, gzip, xz

BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What opening or reading a damaged, truncated or forbidden file raises."""

BLOCK: Final = 1 << 18

STEP: Final = 1 << 14
"""Bytes that are unpacked at once: what unpacks them gives none of those of a step in which it meets damage."""

MAX_EXPANSION: Final = 200
"""How many times its size a compressed file may unpack to. News packs to a third up to a thirtieth of its size; the
densest bombs of gzip have 1,032, of others far more."""

FREE_BYTES: Final = 256 * 1024 * 1024
"""Bytes that any file may unpack to: what can do no harm, however small it was packed."""

NO_MEMORY: Final = "unreadable: to unpack it takes more memory than there is"


MAX_EMPTY_LINES: Final = 1_000_000
"""Empty lines in a row. A quarter of a billion of them fits into 255 KB, and takes a minute to read."""


def refuse_empty(lines: int) -> None:
    """See that there are not too many empty lines in a row.

    Raises:
        Refused: there are.
    """
    if lines > MAX_EMPTY_LINES:
        raise Refused(f"bomb: more than {MAX_EMPTY_LINES:,} empty lines in a row; nothing behind them was read")


class Refused(Exception):  # noqa: N818 - it says what happens, and never leaves this package
    """Something that is not read; its text is the reason of the drop."""


class Budget:
    """How many bytes a compressed file may still unpack to; what is inside another file spends that one's too.

    So do the files of an archive spend its own: many small bombs are one large one.
    """

    def __init__(self, packed: int, parent: Budget | None = None, what: str = "it") -> None:
        self._left = self._limit = max(FREE_BYTES, MAX_EXPANSION * packed)
        self._parent, self._what = parent, what

    def spend(self, size: int) -> None:
        """Take bytes off.

        Raises:
            Refused: there are not so many left.
        """
        self._left -= size
        if self._left < 0:
            raise Refused(f"bomb: {self._what} unpacks to more than {self._limit:,} bytes")
        if self._parent:
            self._parent.spend(size)


class Unpacked(io.RawIOBase):
    """The bytes of another stream, each taken off a budget; maybe with some that were read from it before.

    All that lie before damage are given, step by step. Then every read raises what the first one raised: some of what
    unpacks goes on behind damage as if nothing were.
    """

    def __init__(self, stream: Any, budget: Budget | None = None, head: bytes = b"") -> None:
        self._budget, self._head = budget, head
        self._read = stream.read1
        self._fault: Exception | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read goes."""
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._step(min(len(buffer), STEP))
        buffer[: len(data)] = data
        return len(data)

    def _step(self, size: int) -> bytes:
        if self._fault:
            raise self._fault
        try:
            data: bytes = self._read(size)
            if self._budget:
                self._budget.spend(len(data))
        except MemoryError:
            self._fault = Refused(NO_MEMORY)
            raise self._fault from None
        except Exception as error:
            self._fault = error
            raise
        return data


class Forward:
    """A stream for readers that take it in large pieces: it gives them what lies before damage, too.

    It tells how far it was read; where one cannot tell, ``fastwarc`` 2.0.1 panics.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._at = stream, 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes, at most so many; none at the end."""
        data: bytes = self._stream.read1(size)
        self._at += len(data)
        return data

    def tell(self) -> int:
        """The number of bytes that were read."""
        return self._at


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file to read: decompressed, and out of its container.

    Attributes:
        name: how it is called in records and messages.
        stream: its bytes, from the first on; it can be read once.
        reading: how its source is read.
        size: bytes that it takes where it lies; what its content may unpack to is measured by it.
        budget: what its content spends besides its own, where it was packed.
    """

    name: str
    stream: IO[bytes]
    reading: Reading
    size: int
    budget: Budget | None = None

    @property
    def suffix(self) -> str:
        """Lower-case suffix without that of a compression: that of ``news.jsonl.gz`` is ``.jsonl``."""
        path = PurePosixPath(self.name.lower())
        while path.suffix in COMPRESSED_SUFFIXES:
            path = path.with_suffix(COMPRESSED_SUFFIXES[path.suffix])
            if path.suffix == ".tar":
                break
        return path.suffix

    def sample(self, size: int) -> tuple[bytes, OpenFile]:
        """The first bytes, and the file with all of its bytes still to be read; of a damaged one those before that."""
        head = _first(Forward(self.stream), size)
        if self.stream.seekable():
            self.stream.seek(0)
            return head, self
        joined = io.BufferedReader(Unpacked(self.stream, head=head), BLOCK)
        return head, OpenFile(self.name, joined, self.reading, self.size)

    def seekable(self) -> IO[bytes]:
        """Its bytes in a stream that can be read in any order: a file without a name, where there is none yet."""
        if self.stream.seekable():
            return self.stream
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
        while block := self.stream.read(BLOCK):
            copy.write(block)
        copy.seek(0)
        return copy

    def document(self) -> bytes:
        """All bytes, as those of one article.

        Raises:
            Refused: they are too many for one.
        """
        return one_document(self.stream, self.reading.max_document_bytes)


def in_utf8(file: OpenFile) -> OpenFile:
    """A file of text in UTF-8: one whose byte order mark is that of UTF-16 is decoded as it is read."""
    head, file = file.sample(2)
    if head not in _WIDE:
        return file
    stream = io.BufferedReader(Unpacked(_Recoded(file.stream)), BLOCK)
    return OpenFile(file.name, stream, file.reading, file.size, file.budget)


def narrowed(sample: bytes) -> bytes:
    """The first bytes of a file of text in UTF-8, where they begin with the byte order mark of UTF-16.

    >>> narrowed("Talks".encode("utf-16"))
    b'Talks'
    """
    return sample.decode("utf-16", "replace").encode("utf-8", "replace") if sample[:2] in _WIDE else sample


_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Recoded:
    """UTF-16 as UTF-8; what cannot be decoded becomes U+FFFD."""

    def __init__(self, stream: Any) -> None:
        self._stream = Forward(stream)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read1(self, size: int) -> bytes:
        """Some bytes, at most so many (of sizes of 16 and more); none at the end."""
        found = b""
        while not found:
            data = self._stream.read(size // 2)  # three bytes at the most for two
            found = self._decoder.decode(data, final=not data).encode("utf-8", "replace")
            if not data:
                break
        return found


def _first(stream: Forward, size: int) -> bytes:
    """The first bytes of a stream. Damage behind some of them is met again by whoever reads on."""
    head = b""
    try:
        while block := stream.read(size - len(head)):
            head += block
    except (*BROKEN, Refused):
        if not head:
            raise
    return head


def one_document(stream: Any, limit: int) -> bytes:
    """All bytes of a stream.

    Raises:
        Refused: they are more than the limit; the reason tells how many.
    """
    data: bytes = stream.read(limit + 1)
    if len(data) <= limit:
        return data
    size = len(data)
    while block := stream.read(BLOCK):
        size += len(block)
    raise Refused(too_large(size, limit))


def unreadable(error: BaseException) -> str:
    """The reason of a drop for what cannot be read: what the system or the reader says, as one line."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"unreadable: {' '.join(said.split())[:300]}"


def too_large(size: int, limit: int) -> str:
    """The reason of a drop for a document of too many bytes."""
    return f"too large: {size:,} bytes in one document, where {limit:,} are allowed"


def _zstd(stream: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - half a second that plain files do not need

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


COMPRESSIONS: Final[tuple[tuple[bytes, Callable[[Any], Any]], ...]] = (
    (b"\x1f\x8b", gzip),
    (b"\x28\xb5\x2f\xfd", _zstd),
    (b"\xfd7zXZ\x00", xz),
    (b"BZh", bzip2),
)
"""First bytes, and what unpacks the bytes behind them."""

COMPRESSED_SUFFIXES: Final = {
    ".gz": "", ".zst": "", ".xz": "", ".bz2": "",
    ".tgz": ".tar", ".tzst": ".tar", ".txz": ".tar", ".tbz2": ".tar", ".tbz": ".tar",
}  # fmt: skip
"""Suffixes that say how a file is compressed, and what is left of each without."""


def decompressed(file: OpenFile, sample: bytes, parent: Budget | None) -> tuple[OpenFile, Budget] | None:
    """The file with its outermost compression taken off, and the budget of its bytes; None where it has none."""
    for magic, unpack in COMPRESSIONS:
        if sample.startswith(magic):
            budget = Budget(file.size, parent)
            stream = io.BufferedReader(Unpacked(unpack(file.stream), budget), BLOCK)
            return OpenFile(file.name, stream, file.reading, file.size), budget
    return None
