"""What messages of Arrow IPC say of their size, before pyarrow unpacks them.

A message is its length, its metadata as a flatbuffer, and a body. The metadata of a batch lists the buffers in the
body; where they are compressed, each begins with the number of bytes that it unpacks to.
"""

from __future__ import annotations

import struct
from typing import IO, Final

_CONTINUED: Final = -1
"""Stands before the length of a message, but in streams from before 2019."""

_DICTIONARY, _BATCH = 2, 3
"""Kinds of messages."""

_COMPRESSED_IN_2020: Final = b"ARROW:experimental_compression"
"""What one version of Arrow wrote where others have a field of the batch."""


def unpacked_size(stream: IO[bytes]) -> int:
    """The bytes that the messages up to the next batch unpack to; the stream is left where it was.

    Raises:
        ValueError: what is there is no message.
    """
    start, size, kind = stream.tell(), 0, 0
    while kind != _BATCH:
        metadata = _metadata(stream)
        if not metadata:
            break
        body = stream.tell()
        try:
            kind, more, length = _described(stream, metadata, body)
            stream.seek(body + length)
        except (struct.error, LookupError, OverflowError):
            raise ValueError("the metadata of a message is damaged") from None
        size += more
    stream.seek(start)
    return size


def _metadata(stream: IO[bytes]) -> bytes:
    """That of the next message; nothing at the end."""
    length = _int32(stream.read(4))
    if length == _CONTINUED:
        length = _int32(stream.read(4))
    return stream.read(length) if length > 0 else b""


def _int32(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True) if len(data) == 4 else 0


def _described(stream: IO[bytes], metadata: bytes, body: int) -> tuple[int, int, int]:
    """The kind of a message, the bytes that its body unpacks to, and the bytes of its body."""
    message = _followed(metadata, 0)
    kind = metadata[place] if (place := _field(metadata, message, 1)) else 0
    place = _field(metadata, message, 3)
    length = max(0, struct.unpack_from("<q", metadata, place)[0]) if place else 0
    header = _field(metadata, message, 2)
    if kind not in (_DICTIONARY, _BATCH) or not header:
        return kind, length, length
    batch = _followed(metadata, header)
    if kind == _DICTIONARY and (data := _field(metadata, batch, 1)):
        batch = _followed(metadata, data)
    is_compressed = bool(_field(metadata, batch, 3)) or _COMPRESSED_IN_2020 in metadata
    return kind, _of_buffers(stream, metadata, batch, body if is_compressed else None), length


def _of_buffers(stream: IO[bytes], metadata: bytes, batch: int, body: int | None) -> int:
    """The bytes that the buffers of a batch unpack to; ``body`` is where they lie, where they are compressed."""
    if not (place := _field(metadata, batch, 2)):
        return 0
    vector, total = _followed(metadata, place), 0
    for number in range(struct.unpack_from("<I", metadata, vector)[0]):
        offset, size = struct.unpack_from("<qq", metadata, vector + 4 + 16 * number)
        if body is not None and size > 0 <= offset:
            stream.seek(body + offset)
            said = int.from_bytes(stream.read(8), "little", signed=True)
            size = size if said == -1 else said
        total += max(0, size)
    return total


def _followed(data: bytes, place: int) -> int:
    """Where the offset at a place leads."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a table lies; 0 where the table has none."""
    described = table - int(struct.unpack_from("<i", data, table)[0])
    if 4 + 2 * number >= struct.unpack_from("<H", data, described)[0]:
        return 0
    offset = int(struct.unpack_from("<H", data, described + 4 + 2 * number)[0])
    return table + offset if offset else 0
