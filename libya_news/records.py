"""The records that flow through the library: few, frozen, and known to every stage.

``bytes → RawArticle → Normalized → Article (text + segments) → Release``, and ``Drop`` for what leaves on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from .labels import STORY_KINDS


def sha256_hex(data: bytes | str) -> str:
    """SHA-256 of bytes, or of a text as UTF-8 (lone surrogates pass through), as 64 hex digits.

    >>> sha256_hex("Libya")[:8]
    '2aa2fcef'
    """
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")).hexdigest()


class Segment(NamedTuple):
    """A run of characters that has one label.

    Attributes:
        start: first code point, counted in the text that was segmented.
        end: one past the last code point (half-open).
        label: one of ``labels.LABELS``.
        kind: one of ``labels.KIND_NAMES``; it implies the label.
        confidence: probability in [0, 1] that the label is right.
        by: what decided: ``rule:NAME`` or ``MODEL@HASH``.
    """

    start: int
    end: int
    label: str
    kind: str
    confidence: float
    by: str


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One article as found, before anything was decided about it.

    Attributes:
        source: where it stood: a path relative to the given source, POSIX style. Never an absolute path.
        data: the text or the undecoded bytes.
        url: web address, as the source gave it.
        publisher, title, language, licence: as the source gave them.
        authors: names, in the source's order.
        published_at: publication time in UTC.
    """

    source: str
    data: bytes | str
    url: str | None = None
    publisher: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    language: str | None = None
    licence: str | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of ``data``, 64 hex digits."""
        return sha256_hex(self.data)


@dataclass(frozen=True, slots=True)
class Drop:
    """Something that came in and does not become an article, and why.

    Attributes:
        id: what was dropped: an article id, or a source position such as ``news.jsonl:17``.
        stage: where: ``read``, ``normalize``, ``segment`` or ``release``.
        reason: a stable word, then detail after a colon, for example ``duplicate: same content as …``.
    """

    id: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """A normalised text with its segments and its provenance. Text is sliced by offsets, never searched."""

    id: str
    source: str
    text: str
    segments: tuple[Segment, ...]
    raw_sha256: str
    language: str | None = None
    url: str | None = None
    publisher: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    encoding: str | None = None
    fixes: tuple[str, ...] = ()
    licence: str | None = None

    @property
    def text_sha256(self) -> str:
        """SHA-256 of the normalised text as UTF-8, 64 hex digits."""
        return sha256_hex(self.text)

    @property
    def body(self) -> str:
        """The story alone: standfirst, crossheads, paragraphs and list texts, joined by blank lines."""
        return "\n\n".join(self.text[s.start : s.end] for s in self.segments if s.kind in STORY_KINDS)


class Offsets(Protocol):
    """Where the characters of a normalised text stood in the input."""

    def start(self, index: int) -> int:
        """Where the character at ``index`` begins in the input."""

    def end(self, index: int) -> int:
        """Where the character before ``index`` ends in the input."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """A text after decoding, repair and tidying, and what was done to it.

    Attributes:
        text: the normalised text. The very object that was given, where that was a ``str`` and nothing had to change.
        encoding: the encoding that the bytes were read in, as Python names it; None for ``str`` input.
        confidence: in [0, 1], how sure it is that ``encoding`` is right; 1 for ``str`` input.
        counts: for each fix that changed something, in the order of the first change, at how many places it did.
        damage: spans ``(start, end)`` of ``text`` that are damaged beyond repair (a character that stands for lost
            ones, mojibake with bytes missing), in order. They are left as they are: what is lost is never guessed.
        offsets: the way back from ``text`` to the input; None where each offset is its own origin.
    """

    text: str
    encoding: str | None = None
    confidence: float = 1.0
    counts: Mapping[str, int] = field(default_factory=dict, hash=False)
    damage: tuple[tuple[int, int], ...] = ()
    offsets: Offsets | None = field(default=None, compare=False, repr=False)

    @property
    def fixes(self) -> tuple[str, ...]:
        """Names of the fixes that changed something, in order."""
        return tuple(self.counts)

    def origin(self, index: int) -> int:
        """Offset in the input (code points of a ``str``, bytes of ``bytes``) of the character at ``index``.

        Monotone, and defined for 0 to ``len(text)`` inclusive.

        Raises:
            IndexError: ``index`` is outside the text.
        """
        if not 0 <= index <= len(self.text):
            raise IndexError(f"Offset {index} is outside the text; it has {len(self.text)} characters.")
        return index if self.offsets is None else self.offsets.start(index)

    def origin_span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the input that ``text[start:end]`` was made from, half-open, in the input's own units.

        What was removed just before or just behind the span is left out. Of characters that were made together
        from one piece of the input, each has the whole piece as its origin.

        Raises:
            IndexError: the span is outside the text, or ends before it starts.
        """
        first = self.origin(start)
        if not start <= end <= len(self.text):
            raise IndexError(f"Span ({start}, {end}) is not one of this text; it has {len(self.text)} characters.")
        if start == end or self.offsets is None:
            return first, first + end - start
        return first, self.offsets.end(end)
