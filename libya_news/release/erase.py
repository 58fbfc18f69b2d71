"""Taking an article out of every version in a store, for good.

A release never changes; so an affected one is written anew under a name that says so, ``NAME-X.Y.Z-erased-N``, and the
old folder is emptied. A ``TOMBSTONE.md`` stays in its place: ``datasets`` serves a folder that is gone from its cache,
and fails on one that is there and holds no data. Where nothing is left of a release, it is withdrawn.

The ledger is written first and the index second, so that from then on nothing with the article gets into the store.
Then one release at a time is looked at and written anew. Each step finds out what is done already: an erasure that was
cut short is completed by running it again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from libya_news.corpus import near_duplicates
from libya_news.corpus.addresses import canonical
from libya_news.errors import DataError, EnvironmentFaultError, UsageError
from libya_news.records import Drop, Release, Tombstone, sha256_hex
from libya_news.sources import StrPath

from . import drops, manifest, reading
from . import index as index_
from .ledger import Blocked, Ledger, Neighbour, Receipt, Rewritten
from .staging import faults
from .store import Store
from .without import Gone, without

Row = dict[str, Any]


def erase(what: str, *, store: StrPath, reason: str, dry_run: bool = False) -> Receipt:
    """Erase an article from every release in a store.

    Args:
        what: an article id, or an address; of an address, every article that was found there. An article with the very
            same text goes too, under whatever id.
        store: folder or URL that holds the releases.
        reason: why; it is kept in the receipt.
        dry_run: find out and change nothing.

    Returns:
        The receipt, which the store keeps in ``erasures.json`` too.

    Raises:
        DataError: no release holds such an article, or one cannot be read.
        UsageError: another erasure was cut short and must be completed first; or there is no such folder.
        EnvironmentFaultError: the store cannot be written; running it again completes what was begun.
    """
    place = Store(store)
    place.check()
    kept = place.ledger()
    receipt = _begun(kept, what) or _sought(place, kept, what, reason)
    if dry_run:
        return _looked(place, kept, receipt)
    kept = place.update_ledger(lambda found: _with_begun(found, kept.salt, receipt))
    receipt = _begun(kept, receipt.articles[0].article_id) or receipt
    place.update(lambda index: replace(index, erasures=max(index.erasures, receipt.number)))
    place.sweep(receipt.number)
    receipt = _looked(place, kept, receipt)
    place.update_ledger(lambda found: found.with_receipt(receipt))
    rows = tuple(_rewritten(place, kept, receipt, row) for row in receipt.releases)
    place.sweep(receipt.number)  # once more: who was stopped by the index may still have been on the way
    after = {row.before: row.after for row in rows if row.after}
    near = tuple(replace(each, release=after.get(each.release, each.release)) for each in receipt.near_duplicates)
    done = replace(receipt, releases=rows, near_duplicates=near, complete=True)
    place.update_ledger(lambda found: found.with_receipt(done))
    return done


def _begun(kept: Ledger, what: str) -> Receipt | None:
    """The erasure of this that was cut short."""
    found = kept.erasure_of(what)
    return found if found and not found.complete else None


def _sought(store: Store, kept: Ledger, what: str, reason: str) -> Receipt:
    """A new receipt, of the articles that go by that id or address, or of what a drop alone names, with its text."""
    dropped = _dropped(store, what)
    found = {kept.entry(row["article_id"], row["text_sha256"], row["url"]) for row in _rows(store, _named(what))}
    if dropped and not found:
        twins = set(map(drops.twin, dropped))
        texts = {kept.salted(row["text_sha256"]) for row in _rows(store, lambda row: row["article_id"] in twins)}
        found = {Blocked(what, text, None) for text in texts or {""}}
    if not found:
        done = f", since erasure {receipt.number} took it" if (receipt := kept.erasure_of(what)) else ""
        raise DataError(
            f"No release in {store.url} holds an article {what!r}{done}.",
            "" if done else "Give its article_id or its url.",
        )
    entries = tuple(sorted(found, key=lambda entry: (entry.article_id, entry.text)))
    return Receipt(len(kept.erasures) + 1, manifest.created_at(), reason, entries, (), ())


def _dropped(store: Store, what: str) -> list[Drop]:
    """The drops that tell of an article of that id.

    All drops are read, before anything is written down, since those that cannot be read would never be silenced.
    """
    told = (drop for _, release in _releases(store) for drop in release.drops)
    return [drop for drop in told if drop.id == what and drop != drops.silent(drop, {what})]


def _with_begun(kept: Ledger, salt: str, receipt: Receipt) -> Ledger:
    """The ledger with an erasure begun; it has the salt under which that was written down."""
    kept = kept if kept.erasures else replace(kept, salt=salt)
    if kept.salt != salt:
        raise EnvironmentFaultError("Another erasure began meanwhile.", "Run it again.")
    if other := next((r for r in kept.erasures if not r.complete and r.articles != receipt.articles), None):
        id_ = other.articles[0].article_id
        raise UsageError(f"Erasure {other.number}, of {id_}, was cut short.", f"Complete it first: erase {id_}.")
    if _begun(kept, receipt.articles[0].article_id):
        return kept
    return kept.with_receipt(replace(receipt, number=len(kept.erasures) + 1))


def _looked(store: Store, kept: Ledger, receipt: Receipt) -> Receipt:
    """The receipt with every release that is affected, every article that goes, and what is similar to them."""
    if receipt.releases:
        return receipt
    is_gone = _is_gone(kept, receipt)
    lost = list(_rows(store, is_gone))
    near = _Neighbours([row["text"] for row in lost if row.get("text")])
    entries = {*receipt.articles, *(kept.entry(row["article_id"], row["text_sha256"], row["url"]) for row in lost)}
    entries |= set(_copies(store, entries))
    ids, rows = frozenset(entry.article_id for entry in entries), []
    for path, release in _releases(store):
        left = gone = 0
        for row in reading.rows(release, "articles", _COLUMNS):
            if is_gone(row):
                gone += 1
            else:
                left += 1
                near.look(path, row)
        if gone or _told(release, ids):
            after = f"{release.name}-{release.version}-erased-{receipt.number}"
            whole = left and path == release.leaf  # a part of a release is not worth keeping
            rows.append(Rewritten(path, sha256_hex(manifest.data(release)), after if whole else None))
    articles = tuple(sorted(entries, key=lambda entry: (entry.article_id, entry.text)))
    return replace(receipt, articles=articles, releases=tuple(rows), near_duplicates=near.found())


_COLUMNS: Final = ("article_id", "text_sha256", "url", "text")


def _named(what: str) -> Callable[[Row], bool]:
    address = canonical(what)
    return lambda row: what == row["article_id"] or (row["url"] is not None and canonical(row["url"]) == address)


def _copies(store: Store, entries: Collection[Blocked]) -> Iterator[Blocked]:
    """The copies of some articles that are known as such by drops alone."""
    text_of = {entry.article_id: entry.text for entry in entries}
    for drop in (drop for _, release in _releases(store) for drop in release.drops):
        if drop.reason.startswith("duplicate:") and drop.id not in text_of and (found := drops.named(drop, text_of)):
            yield Blocked(drop.id, text_of[found], None)


def _told(release: Release, ids: Collection[str]) -> frozenset[str]:
    """Which of some articles the drops of a release tell of, though an erasure did not silence them yet."""
    named = {drop: drops.named(drop, ids) for drop in release.drops if drop != drops.silent(drop, ids)}
    return frozenset(filter(None, named.values()))


def _is_gone(kept: Ledger, receipt: Receipt) -> Callable[[Row], bool]:
    ids, texts = ({entry.article_id for entry in receipt.articles}, {entry.text for entry in receipt.articles})
    return lambda row: row["article_id"] in ids or kept.salted(row["text_sha256"]) in texts


def _rows(store: Store, wanted: Callable[[Row], bool]) -> Iterator[Row]:
    for _, release in _releases(store):
        yield from filter(wanted, reading.rows(release, "articles", _COLUMNS))


def _releases(store: Store) -> Iterator[tuple[str, Release]]:
    """Every release that lies in the store, withdrawn ones too; of what was erased, only the tombstone is left."""
    for path in list(store.folders()):
        with store.opened(path) as release:
            yield path, release


_DIGITS: Final = 15
"""Hexadecimal digits by which a text is known again: they fit into the smallest number, and that two texts of a million
have the same has a chance below 1 in a million."""


class _Neighbours:
    """What is a near-duplicate of an erased text; each text is looked at once, where it is first found."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._erased = [near_duplicates.shingles(text) for text in dict.fromkeys(texts)]
        self._seen: set[int] = set()
        self._found: list[Neighbour] = []

    def look(self, path: str, row: Row) -> None:
        known_by = int(row["text_sha256"][:_DIGITS], 16)
        if not (self._erased and row.get("text")) or known_by in self._seen:
            return
        self._seen.add(known_by)
        own = near_duplicates.shingles(row["text"])
        similarity = max(near_duplicates.jaccard(own, erased) for erased in self._erased)
        if similarity >= near_duplicates.THRESHOLD:
            self._found.append(Neighbour(path, row["article_id"], round(similarity, 3)))

    def found(self) -> tuple[Neighbour, ...]:
        return tuple(sorted(self._found, key=lambda near: near.article_id))


def _rewritten(store: Store, kept: Ledger, receipt: Receipt, row: Rewritten) -> Rewritten:
    """A release written anew, where that is not done, and its old folder emptied."""
    if row.after and not store.index().at(row.after):
        with store.opened(row.before) as old, tempfile.TemporaryDirectory(prefix="libya_news.") as folder:
            with faults(Path(folder)):
                made = without(old, Path(folder) / row.after, _gone(old, kept, receipt))
            store.place(made.path, index_.entry(made, manifest.data(made)), receipt.number)
    store.bury(row.before, _stone(receipt, row))
    entry = store.index().at(row.after) if row.after else None
    return replace(row, digest_after=entry.digest if entry else None)


def _gone(release: Release, kept: Ledger, receipt: Receipt) -> Gone:
    rows = filter(_is_gone(kept, receipt), reading.rows(release, "articles", _COLUMNS))
    ids = frozenset(entry.article_id for entry in receipt.articles)
    told = _told(release, ids)
    found = {(row["article_id"], kept.salted(row["text_sha256"])) for row in rows}
    found |= {(entry.article_id, entry.text) for entry in receipt.articles if entry.article_id in told}
    return Gone(ids, tuple(Tombstone(receipt.number, *one) for one in sorted(found)))


def _stone(receipt: Receipt, row: Rewritten) -> str:
    where = f"Its other articles are in `{row.after}`." if row.after else "It held nothing else and is withdrawn."
    ids = "\n".join(f"- {entry.article_id}: {entry.text}" for entry in receipt.articles)
    return f"# Erased\n\nErasure {receipt.number} took from this release (id, salted hash):\n\n{ids}\n\n{where}\n"
