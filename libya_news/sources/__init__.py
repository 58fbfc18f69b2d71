"""Where articles come from: one module per format, one row per module in ``FORMATS``."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BufferedReader
from typing import Any, Final, NamedTuple

from libya_news.records import Drop, RawArticle

from . import arc, arrow, delimited, json_objects, jsonl, pages, parquet, sgml, text, warc
from ._archives import ARCHIVES, members
from ._binary import SAMPLE_BYTES, binary_reason
from ._fields import facts_in
from ._files import Meter, SourceFile, list_files
from ._reading import CONTENT, FACTS, MAX_DOCUMENT_BYTES, Reading, Source, Strict, StrPath, parse_map
from ._readings import Readings
from ._remote import SCHEMES, is_url
from ._streams import (
    BLOCK,
    BROKEN,
    COMPRESSED_SUFFIXES,
    Budget,
    OpenFile,
    Refused,
    Unpacked,
    decompressed,
    narrowed,
    unreadable,
)
from .provenance import facts_beside

__all__ = [
    "ARCHIVE_SUFFIXES",
    "COMPRESSED_SUFFIXES",
    "CONTENT",
    "FACTS",
    "FORMATS",
    "MAX_DOCUMENT_BYTES",
    "SCHEMES",
    "Format",
    "Meter",
    "Reading",
    "Readings",
    "Source",
    "SourceFile",
    "StrPath",
    "Strict",
    "is_url",
    "list_files",
    "parse_map",
    "read",
    "read_file",
]


class Format(NamedTuple):
    """One format: how its files are recognised, and what reads them.

    Attributes:
        name: how people call it.
        suffixes: file name suffixes, besides those of a compression.
        begins: first bytes that tell it from the other formats of the same suffix; white space before them is ignored.
        read: yields the articles of a file.
        holds: what one article of it is.
        binary: whether its files may hold bytes that no text has.
        marks: whether a file begins as its files do, where its suffix says nothing, or no more than that it is text.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: bytes
    read: Callable[[OpenFile], Iterator[RawArticle | Drop]]
    holds: str
    binary: bool = False
    marks: Callable[[bytes, Reading], object] | None = None


def _like(pattern: bytes) -> Callable[[bytes, Reading], object]:
    beginning = re.compile(pattern, re.IGNORECASE)
    return lambda start, _: beginning.match(start)


_PAGE: Final = rb"(?:(?:<\?xml[^>]*>|<!--(?:[^-]|-(?!->))*-->)\s*)*<(?:!doctype\s+html|html)\b"
"""How pages begin: behind comments of which none can be taken for two."""

FORMATS: Final = (
    Format("TREC SGML", (".sgml", ".sgm", ".txt", ""), b"<DOC>", sgml.read, "a <DOC>"),
    Format("JSON lines", (".jsonl", ".ndjson", ".jsonlines"), b"", jsonl.read, "a line"),
    Format("JSON", (".json",), b"", json_objects.read, "an object of the array", marks=_like(rb'(?:\[\s*)?\{\s*"')),
    Format("CSV and TSV", (".csv", ".tsv", ".tab"), b"", delimited.read, "a row", marks=delimited.is_headed),
    Format("Parquet", (".parquet", ".pq"), b"", parquet.read, "a row", True, _like(rb"PAR1")),
    Format("Arrow", (".arrow", ".arrows", ".feather", ".ipc"), b"", arrow.read, "a row", True, _like(rb"ARROW1\0\0")),
    Format("HTML", (".html", ".htm", ".xhtml"), b"", pages.read, "the page", marks=_like(_PAGE)),
    Format(
        "WARC", (".warc",), b"", warc.read, "a response that is a page, or its text", True, _like(rb"WARC/1\.\d\r?\n")
    ),
    Format("ARC", (".arc",), b"", arc.read, "a response that is a page", True),
    Format("text", (".txt", ".text", ".md", ""), b"", text.read, "the file"),
)
"""The first row whose suffix and first bytes fit a file reads it. If none does, or text: the first whose marks fit."""

ARCHIVE_SUFFIXES: Final = tuple(suffix for kind in ARCHIVES for suffix in kind.suffixes if suffix)

MAX_LAYERS: Final = 5
"""Compressions and archives inside of each other that are opened: a .json.gz in a .zip in a .tar.gz has four."""


def read_file(file: SourceFile, meter: Meter | None = None) -> Iterator[RawArticle | Drop]:
    """All articles of one file, and a ``Drop`` for whatever of it is none. Never raises for what the file holds.

    Args:
        file: the file.
        meter: is to tell how far it was read.
    """
    facts = {**file.reading.facts, **facts_beside(file.path)}
    try:
        with file.open() as stream:
            if meter:
                meter.watch(stream)
            size = stream.seek(0, 2)
            stream.seek(0)
            for item in _layer(OpenFile(file.name, stream, file.reading, size), None, 0):
                yield _completed(item, facts, file.reading) if isinstance(item, RawArticle) else item
    except OSError as error:
        yield Drop(file.name, "read", unreadable(error))


def _completed(article: RawArticle, facts: Mapping[str, Any], reading: Reading) -> RawArticle:
    """The article with what is known of it besides, where it does not say so itself: first by its folders.

    What a web page says is read later, but for its address, since it is told by that what else the page says of it.
    """
    if "=" in article.source:
        facts = {**facts, **facts_in(article.source, reading)}
    lacking = {key: fact for key, fact in facts.items() if not getattr(article, key)}
    if article.html:
        besides = tuple((key, fact) for key, fact in lacking.items() if key != "url")
        lacking = {"besides": besides} | {key: fact for key, fact in lacking.items() if key == "url"}
    return replace(article, **lacking) if lacking else article


def _layer(file: OpenFile, budget: Budget | None, depth: int) -> Iterator[RawArticle | Drop]:
    """What is in a file, whether it is packed or not. What is wrong with it ends here, so that others are read."""
    try:
        yield from _opened(file, budget, depth)
    except Refused as refused:
        yield Drop(file.name, "read", str(refused))
    except BROKEN as error:
        yield Drop(file.name, "read", unreadable(error))


def _opened(file: OpenFile, budget: Budget | None, depth: int) -> Iterator[RawArticle | Drop]:
    sample, file = file.sample(SAMPLE_BYTES)
    inside = members(file, sample)
    unpacked = None if inside else decompressed(file, sample, budget)
    if not sample:
        raise Refused("empty: the file has no bytes")
    if (inside or unpacked) and depth == MAX_LAYERS:
        raise Refused(f"nested: more than {MAX_LAYERS} archives and compressions inside of each other")
    if inside:
        whole = Budget(file.size, budget, "the archive")
        for member in inside:
            yield from (member,) if isinstance(member, Drop) else _member(member, whole, depth)
    elif unpacked:
        yield from _opened(*unpacked, depth + 1)
    else:
        form = _readable(file, sample)
        nothing = True
        for item in form.read(replace(file, budget=budget)):
            nothing = False
            yield item
        if nothing:
            raise Refused(f"no record: there is nothing in it that {form.name} has articles in")


def _member(file: OpenFile, budget: Budget | None, depth: int) -> Iterator[RawArticle | Drop]:
    own = Budget(file.size, budget)
    stream = BufferedReader(Unpacked(file.stream, own), BLOCK)
    return _layer(replace(file, stream=stream), own, depth + 1)


def _readable(file: OpenFile, sample: bytes) -> Format:
    form = _format(file, sample)
    if form is None and file.suffix in ARCHIVE_SUFFIXES:
        raise Refused(f"unknown format: it does not begin as {file.suffix} does")
    if not (form and form.binary) and (binary := binary_reason(sample)):
        raise Refused(f"binary: {binary}")
    if form is None:
        raise Refused(f"unknown format: no reader for {file.suffix or file.name}")
    return form


def _format(file: OpenFile, sample: bytes) -> Format | None:
    start = narrowed(sample).removeprefix(b"\xef\xbb\xbf").lstrip()
    fits = (form for form in FORMATS if file.suffix in form.suffixes and start.startswith(form.begins))
    if (found := next(fits, None)) and found.read is not text.read:
        return found
    return next((form for form in FORMATS if form.marks and form.marks(start, file.reading)), found)


def read(
    *sources: StrPath | Source, on_drop: Callable[[Drop], None] | None = None, fields: dict[str, str] | None = None
) -> Iterator[RawArticle]:
    """Read articles from files, folders, patterns and URLs, in any of ``FORMATS``, compressed and in archives too.

    Args:
        sources: files and folders; folders are read with all that is below them, in the order of names.
        on_drop: called with a ``Drop`` for everything that does not become an article; without it, each is logged as
            a warning.
        fields: for a field of ours the name that the records have for it: ``{"text": "content"}``. Those that lack it
            are read by the usual names.

    Yields:
        The articles as found: bytes where the source held bytes.

    Raises:
        SourceNotFoundError: a path does not exist.
        UsageError: a field is not one of ours.
        DataError: a ``provenance.toml`` among the files is not valid.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "talks.txt").write_text("Talks end in Moscow")
    >>> [article.data for article in read(folder)]
    [b'Talks end in Moscow']
    """
    drop = on_drop or _log_drop
    reading = Reading(fields or {})
    for file in list_files(each if isinstance(each, Source) else Source(each, reading) for each in sources):
        for item in (file,) if isinstance(file, Drop) else read_file(file):
            if isinstance(item, Drop):
                drop(item)
            else:
                yield item


def _log_drop(drop: Drop) -> None:
    logging.getLogger("libya_news").warning("dropped %s: %s", ascii(drop.id), drop.reason)
