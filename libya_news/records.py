"""The records that flow through the library: few, frozen, and known to every stage.

``bytes → RawArticle → Normalized → Article (text + segments) → Release``, and ``Drop`` for what leaves on the way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

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
