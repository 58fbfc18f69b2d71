"""How an input is made from a sound one: by changes that a format feels, with pieces that mean something in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

MAX_BYTES = 1 << 13
"""Bytes of most inputs: faults of logic show in small ones, and small ones are quick."""

LONG_BYTES = 1_000_000
LONG_ODDS = 2000
"""One input in so many is a piece over and over, up to just below the size within which two seconds must do."""

NUMBERS = (b"0", b"-1", b"1", b"999999999999999999999", b"4294967295", b"2147483648", b"+275760", b"1e308", b"0000")
WORDS = (b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00", b"\x01")
COMMON = (b"\x00", b"\n", b"\r\n", b'"', b"\\", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x85")


def mutated(data: bytes, random: Random, pieces: Sequence[bytes]) -> bytes:
    """The input after one to eight changes; now and then one piece over and over."""
    for _ in range(random.randint(1, 8)):
        data = random.choice(_CHANGES)(data, random, pieces)[:MAX_BYTES]
    return repeated(data, random, pieces) if random.randrange(LONG_ODDS) == 0 else data


def repeated(data: bytes, random: Random, pieces: Sequence[bytes]) -> bytes:
    """A short piece of the input, or of the format, as often as it fits."""
    start = random.randrange(len(data) + 1)
    unit = data[start : start + random.randint(1, 30)]
    if random.random() < 0.5 or not unit:
        unit = b"".join(random.choices((*pieces, *COMMON), k=random.randint(1, 3)))
    return (data[:start] + unit * (LONG_BYTES // max(1, len(unit))))[:LONG_BYTES]


def _place(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 4, 16, 256)))


def _flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b"\x00"
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _insert(data: bytes, random: Random, pieces: Sequence[bytes]) -> bytes:
    at, _ = _place(data, random)
    return data[:at] + random.choice((*pieces, *COMMON)) * random.choice((1, 1, 1, 2, 40)) + data[at:]


def _overwrite(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at, word = _place(data, random)[0], random.choice(WORDS)
    return data[:at] + word + data[at + len(word) :]


def _delete(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _place(data, random)
    return data[:start] + data[end:]


def _cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, random)[0]]


def _double(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _place(data, random)
    return data[:end] + data[start:end] * random.choice((1, 2, 20)) + data[end:]


def _move(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = _place(data, random)
    rest = data[:start] + data[end:]
    at = random.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def _number(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    found = [match.span() for match in re.finditer(rb"\d+", data)]
    start, end = random.choice(found) if found else (0, 0)
    return data[:start] + random.choice(NUMBERS) + data[end:]


_CHANGES = (_flip, _insert, _insert, _overwrite, _delete, _cut, _double, _move, _number)
