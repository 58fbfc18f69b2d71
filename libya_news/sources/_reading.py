"""How a source is read: what its records call our fields, what they do not say, and how large is too large."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from libya_news._tables import load_table
from libya_news.corpus.language import language_code
from libya_news.errors import UsageError

StrPath = str | os.PathLike[str]

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""A single document beyond this size is dropped with its size. News articles end below 1 MB; the largest text that the
library is tested to take in bounded time is 64 MB."""

MOST_DOCUMENT_BYTES: Final = 1 << 30
"""Beyond this no limit can be: texts of a batch have offsets of 31 bits where they are kept, and as many bytes as the
limit are asked for at once where they are read."""

FACTS: Final = ("publisher", "language", "licence", "rights_holder", "terms")
"""What can be said of a whole source at once."""


CONTENT: Final = ("text", "html")
"""Our fields that an article can be made of: its text, or else its page."""

NO_LANGUAGE: Final = "Write a code such as ar, or leave it out: the texts tell their language."
"""What to do about a language that is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of a source are read.

    Attributes:
        fields: for a field of ours the name that the records of the source have for it. It goes before those in
            ``tables/fields.toml``, which are for the records that lack it.
        facts: what holds of every article that does not say otherwise: see ``FACTS``.
        max_document_bytes: size beyond which a single article is dropped.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    max_document_bytes: int = MAX_DOCUMENT_BYTES

    def __post_init__(self) -> None:
        """Refuse what could only be a slip.

        Raises:
            UsageError: a field or fact is not one of ours, a field has an empty name, the language is none, or the
                limit is no byte or beyond ``MOST_DOCUMENT_BYTES``.
        """
        _known("field", self.fields, field_names())
        _known("fact", self.facts, FACTS)
        if unnamed := [ours for ours, theirs in self.fields.items() if not theirs.strip()]:
            raise UsageError(f"The field {unnamed[0]!r} has no name.", "Say what the records call it, or leave it out.")
        if (said := self.facts.get("language")) and not language_code(said):
            raise UsageError(f"{said!r} is no language.", NO_LANGUAGE)
        if self.max_document_bytes < 1:
            raise UsageError(f"A limit of {self.max_document_bytes} bytes leaves nothing.", "Give 1 or more.")
        if self.max_document_bytes > MOST_DOCUMENT_BYTES:
            raise UsageError(
                f"A limit of {self.max_document_bytes} bytes is too high.", f"Give at most {MOST_DOCUMENT_BYTES}."
            )

    def names(self, usual: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
        """For each of our fields the names that it may have, most telling first; first that of this reading.

        A name that is given to one of ours is none of another's.
        """
        if not self.fields:
            return usual
        taken = self.fields.values()
        unasked = {field: [name for name in names if name not in taken] for field, names in usual.items()}
        return {**unasked, **{field: [name, *unasked[field]] for field, name in self.fields.items()}}


class Strict(Reading):
    """How the files of a source are read by whoever asks what its mapping gives: texts under other names are none."""

    def names(self, usual: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
        """As those of any reading; but where a text or page is mapped, no usual name of either."""
        found = super().names(usual)
        if self.fields.keys().isdisjoint(CONTENT):
            return found
        return {**found, **{kind: [self.fields[kind]] if kind in self.fields else [] for kind in CONTENT}}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, folder, pattern or URL, and how it is read."""

    path: StrPath
    reading: Reading = field(default_factory=Reading)


def field_names() -> tuple[str, ...]:
    """The fields that a record can fill.

    >>> field_names()[:3]
    ('text', 'html', 'url')
    """
    return tuple(load_table("fields", expect="fields"))


def _known(what: str, given: Iterable[str], known: tuple[str, ...]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no {what} of an article.", f"Known are: {', '.join(known)}.")


def parse_map(text: str) -> dict[str, str]:
    """The mapping written as ``OURS=THEIRS,OURS=THEIRS``.

    Raises:
        UsageError: it is not written so, or gives one of ours two names.

    >>> parse_map("text=content,publisher=source")
    {'text': 'content', 'publisher': 'source'}
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for ours, _, theirs in pairs:
        if not ours.strip() or not theirs.strip():
            raise UsageError(f"{text!r} is no mapping.", "Write it as text=content,publisher=source.")
    names = [(ours.strip(), theirs.strip()) for ours, _, theirs in pairs]
    fields = dict(names)
    if twice := [ours for ours, theirs in names if fields[ours] != theirs]:
        raise UsageError(f"{text!r} gives {twice[0]} two names.", "Give one name for each field of ours.")
    return fields
