"""The records that flow through the library: few, frozen, and known to every stage.

``bytes → RawArticle → Normalized → Article (text + segments) → Release``, and ``Drop`` for what leaves on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from .labels import STORY_KINDS

MANIFEST: Final = "manifest.json"
"""The file of a release that holds its record; a folder without it is no release."""

SITES: Final = "sites.csv"
"""The file of a release that holds what the articles of each site share, where that was counted."""

DROPS: Final = "drops.parquet"
"""The file of a release that tells what went in and did not come out, where there is any."""


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
        source: the file that held it: a path relative to the given source, POSIX style. Never an absolute path.
        data: the text or the undecoded bytes.
        position: where in the file it stood (line or document number), for messages; empty where it is the whole file.
        url: web address, as the source gave it.
        publisher, title, language, licence, rights_holder, terms: as the source gave them.
        authors: names, in the source's order.
        published_at: publication time in UTC.
        html: whether ``data`` is a web page, and not text.
        charset: the encoding that the web server declared for the page.
        besides: what is known besides of a web page, for where the page itself says nothing: attributes of these names,
            each with its value.
    """

    source: str
    data: bytes | str
    position: str = ""
    url: str | None = None
    publisher: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    language: str | None = None
    licence: str | None = None
    rights_holder: str | None = None
    terms: str | None = None
    html: bool = False
    charset: str | None = None
    besides: tuple[tuple[str, Any], ...] = ()

    @property
    def sha256(self) -> str:
        """SHA-256 of ``data``, 64 hex digits."""
        return sha256_hex(self.data)

    @property
    def where(self) -> str:
        """The place to look at, for messages: ``news.jsonl:17``."""
        return f"{self.source}:{self.position}" if self.position else self.source


@dataclass(frozen=True, slots=True)
class Drop:
    """Something that came in and does not become an article, and why.

    Attributes:
        id: what was dropped: an article id, or a source position such as ``news.jsonl:17``.
        stage: where it was dropped: ``read``, ``normalize``, ``corpus`` or ``release``.
        reason: a stable word, then detail after a colon, for example ``duplicate: same content as …``.
    """

    id: str
    stage: str
    reason: str


class Mention(NamedTuple):
    """A place where an article names a topic.

    Attributes:
        name: which name, as ``GROUP.SECTION`` of the topic's table, for example ``people.haftar``.
        start, end: code points, half-open.
        field: what they are counted in, ``title`` or ``text``.
    """

    name: str
    start: int
    end: int
    field: str


@dataclass(frozen=True, slots=True)
class Article:
    """A normalised text with its segments and its provenance. Text is sliced by offsets, never searched.

    Attributes:
        language, language_confidence: as ISO 639-1 names it, and how sure that is; None where its source said it.
        cluster: id of the article that stands for it and its near-duplicates.
        topic_score, topic_mentions: how sure it is, in [0, 1], that it is about the topic that it was chosen for, and
            where it names that; None and empty where it was chosen for none.
        segment_languages: language and confidence of each segment; empty where nobody has looked at them yet.
        signature: by which near-duplicates are found (see ``corpus.signatures``); empty where it was not made yet.
    """

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
    rights_holder: str | None = None
    terms: str | None = None
    language_confidence: float | None = None
    cluster: str | None = None
    topic_score: float | None = None
    topic_mentions: tuple[Mention, ...] = ()
    segment_languages: tuple[tuple[str, float | None] | None, ...] = field(default=(), compare=False, repr=False)
    signature: bytes = field(default=b"", compare=False, repr=False)

    @property
    def text_sha256(self) -> str:
        """SHA-256 of the normalised text as UTF-8, 64 hex digits."""
        return sha256_hex(self.text)

    @property
    def body(self) -> str:
        """The story alone: standfirst, crossheads, paragraphs and list texts, joined by blank lines."""
        return story(self.text, self.segments)


def story(text: str, segments: Iterable[Segment]) -> str:
    """The segments of a text that are its story, joined by blank lines.

    >>> story("Talks end: One.", [Segment(11, 15, "body", "paragraph", 1, "")])
    'One.'
    """
    return "\n\n".join(text[s.start : s.end] for s in segments if s.kind in STORY_KINDS)


def headline(text: str, segments: Iterable[Segment]) -> str | None:
    """The first headline of a text; None where it has none."""
    return next((text[s.start : s.end] for s in segments if s.kind == "headline"), None)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that a release was built from: name as in ``Article.source``, size in bytes, SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A data file of a release.

    Attributes:
        path: relative to the release's folder, POSIX style.
        config: the config that it belongs to.
        split: the split that it belongs to.
        rows: number of rows.
        bytes: size on disk.
        sha256: SHA-256 of the file.
        content_bytes: size of its rows as canonical JSON.
        content_sha256: SHA-256 of its rows as canonical JSON: the same for the same rows, whatever wrote the file.
    """

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str
    content_bytes: int
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file of a release that describes its data: card, chart, ``croissant.json``, ``CITATION.cff``.

    Attributes:
        path: relative to the release's folder, POSIX style.
        bytes: size on disk.
        sha256: SHA-256 of the file.
    """

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of an erased article: the number of the erasure in its store, the id, and a salted hash."""

    erasure: int
    article_id: str
    salted_sha256: str


@dataclass(frozen=True, slots=True)
class Release:
    """A published version of a dataset. Its manifest holds exactly these fields, but for ``path`` and ``drops``.

    Attributes:
        path: the folder that holds it.
        name, version: what it is called; the version is three plain numbers.
        schema_version: version of the columns, counted up from 1.
        created_at: when it was built, ISO 8601 in UTC.
        inputs: the files that went in.
        files: the data files that came out.
        drops: what went in and did not come out, and why, in the order of ids; read from the file ``DROPS`` each time
            that one goes through them.
        counts: ``articles`` and ``segments``, and how many by ``languages`` and ``publishers`` (of articles),
            ``labels`` and ``kinds`` (of segments), and ``drops`` (by reason); ``licences`` and ``rights_holders``
            (of articles), and ``labels_by_language`` and ``labelled_by`` (of segments); ``fixes`` (of articles that
            each changed; the first manifests lack it).
        code: version and SHA-256 of the library, and what labelled the segments.
        environment: versions of Python and of the libraries that shape the result.
        fingerprint: SHA-256 over inputs, code, schema and environment: the same where a build would be the same.
        documents: the files that describe the data, made from this record; and the table of templates (see
            ``templates``) and the file of drops, where there are any.
        settings: how it was asked for: ``text`` (``all`` or ``none``), ``split`` and ``format`` (of the data files);
            ``topic`` (see ``Topic.identity``), ``dedup`` and ``templates``;
            and ``provenance``, a SHA-256 over the provenance files beside the inputs.
        leakage: what the splits share, where there are several (see ``splits``); else empty.
        erased: what was taken out of it since it was first published.
        override: why texts were published whose licence does not allow it; empty where none were.
        full: of a release without its text, the data files of the same release with it; else empty.
        changes: what changed since the version before (see ``versioning.check``); empty of a first version.
    """

    path: Path
    name: str
    version: str
    schema_version: int
    created_at: str
    inputs: tuple[InputFile, ...]
    files: tuple[OutputFile, ...]
    drops: Collection[Drop] = field(compare=False)
    counts: dict[str, Any]
    code: dict[str, str]
    environment: dict[str, str]
    fingerprint: str
    documents: tuple[Document, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    leakage: dict[str, Any] = field(default_factory=dict)
    full: tuple[OutputFile, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)

    erased: tuple[Tombstone, ...] = ()
    override: str = ""

    @property
    def leaf(self) -> str:
        """The name of its folder: ``NAME-X.Y.Z``, and which erasure it was last rewritten for, if any."""
        return f"{self.name}-{self.version}" + (f"-erased-{self.erased[-1].erasure}" if self.erased else "")

    @property
    def holds_text(self) -> bool:
        """Whether the texts are in it, or only what points into them."""
        return self.settings.get("text") != "none"


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
