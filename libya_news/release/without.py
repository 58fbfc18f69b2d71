"""A release written anew without some of its articles: of its data files, only those that held them change."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.records import Article, InputFile, OutputFile, Release, Tombstone, sha256_hex

from . import drops, manifest, reading, shards, splits, staging, writing
from .counts import count, ranked
from .losses import input_named
from .rows import InBatches, articles, content
from .shelf import Shelf


class Gone(NamedTuple):
    """What a release loses: the ids of articles, and the tombstones that stand for them."""

    ids: frozenset[str]
    stones: tuple[Tombstone, ...]


def without(old: Release, path: Path, gone: Gone) -> Release:
    """Write a release into a folder again, without some articles, and return its record.

    One data file is in memory at a time. Where the release was divided, what its splits share is measured anew; its
    articles wait on disk meanwhile, beside ``path``.

    Raises:
        DataError: a file is missing or damaged.
        EnvironmentFaultError, OSError: the disk is full, or the folder cannot be written.
    """
    path.mkdir(parents=True)
    lost = list(_articles(old, gone.ids))
    dropped = drops.silenced(old.drops, gone.ids)
    release = replace(
        old,
        path=path,
        inputs=tuple(_inputs(old, gone.ids, {article.raw_sha256 for article in lost})),
        files=tuple(made for file in old.files if (made := _file(old, file, path, gone.ids))),
        drops=dropped,
        counts={
            **_less(old.counts, count(InBatches(lost), ())),
            "drops": ranked(drop.reason.partition(":")[0] for drop in dropped),
        },
        erased=(*old.erased, *gone.stones),
        full=() if lost else old.full,
    )
    release = replace(release, leakage=_leakage(release))
    return writing.describe(path, replace(release, fingerprint=manifest.fingerprint(release)), old.path)


def _inputs(old: Release, ids: Collection[str], raw: Collection[str]) -> Iterator[InputFile]:
    """The inputs but those that were such an article as found, and those from which nothing else came."""
    file_of = input_named(file.path for file in old.inputs)
    rows = reading.rows(old, "articles", ("article_id", "source"))
    gone: set[str] = set()
    left: set[str] = set()
    for place, is_gone in chain(
        ((row["source"], row["article_id"] in ids) for row in rows),
        ((drops.place(drop) or drop.id, drop != drops.silent(drop, ids)) for drop in old.drops),
    ):
        (gone if is_gone else left).add(file_of(place))
    return (file for file in old.inputs if file.sha256 not in raw and file.path not in gone - left)


def _articles(release: Release, ids: Collection[str]) -> Iterator[Article]:
    wanted = pa.array(sorted(ids), pa.string())
    for batch in shards.batches(release, [file for file in release.files if file.config == "articles"]):
        yield from articles(batch.filter(pc.is_in(batch["article_id"], wanted)))


def _file(old: Release, file: OutputFile, path: Path, ids: Collection[str]) -> OutputFile | None:
    """A data file without the rows of those articles; itself where it has none; None where no row is left."""
    erased = pa.array(sorted(ids), pa.string())
    left = [batch.filter(pc.invert(pc.is_in(batch["article_id"], erased))) for batch in shards.batches(old, [file])]
    rows = sum(batch.num_rows for batch in left)
    if rows == 0:
        return None
    (path / file.path).parent.mkdir(exist_ok=True)
    if rows == file.rows:
        shutil.copyfile(old.path / file.path, path / file.path)
        return file
    return _written(file, path, pa.concat_tables(left))


def _written(file: OutputFile, path: Path, rows: pa.Table) -> OutputFile:
    content_bytes, digest = content(rows)
    suffix = Path(file.path).suffix.removeprefix(".")
    place = f"{file.path.rpartition('-')[0]}-{digest[:12]}.{suffix}"
    shards.write(rows, path / place, file.config)
    data = (path / place).read_bytes()
    return OutputFile(place, file.config, file.split, rows.num_rows, len(data), sha256_hex(data), content_bytes, digest)


def _less(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Counts less those of a part; each group ranked again, without what is not there any more.

    >>> _less({"articles": 5, "languages": {"en": 3, "fr": 2}}, {"articles": 3, "languages": {"en": 3}})
    {'articles': 2, 'languages': {'fr': 2}}
    """
    left = {key: _minus(value, part[key]) if key in part else value for key, value in whole.items()}
    return {key: _ranked(value) if isinstance(value, dict) else value for key, value in left.items()}


def _minus(whole: Any, part: Any) -> Any:
    if isinstance(whole, int):
        return whole - part
    return {key: _minus(value, part[key]) if key in part else value for key, value in whole.items()}


def _ranked(group: Mapping[str, Any]) -> dict[str, Any]:
    there = {key: _ranked(value) if isinstance(value, dict) else value for key, value in group.items()}
    return dict(sorted(((k, v) for k, v in there.items() if v), key=lambda item: (-_size(item[1]), item[0])))


def _size(value: Any) -> int:
    return value if isinstance(value, int) else sum(map(_size, value.values()))


def _leakage(release: Release) -> dict[str, Any]:
    if not (release.leakage and release.holds_text):
        return release.leakage
    where = [file.split for file in release.files if file.config == "articles" for _ in range(file.rows)]
    everything = chain.from_iterable(reading.Articles(release, split) for split in shards.splits(release))
    with staging.scratch(release.path) as folder, contextlib.closing(Shelf(folder)) as shelf:
        return splits.report(shelf.take_in(InBatches(everything)), where)
