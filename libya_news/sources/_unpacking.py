"""What unpacks compressed bytes step by step: no read makes more bytes than it was asked for, whatever was packed.

Python's own readers of bzip2 and xz pass over damage behind the first of several streams. That of gzip reads ahead, and
gives nothing of that where it meets damage. That of zip archives unpacks all of a piece at once, be it to gigabytes.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

MAX_MEMORY: Final = 256 * 1024 * 1024
"""Bytes that a decompressor may take. ``xz -9`` asks for 65 MiB; a header of 13 bytes can ask for 4 GiB."""

_GZIP: Final = zlib.MAX_WBITS + 16
"""How ``zlib`` is told that a stream has the head and the checksum of gzip."""


class Decompressor(Protocol):
    """What the decompressors of ``bz2`` and ``lzma`` have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was met."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more to be had without more bytes."""

    @property
    def unused_data(self) -> bytes:
        """What was given to it and lies behind the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Some of what the bytes unpack to."""


class Inflate:
    """The decompressor of ``zlib`` in the shape of the others; of bytes with neither head nor checksum, as a rule."""

    def __init__(self, form: int = -zlib.MAX_WBITS) -> None:
        self._zlib = zlib.decompressobj(form)

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was met."""
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        """Whether all bytes that were given are taken; some of what they unpack to may still be there."""
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What was given to it and lies behind the end of the stream."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Some of what the bytes unpack to."""
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


class Part:
    """So many of the next bytes of a stream.

    >>> import io
    >>> part = Part(io.BytesIO(b"talks end"), 5)
    >>> part.read1(9), part.read1(9)
    (b'talks', b'')
    """

    def __init__(self, stream: Any, size: int) -> None:
        self._stream, self._size, self.left = stream, size, size

    def read1(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end.

        Raises:
            EOFError: the stream ends before the part does.
        """
        data: bytes = self._stream.read1(min(size, self.left))
        if not data and self.left:
            raise EOFError(f"cut off: {self._size - self.left:,} of {self._size:,} bytes are there")
        self.left -= len(data)
        return data


def exactly(stream: Part, size: int) -> bytes:
    """So many bytes of a stream.

    Raises:
        EOFError: there are not so many left.

    >>> import io
    >>> exactly(io.BytesIO(b"talks end"), 5)
    b'talks'
    """
    data = b""
    while len(data) < size:
        if not (block := stream.read1(size - len(data))):
            raise EOFError(f"cut off: {len(data):,} of {size:,} bytes are there")
        data += block
    return data


class Packed:
    """The bytes that one compressed stream unpacks to.

    >>> import io
    >>> Packed(io.BytesIO(bz2.compress(b"talks end")), bz2.BZ2Decompressor).read1(5)
    b'talks'
    """

    def __init__(self, source: Any, start: Callable[[], Decompressor]) -> None:
        self._source, self._start = source, start
        self._decompressor = start()
        self._given = b""

    def read1(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end.

        Raises:
            EOFError: the compressed bytes end before the stream does.
        """
        while not self._decompressor.eof or self._next(size):
            wanting = not self._given and self._decompressor.needs_input
            given = self._source.read1(size) if wanting else self._given
            self._given = b""
            # even where nothing more is given: zlib holds bytes back for which there was no room
            if data := self._decompressor.decompress(given, size):
                return data
            if wanting and not given and not self._decompressor.eof:
                raise EOFError("cut off: the compressed data has no end mark")
        return b""

    def _next(self, _size: int) -> bool:
        """Whether there is another stream to begin with."""
        return False


class Chain(Packed):
    """The bytes that compressed streams unpack to that lie one behind another, maybe with zeros that pad them.

    Whatever else lies behind a stream is damage, and raises what the decompressor says of it.

    >>> import io
    >>> chain = Chain(io.BytesIO(bz2.compress(b"talks ") + bz2.compress(b"end")), bz2.BZ2Decompressor)
    >>> chain.read1(9), chain.read1(9), chain.read1(9)
    (b'talks ', b'end', b'')
    """

    def _next(self, size: int) -> bool:
        rest = self._decompressor.unused_data.lstrip(b"\0")
        while not rest:
            if not (block := self._source.read1(size)):
                return False
            rest = block.lstrip(b"\0")
        self._given, self._decompressor = rest, self._start()
        return True


def gzip(stream: Any) -> Chain:
    """The bytes of a gzip file."""
    return Chain(stream, lambda: Inflate(_GZIP))


def bzip2(stream: Any) -> Chain:
    """The bytes of a bzip2 file."""
    return Chain(stream, bz2.BZ2Decompressor)


def xz(stream: Any) -> Chain:
    """The bytes of an xz file."""
    return Chain(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_MEMORY))
