"""Where articles come from: one module per format, one row per module in ``FORMATS``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from libya_news.records import Drop, RawArticle

from . import jsonl, sgml, text
from ._binary import SAMPLE_BYTES, binary_reason
from ._files import BROKEN, SourceFile, StrPath, list_files
from .provenance import with_provenance

__all__ = ["FORMATS", "Format", "SourceFile", "StrPath", "list_files", "read", "read_file"]


class Format(NamedTuple):
    """One format: how its files are recognised, and what reads them.

    Attributes:
        name: how people call it.
        suffixes: file name suffixes, besides ``.gz``.
        begins: first bytes that tell it from the other formats of the same suffix; white space before them is ignored.
        read: yields the articles of a file.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: bytes
    read: Callable[[SourceFile], Iterator[RawArticle | Drop]]


FORMATS: Final = (
    Format("TREC SGML", (".sgml", ".sgm", ".txt", ""), b"<DOC>", sgml.read),
    Format("JSON lines", (".jsonl", ".ndjson", ".jsonlines"), b"", jsonl.read),
    Format("text", (".txt", ".text", ".md", ""), b"", text.read),
)
"""The first row whose suffix and first bytes fit a file reads it."""


def read_file(file: SourceFile) -> Iterator[RawArticle | Drop]:
    """All articles of one file, and a ``Drop`` for whatever of it is none. Never raises for what the file holds."""
    try:
        with file.open() as stream:
            sample = stream.read(SAMPLE_BYTES)
        if not sample:
            yield Drop(file.name, "read", "empty: the file has no bytes")
        elif binary := binary_reason(sample):
            yield Drop(file.name, "read", f"binary: {binary}")
        elif form := _format(file, sample):
            for item in form.read(file):
                yield with_provenance(item, file.path) if isinstance(item, RawArticle) else item
        else:
            yield Drop(file.name, "read", f"unknown format: no reader for {''.join(file.suffixes)}")
    except BROKEN as error:
        yield Drop(file.name, "read", f"unreadable: {getattr(error, 'strerror', None) or error}")


def _format(file: SourceFile, sample: bytes) -> Format | None:
    suffix = file.suffixes[-1] if file.suffixes else ""
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()
    fits = (form for form in FORMATS if suffix in form.suffixes and start.startswith(form.begins))
    return next(fits, None)


def read(*sources: StrPath, on_drop: Callable[[Drop], None] | None = None) -> Iterator[RawArticle]:
    """Read articles from files and folders: text in any encoding, JSON lines, TREC SGML, each plain or gzip.

    Args:
        sources: files and folders; folders are read with all that is below them, in the order of names.
        on_drop: called with a ``Drop`` for everything that does not become an article; without it, each is logged as
            a warning.

    Yields:
        The articles as found: bytes where the source held bytes.

    Raises:
        SourceNotFoundError: a path does not exist.
        DataError: a ``provenance.toml`` among the files is not valid.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "talks.txt").write_text("Talks end in Moscow")
    >>> [article.data for article in read(folder)]
    [b'Talks end in Moscow']
    """
    drop = on_drop or _log_drop
    for file in list_files(sources):
        for item in (file,) if isinstance(file, Drop) else read_file(file):
            if isinstance(item, Drop):
                drop(item)
            else:
                yield item


def _log_drop(drop: Drop) -> None:
    logging.getLogger("libya_news").warning("dropped %s: %s", ascii(drop.id), drop.reason)
