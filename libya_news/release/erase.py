"""Taking an article out of every version in a store, for good.

A release never changes; so an affected one is written anew under a name that says so, ``NAME-X.Y.Z-erased-N``, and the
old folder is emptied. A ``TOMBSTONE.md`` stays in its place: ``datasets`` serves a folder that is gone from its cache,
and fails on one that is there and holds no data. Where nothing is left of a release, it is withdrawn.

The ledger is written first, so that builds honour an erasure as soon as it begins. Each step finds out what is done
already: an erasure that was cut short is completed by running it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from libya_news.corpus import near_duplicates
from libya_news.errors import DataError, EnvironmentFaultError
from libya_news.records import Article, Drop, Release, Tombstone, sha256_hex
from libya_news.sources import StrPath

from . import ledger as ledger_
from . import manifest, splits, writing
from .counts import count
from .ledger import Blocked, Ledger, Neighbour, Receipt, Rewritten
from .reading import table
from .rows import articles
from .schema import CONFIGS

TOMBSTONE: Final = "TOMBSTONE.md"
"""Not a name that ``datasets`` takes for data."""


class Found(NamedTuple):
    """An article in a release of the store."""

    release: Release
    article: Article
    text_sha256: str


def erase(what: str, *, store: StrPath, reason: str, dry_run: bool = False) -> Receipt:
    """Erase an article from every release in a store.

    Args:
        what: an article id, or an address; of an address, every article that was found there. An article with the very
            same text goes too, under whatever id.
        store: folder that holds the releases.
        reason: why; it is kept in the receipt.
        dry_run: find out and change nothing.

    Returns:
        The receipt, which the store keeps in ``erasures.json`` too.

    Raises:
        DataError: no release holds such an article, or one cannot be read.
        EnvironmentFaultError: the store cannot be written; running it again completes what was begun.
    """
    folder = Path(store)
    kept = ledger_.load(folder)
    there = [found for release in releases(folder) for found in _articles(release)]
    receipt = _begun(kept, what) or _receipt(kept, _chosen(there, what), there, reason)
    if dry_run:
        return receipt
    try:
        ledger_.save(folder, kept.with_receipt(receipt))
        receipt = replace(
            receipt, releases=tuple(_rewrite(folder, receipt, row) for row in receipt.releases), complete=True
        )
        ledger_.save(folder, kept.with_receipt(receipt))
    except OSError as error:
        raise EnvironmentFaultError(f"Cannot write {folder}: {error.strerror}.", "Mend it and run it again.") from None
    if not receipt.articles or not receipt.releases:
        raise DataError(f"No release in {store} holds an article {what!r}.", "Give its article_id or its url.")
    return receipt


def releases(store: Path) -> list[Release]:
    """The releases in a folder, in the order of their names; tombstones are none."""
    return [manifest.load(path.parent) for path in sorted(store.glob(f"[!.]*/{manifest.FILE_NAME}"))]


def _articles(release: Release) -> Iterator[Found]:
    for split in dict.fromkeys(file.split for file in release.files):
        rows = table(release, "articles", split)
        hashes = map(str, rows["text_sha256"].to_pylist())
        yield from (Found(release, article, digest) for article, digest in zip(articles(rows), hashes, strict=True))


def _begun(kept: Ledger, what: str) -> Receipt | None:
    """The erasure of this that was cut short."""
    names = {what, kept.salted(what)}
    return next(
        (r for r in kept.erasures if not r.complete and any(names & {a.article_id, a.url} for a in r.articles)), None
    )


def _chosen(there: Iterable[Found], what: str) -> list[Found]:
    there = list(there)
    texts = {found.text_sha256 for found in there if what in (found.article.id, found.article.url)}
    chosen = [found for found in there if found.text_sha256 in texts]
    if not chosen:
        raise DataError(f"No release holds an article {what!r}.", "Give its article_id or its url, and --store.")
    return chosen


def _receipt(kept: Ledger, chosen: list[Found], there: list[Found], reason: str) -> Receipt:
    number = len(kept.erasures) + 1
    gone = {found.article.id for found in chosen}
    rows = []
    for release in {found.release.path: found.release for found in chosen}.values():
        left = sum(found.release.path == release.path and found.article.id not in gone for found in there)
        after = f"{release.name}-{release.version}-erased-{number}" if left else None
        rows.append(Rewritten(release.path.name, _digest(release.path), after))
    entries = {kept.entry(found.article.id, found.text_sha256, found.article.url) for found in chosen}
    blocked = tuple(sorted(entries, key=lambda entry: (entry.article_id, entry.text)))
    return Receipt(number, manifest.created_at(), reason, blocked, tuple(rows), tuple(_neighbours(chosen, there)))


def _digest(folder: Path) -> str:
    return sha256_hex((folder / manifest.FILE_NAME).read_bytes())


def _neighbours(chosen: list[Found], there: list[Found]) -> list[Neighbour]:
    """What is a near-duplicate of an erased text, each article once, where it is first found."""
    gone = {found.article.id for found in chosen}
    texts = {found.article.text for found in chosen if found.article.text}
    others = {f.article.id: f for f in reversed(there) if f.article.id not in gone and f.article.text}
    found = [
        Neighbour(
            other.release.path.name,
            id_,
            round(max(near_duplicates.similarity(t, other.article.text) for t in texts), 3),
        )
        for id_, other in sorted(others.items())
        if texts
    ]
    return [neighbour for neighbour in found if neighbour.similarity >= near_duplicates.THRESHOLD]


def _rewrite(store: Path, receipt: Receipt, row: Rewritten) -> Rewritten:
    old, new = store / row.before, store / row.after if row.after else None
    if new and not new.exists():
        _publish(manifest.load(old), new, receipt)
    _bury(old, row.after, receipt)
    return replace(row, digest_after=_digest(new)) if new else row


def _publish(old: Release, new: Path, receipt: Receipt) -> None:
    gone = {row.article_id for row in receipt.articles}
    made = {split: _without(old, split, gone) for split in dict.fromkeys(file.split for file in old.files)}
    made = {split: tables for split, tables in made.items() if tables["articles"].num_rows}
    parts = {split: list(articles(tables["articles"])) for split, tables in made.items()}
    raw = {article.raw_sha256 for found in _articles(old) for article in (found.article,) if article.id in gone}
    drops = tuple(_silent(drop, gone) for drop in old.drops)
    stones = tuple(Tombstone(receipt.number, row.article_id, row.text) for row in receipt.articles)
    release = replace(
        old,
        path=new,
        inputs=tuple(file for file in old.inputs if file.sha256 not in raw),
        drops=drops,
        counts=count([article for part in parts.values() for article in part], drops),
        leakage=splits.report(parts) if old.leakage and old.holds_text else old.leakage,
        erased=(*old.erased, *stones),
        full=(),
        documents=(),
    )
    writing.publish(replace(release, fingerprint=manifest.fingerprint(release)), made)


def _without(release: Release, split: str, gone: set[str]) -> dict[str, pa.Table]:
    erased = pa.array(sorted(gone), pa.string())
    made = {config: table(release, config, split) for config in CONFIGS}
    return {config: rows.filter(pc.invert(pc.is_in(rows["article_id"], erased))) for config, rows in made.items()}


def _silent(drop: Drop, gone: set[str]) -> Drop:
    """A drop that names an erased article, or another copy of it, without what it said of the source."""
    named = next((id_ for id_ in sorted(gone) if id_ == drop.id or id_ in drop.reason), None)
    return replace(drop, reason=f"{drop.reason.partition(':')[0]}: of {named}, which was erased") if named else drop


def _bury(folder: Path, after: str | None, receipt: Receipt) -> None:
    """Empty a release's folder, its manifest first, so that it is none from that moment on, and leave a tombstone."""
    (folder / manifest.FILE_NAME).unlink(missing_ok=True)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    where = f"Its other articles are in `{after}`." if after else "It held nothing else and is withdrawn."
    ids = "\n".join(f"- {row.article_id}: {row.text}" for row in receipt.articles)
    text = f"# Erased\n\nErasure {receipt.number} took from this release (id, salted hash):\n\n{ids}\n\n{where}\n"
    (folder / TOMBSTONE).write_text(text, encoding="utf-8", newline="\n")


__all__ = ["TOMBSTONE", "Blocked", "Receipt", "erase", "releases"]
