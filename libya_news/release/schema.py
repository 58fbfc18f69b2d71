"""The published schema, written out once, by hand.

Everything that speaks of columns is generated from here: the Arrow schema with its field metadata, the ``datasets``
features, the table in the card, and ``libya-news schema``.

A change here is a change of ``SCHEMA_VERSION``, which stands in every file and manifest. Columns are only ever added,
nullable and with the version that brought them, so that the columns of any earlier version are known too: an older
release is read, checked, erased from and rehydrated by the columns of its own version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from libya_news.labels import KIND_NAMES, LABELS

if TYPE_CHECKING:
    from datasets import Features

SCHEMA_VERSION: Final = 3
"""Version of the columns below, counted up from 1."""


class Column(NamedTuple):
    """One column: what it is called, what it holds, and how to read its values.

    Attributes:
        name: column name.
        type: Arrow type; class labels are stored as their class id.
        nullable: whether a row may lack a value.
        description: what the value means.
        unit: unit, range or form of the values.
        classes: names behind the class ids, for class labels.
        fields: the columns of the struct, for a list of structs.
        since: the schema version that brought it; what came after the first is nullable.
    """

    name: str
    type: pa.DataType
    nullable: bool
    description: str
    unit: str
    classes: tuple[str, ...] = ()
    fields: tuple[Column, ...] = ()
    since: int = 1

    @property
    def arrow(self) -> pa.Field[Any]:
        """The Arrow field, with description and unit as its metadata.

        ``datasets`` restores class labels from a Parquet file only where the Arrow field is nullable, nested fields too,
        so class labels and what holds them are nullable for Arrow whatever they are for us.
        """
        nullable = self.nullable or bool(self.classes or self.fields)
        return pa.field(self.name, self.type, nullable, metadata={"description": self.description, "unit": self.unit})

    @property
    def type_name(self) -> str:
        """The type as people read it."""
        if self.classes:
            return f"class label ({len(self.classes)})"
        return "list of struct" if self.fields else str(self.type)


_OFFSET = "code points, 0 to the text's length"
_SHA256 = "64 hexadecimal digits"


def _structs(columns: tuple[Column, ...]) -> pa.DataType:
    return pa.list_(pa.struct([column.arrow.with_nullable(True) for column in columns]))


SPAN: Final = (
    Column("start", pa.int64(), False, "first code point of the segment in the article's text", _OFFSET),
    Column("end", pa.int64(), False, "one past the segment's last code point (half-open)", _OFFSET),
    Column("label", pa.int64(), False, "what the segment is", "class id", LABELS),
    Column("kind", pa.int64(), False, "the label refined; a kind implies its label", "class id", KIND_NAMES),
    Column("confidence", pa.float32(), False, "probability that the label is right", "0 to 1"),
    Column("by", pa.string(), False, "what decided: a rule, or a model with the hash of its file", "rule:NAME or MODEL@HASH"),
)  # fmt: skip

MENTION: Final = (
    Column("name", pa.string(), False, "which of the topic's names", "GROUP.SECTION of the topic's table"),
    Column("start", pa.int64(), False, "first code point of the mention", "code points, 0 and up"),
    Column("end", pa.int64(), False, "one past the mention's last code point (half-open)", "code points, 0 and up"),
    Column("field", pa.string(), False, "what these are counted in; a stand-off release may lack that title, as it lacks the text", "title or text"),
)  # fmt: skip

ARTICLES: Final = (
    Column("article_id", pa.string(), False, "stable id, made from the content as found and where it stood", "20 hexadecimal digits"),
    Column("source", pa.string(), False, "file that held the article; the path begins with the name of the folder that was given", "path with /"),
    Column("url", pa.string(), True, "web address, as the source gave it", "URL"),
    Column("publisher", pa.string(), True, "who published the article", "name"),
    Column("title", pa.string(), True, "title that the source gave, else the headline found in the text", "text"),
    Column("authors", pa.list_(pa.string()), False, "authors that the source named", "names, in order"),
    Column("published_at", pa.timestamp("us", tz="UTC"), True, "publication time; a time without a zone is taken as UTC", "UTC, microseconds"),
    Column("language", pa.string(), True, "language of the text", "ISO 639-1 code"),
    Column("encoding", pa.string(), True, "encoding that the bytes were decoded from; null where the source held text", "codec name"),
    Column("fixes", pa.list_(pa.string()), False, "repairs that changed the text", "names, in the order they ran"),
    Column("raw_sha256", pa.string(), False, "SHA-256 of the article as found", _SHA256),
    Column("text", pa.string(), False, "the whole text, normalised; every offset counts in it", "Unicode text, NFC, lines end in \\n"),
    Column("text_sha256", pa.string(), False, "SHA-256 of the text as UTF-8", _SHA256),
    Column("body", pa.string(), False, "the story alone: standfirst, crossheads, paragraphs and list texts", "paragraphs joined by blank lines"),
    Column("segments", _structs(SPAN), False, "the text cut into labelled segments, in order", "spans", fields=SPAN),
    Column("licence", pa.string(), False, "licence under which the text may be used, as far as known", "SPDX id, sentence or “unknown”"),
    Column("rights_holder", pa.string(), False, "who holds the rights in the text, as far as known", "name or “unknown”"),
    Column("terms", pa.string(), False, "terms of use that the source names", "URL, sentence or “unknown”"),
    Column("language_confidence", pa.float32(), True, "probability that the language is right; null where the source said it", "0 to 1", since=2),
    Column("cluster", pa.string(), True, "article that stands for this one and its near-duplicates; null where none were looked for", "article_id", since=2),
    Column("topic_score", pa.float32(), True, "how sure it is that the article is about the topic that it was chosen for; null where it was chosen for none", "0.5 to 1", since=3),
    Column("topic_mentions", _structs(MENTION), True, "where the article names the topic, in its title and outside of its boilerplate; empty where it was chosen for none", "mentions", fields=MENTION, since=3),
)  # fmt: skip

SEGMENTS: Final = (
    ARTICLES[0],
    Column("index", pa.int64(), False, "position of the segment among its article's segments", "0 and up"),
    *SPAN[2:4],
    Column("text", pa.string(), False, "the segment's text", "Unicode text"),
    *SPAN[:2],
    *SPAN[4:],
    next(column for column in ARTICLES if column.name == "language"),
    Column("segment_language", pa.string(), True, "language of the segment; the article's, unless another is far nearer", "ISO 639-1 code", since=2),
    Column("segment_language_confidence", pa.float32(), True, "probability that the segment's language is right; null where the source said it", "0 to 1", since=2),
)  # fmt: skip

CONFIGS: Final = {"articles": ARTICLES, "segments": SEGMENTS}
"""Columns by config. The first config is the default one."""

_TEXT_SHA256 = next(column for column in ARTICLES if column.name == "text_sha256")

STANDOFF: Final = {
    "articles": tuple(column for column in ARTICLES if column.name not in ("text", "body")),
    "segments": tuple(_TEXT_SHA256 if column.name == "text" else column for column in SEGMENTS),
}
"""Columns by config of a release without its text: the hash of a text stands for the text."""

KEYS: Final = {"articles": ("article_id",), "segments": ("article_id", "index")}
"""The columns that together name one row of a config."""

CONFIG_TITLES: Final = {"articles": "one row per article", "segments": "one row per segment"}


def columns(config: str, with_text: bool = True, version: int = SCHEMA_VERSION) -> tuple[Column, ...]:
    """The columns of a config, of a release with its text or without it, as a version of the schema had them.

    >>> [column.name for column in columns("segments", with_text=False)][4:6]
    ['text_sha256', 'start']
    """
    return tuple(column for column in (CONFIGS if with_text else STANDOFF)[config] if column.since <= version)


def features(config: str, with_text: bool = True, version: int = SCHEMA_VERSION) -> Features:
    """The ``datasets`` features of a config, class labels with their names, nested ones too.

    >>> features("segments")["label"].names
    ['body', 'caption', 'bullet', 'boilerplate']
    """
    from datasets import ClassLabel, Features, List  # noqa: PLC0415 - slow to import, needed by few callers

    def feature(column: Column) -> object:
        if column.classes:
            return ClassLabel(names=list(column.classes))
        if column.fields:
            return List({field.name: feature(field) for field in column.fields})
        return next(iter(Features.from_arrow_schema(pa.schema([("x", column.type)])).values()))

    return Features({column.name: feature(column) for column in columns(config, with_text, version)})


def arrow_schema(config: str, with_text: bool = True, version: int = SCHEMA_VERSION) -> pa.Schema:
    """The Arrow schema of a config: types, nullability, descriptions, units, and the ``datasets`` features.

    >>> arrow_schema("articles").field("url").metadata[b"unit"]
    b'URL'
    """
    described = {"info": {"features": features(config, with_text, version).to_dict()}}
    return pa.schema(
        [column.arrow for column in columns(config, with_text, version)],
        metadata={"huggingface": json.dumps(described), "libya_news.schema_version": str(version)},
    )


def rows(config: str, with_text: bool = True, version: int = SCHEMA_VERSION) -> Iterator[dict[str, str | bool]]:
    """The schema as plain rows for people and machines; nested columns follow theirs as ``segments.start``.

    >>> [row["name"] for row in rows("segments")][:3]
    ['article_id', 'index', 'label']
    """
    for column in columns(config, with_text, version):
        yield _row(column)
        yield from (_row(field, f"{column.name}.") for field in column.fields)


def _row(column: Column, prefix: str = "") -> dict[str, str | bool]:
    return {
        "name": prefix + column.name,
        "type": column.type_name,
        "nullable": column.nullable,
        "description": column.description,
        "unit": column.unit,
    }
