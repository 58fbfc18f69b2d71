"""Releases without their text, for texts that may not be passed on: all that points into them, and nothing else.

A stand-off release has the rows of the full one; the hash of a text stands for the text. A ``title`` that is the
headline of the text is left out with it; one that the source gave apart stays, as a citation names it. Whoever has
copies of the texts puts them back with ``rehydrate``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa

from libya_news.errors import DataError, UsageError
from libya_news.normalize import normalize
from libya_news.records import Article, Drop, RawArticle, Release, sha256_hex
from libya_news.sources import StrPath, read

from . import manifest, writing
from .reading import Articles, table
from .rows import InBatches, articles, tables, without_headline
from .shards import splits
from .staging import faults, scratch

Parts = Mapping[str, Iterable[pa.RecordBatch]]
"""What was made of the articles of a release, by split: batches of ``rows.RESULTS``."""


def publish(release: Release, parts: Parts) -> Release:
    """Publish articles without their text. The manifest keeps the hashes of the files that would hold it.

    Raises:
        ReleaseExistsError: somebody else published it meanwhile.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    with scratch(release.path) as folder, faults(release.path):
        full, _ = writing.write_data(folder, _full(release, parts), release.settings)
    return writing.publish(replace(release, full=full), _bare(release, parts))


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
    bare = replace(release, path=path, settings=asked, full=release.files, files=(), documents=())
    return replace(bare, fingerprint=manifest.fingerprint(bare)), _bare(release, parts)


def _headline(article: Article) -> str | None:
    return next((article.text[s.start : s.end] for s in article.segments if s.kind == "headline"), None)


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

    A copy is right where its normalised text has the hash of the article; every segment's hash is checked too. Where
    all are found, the result is the full release, ``OUT/NAME-VERSION``. Else those that were found are written to
    ``OUT/NAME-VERSION-partial``, whose manifest lists the others as drops.

    Args:
        standoff: folder of a release without its text.
        texts: files and folders with copies of the texts, as ``read`` takes them; in any order, under any name.
        out: folder that takes the result.

    Raises:
        UsageError: the release holds its text already.
        SourceNotFoundError: a path of ``texts`` does not exist.
        DataError: no right copy of any article was found, or the release cannot be read.
        ReleaseExistsError: the result is there already.
        EnvironmentFaultError: the folder cannot be written, or the disk is full.
    """
    bare = manifest.load(Path(standoff))
    if bare.holds_text:
        raise UsageError(f"{standoff} holds its text.", "Name a release that was built with --text none.")
    wanted = {split: list(articles(table(bare, "articles", split))) for split in splits(bare)}
    rows = [row for split in wanted for row in _hashes(table(bare, "articles", split))]
    found, other = _copies(texts, rows)
    parts = {split: _filled(part, rows, found) for split, part in wanted.items()}
    _check_segments(bare, parts)
    lacking = tuple(_lack(row, other) for row in rows if row["text_sha256"] not in found)
    if len(lacking) == len(rows):
        raise DataError(f"No text of {standoff} was found{_first(lacking)}.", "Give the files it was built from.")
    release = _write(bare, parts, lacking, Path(out))
    return Rehydrated(release, lacking, not lacking and release.files == bare.full)


Row = Mapping[str, Any]


def _hashes(rows: pa.Table) -> list[Row]:
    names = ["article_id", "text_sha256", "raw_sha256", "url", "source"]
    return list(rows.select(names).to_pylist())


def _copies(texts: Iterable[StrPath], rows: Sequence[Row]) -> tuple[dict[str, str], dict[str, str]]:
    """The right texts by their hash, and where a copy was found that should be right and is not, by article id."""
    wanted = {row["text_sha256"] for row in rows}
    known_as = {key: row["article_id"] for row in rows for key in _names(row["raw_sha256"], row["url"], row["source"])}
    found: dict[str, str] = {}
    other: dict[str, str] = {}
    unreadable: list[Drop] = []
    for raw in read(*texts, on_drop=unreadable.append):
        text = normalize(raw.data).text
        digest = sha256_hex(text)
        if digest in wanted:
            found[digest] = text
            continue
        for key in _names(raw.sha256, raw.url, raw.source):
            if key in known_as:
                other.setdefault(known_as[key], _difference(raw, key))
    return found, other


def _names(raw_sha256: str, url: str | None, source: str) -> list[str]:
    return [name for name in (raw_sha256, url, PurePosixPath(source).name) if name]


def _difference(raw: RawArticle, key: str) -> str:
    if key == raw.sha256:
        return f"{raw.where} is the article as found, but normalises to another text: use the release's libya_news"
    return f"{raw.where} holds another text"


def _filled(part: Sequence[Article], rows: Sequence[Row], found: Mapping[str, str]) -> list[Article]:
    digest = {row["article_id"]: row["text_sha256"] for row in rows}
    return [_with_text(article, found[digest[article.id]]) for article in part if digest[article.id] in found]


def _with_text(article: Article, text: str) -> Article:
    full = replace(article, text=text)
    return replace(full, title=full.title or _headline(full))


def _check_segments(bare: Release, parts: Mapping[str, Sequence[Article]]) -> None:
    """Each segment's hash, as the stand-off release has it.

    Raises:
        DataError: the release's offsets and hashes do not belong together.
    """
    for split, part in parts.items():
        rows = table(bare, "segments", split).select(["article_id", "index", "text_sha256"]).to_pylist()
        wanted = {(row["article_id"], row["index"]): row["text_sha256"] for row in rows}
        for article in part:
            for index, segment in enumerate(article.segments):
                if wanted.get((article.id, index)) != sha256_hex(article.text[segment.start : segment.end]):
                    raise DataError(f"{bare.path}: segment {index} of {article.id} differs.", "Get the release anew.")


def _lack(row: Row, other: Mapping[str, str]) -> Drop:
    what = other.get(row["article_id"])
    reason = f"differs: {what}" if what else f"missing: no copy of {row['url'] or row['source']}"
    return Drop(row["article_id"], "rehydrate", reason)


def _first(lacking: Sequence[Drop]) -> str:
    return f": {lacking[0].reason}" if lacking else ""


def _write(bare: Release, found: Mapping[str, Sequence[Article]], lacking: Sequence[Drop], out: Path) -> Release:
    asked = {**bare.settings, "text": "all"}
    drops = tuple(sorted((*bare.drops, *lacking), key=lambda drop: (drop.id, drop.reason)))
    parts = {split: InBatches(part) for split, part in found.items() if part}
    path = out / f"{bare.leaf}{PARTIAL if lacking else ''}"
    full = replace(bare, path=path, settings=asked, drops=drops, full=(), files=(), documents=())
    return writing.publish(replace(full, fingerprint=manifest.fingerprint(full)), _full(full, parts))
