"""Releases without their text, for texts that may not be passed on: all that points into them, and nothing else.

A stand-off release has the rows of the full one; the hash of a text stands for the text. A ``title`` that is the
headline of the text is left out with it; one that the source gave apart stays, as a citation names it. Whoever has
copies of the texts puts them back with ``rehydrate``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from libya_news.errors import DataError, ReleaseExistsError, UsageError
from libya_news.records import Article, Drop, Release, headline, sha256_hex
from libya_news.sources import StrPath

from . import drops, ledger, manifest, reading, writing
from .copies import COLUMNS, Copies, Row, find
from .reading import Articles
from .rows import InBatches, articles, cells, tables, without_headline
from .shards import batches, of, splits
from .staging import Check, destination, faults, scratch, staged
from .store import opened

Parts = Mapping[str, Iterable[pa.RecordBatch]]
"""What was made of the articles of a release, by split: batches of ``rows.RESULTS``."""


def publish(release: Release, parts: Parts, beside: Path, check: Check) -> Release:
    """Publish articles without their text. The manifest keeps the hashes of the files that would hold it.

    Args:
        release: its record, without files.
        parts: its articles.
        beside, check: see ``writing.publish``.

    Raises:
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with scratch(release.path) as folder, faults(release.path):
        full, _ = writing.write_data(folder, _full(release, parts), release.settings)
    return writing.publish(replace(release, full=full), _bare(release, parts), beside, check)


def _full(release: Release, parts: Parts) -> writing.Tables:
    return {split: tables(part, version=release.schema_version) for split, part in parts.items()}


@dataclass(frozen=True, slots=True)
class _Bare:
    """Articles without the title that is the headline of their text; the text itself stays, to be hashed."""

    part: Iterable[pa.RecordBatch]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return map(without_headline, self.part)


def _bare(release: Release, parts: Parts) -> writing.Tables:
    """The rows of a stand-off release."""
    version = release.schema_version
    return {split: tables(_Bare(part), with_text=False, version=version) for split, part in parts.items()}


def withheld(release: Release, path: Path) -> tuple[Release, writing.Tables]:
    """The record and the rows of the stand-off form of a release that holds its text.

    Args:
        release: a release with its text.
        path: where the stand-off form will lie.
    """
    parts = {split: InBatches(Articles(release, split)) for split in splits(release)}
    asked = {**release.settings, "text": "none"}
    bare = replace(release, path=path, settings=asked, full=release.files, files=())
    return replace(bare, fingerprint=manifest.fingerprint(bare)), _bare(release, parts)


@dataclass(frozen=True, slots=True)
class Rehydrated:
    """What came of putting texts back.

    Attributes:
        release: the release that was written.
        lacking: the articles without a right copy, each with ``missing`` or ``differs`` and detail as its reason.
        identical: whether the files are the full release's, byte for byte.
    """

    release: Release
    lacking: tuple[Drop, ...]
    identical: bool


PARTIAL: Final = "-partial"
"""What the folder's name ends in where texts were lacking, so that no part is taken for the whole."""


def rehydrate(standoff: StrPath, texts: Iterable[StrPath], *, out: StrPath) -> Rehydrated:
    """Put the texts back into a stand-off release, from copies of your own.

    The texts wait on disk, beside the result; of all articles, only what is to be told of those that lack is in memory.
    A copy is right where its normalised text has the hash of the article; every segment's hash is checked too. Where
    all are found, the result is the full release, ``OUT/NAME-VERSION``. Else those that were found are written to
    ``OUT/NAME-VERSION-partial``, which tells the others as drops.

    Args:
        standoff: a release without its text, by its address, as ``store.opened`` takes it.
        texts: files and folders with copies of the texts, as ``build`` takes them; in any order, under any name. They
            are read as the build was told to read its sources, which the release knows.
        out: folder that takes the result.

    Raises:
        UsageError: the release holds its text already, or is not there; or ``out`` is a URL or a file.
        SourceNotFoundError: a path of ``texts`` does not exist.
        DataError: no right copy of any article was found, the release cannot be read, or it holds what was erased from
            ``out``.
        ReleaseExistsError: the result is there already.
        EnvironmentFaultError: the folder cannot be written, the disk is full, or an erasure began in ``out`` meanwhile.
    """
    place = destination(out)
    with opened(standoff) as bare:
        if bare.holds_text:
            raise UsageError(f"{standoff} holds its text.", "Name a release that was built with --text none.")
        return _rehydrated(bare, texts, place)


def _rehydrated(bare: Release, texts: Iterable[StrPath], out: Path) -> Rehydrated:
    kept = ledger.load(out)
    kept.check(bare, str(out))
    with scratch(out / bare.leaf) as folder, contextlib.closing(Copies(folder)) as copies:
        copies.want(_rows(bare))
        find(copies, texts, bare.settings.get("reading", ""))
        lacking = tuple(_lack(row, copies) for row in _rows(bare) if not copies.holds(row["text_sha256"]))
        if len(lacking) == bare.counts["articles"]:
            raise DataError(f"No text of {bare.leaf} was found{_first(lacking)}.", "Give the files it was built from.")
        quiet = replace(bare, drops=drops.silenced(bare.drops, kept.article_ids))
        release = _write(quiet, copies, lacking, out, partial(ledger.check_same, out, kept))
    return Rehydrated(release, lacking, not lacking and release.files == bare.full)


def _rows(bare: Release) -> Iterator[Row]:
    return reading.rows(bare, "articles", COLUMNS)


@dataclass(frozen=True, slots=True)
class _Filled:
    """The articles of a split that were found, with their texts; they are read anew each time one goes through them.

    The segments of a stand-off release lie in the order of its articles; each one's hash is checked.
    """

    bare: Release
    split: str
    copies: Copies

    def __iter__(self) -> Iterator[Article]:
        hashes = self._hashes()
        for some in batches(self.bare, of(self.bare, "articles", self.split)):
            digests: list[Any] = cells(some, "text_sha256").to_pylist()
            for article, digest in zip(articles(some), digests, strict=True):
                text, wanted = self.copies.text(digest), list(islice(hashes, len(article.segments)))
                if text is not None:
                    full = _with_text(article, text)
                    self._check(full, wanted)
                    yield full

    def _hashes(self) -> Iterator[tuple[Any, ...]]:
        for some in batches(self.bare, of(self.bare, "segments", self.split)):
            yield from zip(
                *(cells(some, name).to_pylist() for name in ("article_id", "index", "text_sha256")), strict=True
            )

    def _check(self, article: Article, wanted: Sequence[tuple[Any, ...]]) -> None:
        """That an article's segments have these hashes.

        Raises:
            DataError: the release's offsets and hashes do not belong together.
        """
        for index, segment in enumerate(article.segments):
            found = (article.id, index, sha256_hex(article.text[segment.start : segment.end]))
            if wanted[index : index + 1] != [found]:
                path = self.bare.path
                raise DataError(f"{path}: segment {index} of {article.id} differs.", "Get the release anew.")


def _with_text(article: Article, text: str) -> Article:
    full = replace(article, text=text)
    return replace(full, title=full.title or headline(text, full.segments))


def _lack(row: Row, copies: Copies) -> Drop:
    what = copies.others.get(row["article_id"])
    reason = f"differs: {what}" if what else f"missing: no copy of {row['url'] or row['source']}"
    return Drop(row["article_id"], "rehydrate", reason)


def _first(lacking: Sequence[Drop]) -> str:
    return f": {lacking[0].reason}" if lacking else ""


def _write(bare: Release, copies: Copies, lacking: Sequence[Drop], out: Path, check: Check) -> Release:
    asked = {**bare.settings, "text": "all"}
    dropped = drops.merged(bare.drops, sorted(lacking, key=lambda drop: (drop.id, drop.reason)))
    path = out / f"{bare.leaf}{PARTIAL if lacking else ''}"
    if path.exists():
        raise ReleaseExistsError(f"{path} is already there, and is never touched again.", "Choose another --out.")
    full = replace(bare, path=path, settings=asked, drops=dropped, full=(), files=())
    found = {split: _Filled(bare, split, copies) for split in splits(bare)}
    parts = {split: InBatches(part) for split, part in found.items() if next(iter(part), None)}
    with staged(path, check) as folder:
        full = replace(full, fingerprint=manifest.fingerprint(full))
        full = writing.write(folder, full, _full(full, parts), bare.path)
    writing.complete(full)
    return full
