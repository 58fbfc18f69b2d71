"""A store's record of erasures: what was erased from which release, and the blocklist that later builds honour.

It never holds a text or an address, only article ids and salted hashes. The salt is the store's own, so that nobody who
sees a tombstone elsewhere can try out which text it stands for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from libya_news.corpus.addresses import canonical
from libya_news.errors import DataError
from libya_news.records import Release

from . import drops, index, reading
from .shelf import Selection

FILE_NAME: Final = "erasures.json"
FORMAT: Final = ("libya_news/erasures", 1)

_KNOWN_BY: Final = ("article_id", "text_sha256", "url")
"""Columns by which an article is known again."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """An article that must not come back.

    Attributes:
        article_id: its id.
        text: salted hash of its text's SHA-256.
        url: salted hash of its address in the one way in which ids have it too, or, of erasures that are older than
            that, as it was found; None where it had none.
    """

    article_id: str
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of one release.

    Attributes:
        before: its folder's name.
        digest_before: SHA-256 of its manifest.
        after: the name of the folder that stands for it now; None where nothing was left and it was withdrawn.
        digest_after: SHA-256 of the manifest in there; None while the erasure is not complete, or nothing is there.
    """

    before: str
    digest_before: str
    after: str | None
    digest_after: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A near-duplicate of an erased article, left for somebody to decide: where it is, and how similar, up to 1."""

    release: str
    article_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """One erasure.

    Attributes:
        number: counted up from 1 in the store; it stands in the names of the folders.
        erased_at: when, ISO 8601 in UTC.
        reason: why, as it was given.
        articles: what was erased.
        releases: where, with digests before and after.
        near_duplicates: what is similar and still there.
        complete: whether nothing is left to do.
    """

    number: int
    erased_at: str
    reason: str
    articles: tuple[Blocked, ...]
    releases: tuple[Rewritten, ...]
    near_duplicates: tuple[Neighbour, ...]
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """All erasures of a store, and the salt of their hashes (32 hexadecimal digits)."""

    salt: str
    erasures: tuple[Receipt, ...] = ()

    def salted(self, value: str) -> str:
        """HMAC-SHA256 of a value under the store's salt (RFC 2104), 64 hexadecimal digits."""
        return hmac.new(bytes.fromhex(self.salt), value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def entry(self, article_id: str, text_sha256: str, url: str | None) -> Blocked:
        """How an article is written down here."""
        return Blocked(article_id, self.salted(text_sha256), self.salted(canonical(url)) if url else None)

    @property
    def article_ids(self) -> frozenset[str]:
        """The ids of all that was erased."""
        return frozenset(row.article_id for receipt in self.erasures for row in receipt.articles)

    @property
    def names(self) -> frozenset[str]:
        """The ids, and the salted hashes of texts and addresses, of all that was erased."""
        rows = (row for receipt in self.erasures for row in receipt.articles)
        return frozenset(name for row in rows for name in astuple(row) if name)

    def erasure_of(self, what: str) -> Receipt | None:
        """The last erasure of an article by that id or address; None where there was none."""
        names = {what, *self._addresses(what)}
        found = [row for row in self.erasures if any(names & {a.article_id, a.url} for a in row.articles)]
        return found[-1] if found else None

    def _addresses(self, url: str | None) -> set[str]:
        """Under which salted hashes an address may be written down here."""
        return set(map(self.salted, {url, canonical(url)})) if url else set()

    def _knows(self, row: dict[str, Any], names: frozenset[str]) -> bool:
        """Whether an article, of which are given the columns that it is known by, goes by one of some names."""
        text = self.salted(row["text_sha256"])
        return not names.isdisjoint({row["article_id"], text, *self._addresses(row["url"])})

    def erased_in(self, release: Release) -> list[str]:
        """Ids of the articles of a release that were erased: by id, text or address.

        Raises:
            DataError: a file is missing or damaged.
        """
        names = self.names
        rows = reading.rows(release, "articles", _KNOWN_BY) if names else ()
        return [row["article_id"] for row in rows if self._knows(row, names)]

    def check(self, release: Release, where: str) -> None:
        """That a release holds nothing that was erased from the store at that address.

        Raises:
            DataError: it does, or a file of it is missing or damaged.
        """
        if erased := self.erased_in(release):
            raise DataError(
                f"{release.path} holds {len(erased)} articles that were erased from {where}: {erased[0]} …",
                "Erase them where it lies, and publish what is left.",
            )

    def check_drops(self, release: Release, where: str) -> None:
        """That the drops of a release tell of nothing that was erased from the store at that address.

        Raises:
            DataError: they do, or cannot be read.
        """
        erased = self.article_ids
        if told := next((drop for drop in release.drops if drop != drops.silent(drop, erased)), None):
            raise DataError(
                f"{release.path} tells of an article that was erased from {where}: {told.id} …",
                f"Erase {drops.named(told, erased)} where it lies, and publish what is left.",
            )

    def with_receipt(self, receipt: Receipt) -> Ledger:
        """The ledger with a receipt added, or put in the place of the one with its number."""
        others = (old for old in self.erasures if old.number != receipt.number)
        return replace(self, erasures=tuple(sorted((*others, receipt), key=lambda row: row.number)))

    def sift(self, articles: Selection) -> tuple[Selection, pa.RecordBatch]:
        """The articles that may be published, and drops of those that were erased: by id, text or address."""
        names = self.names
        if not names:
            return articles, drops.rows(())
        rows = (row for batch in articles.select(*_KNOWN_BY) for row in batch.to_pylist())
        is_erased = [self._knows(row, names) for row in rows]
        erased = articles.column("article_id").filter(pa.array(is_erased))
        told = drops.at_stage(erased, "release", pa.repeat("erased: on the blocklist of the store", len(erased)))
        return articles.chosen([position for position, gone in enumerate(is_erased) if not gone]), told


def load(folder: Path) -> Ledger:
    """The ledger of a store that is a folder; a new one, not written yet, where it has none.

    Raises:
        DataError: it cannot be read, so nobody knows what was erased.
    """
    path = folder / FILE_NAME
    try:
        return from_json(path.read_bytes(), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return from_json(None, str(path))
    except OSError as error:
        raise _unreadable(str(path), error) from None


def check_same(folder: Path, kept: Ledger) -> None:
    """That nothing was erased from a store that is a folder since its ledger was read.

    Raises:
        DataError: the ledger cannot be read.
        EnvironmentFaultError: an erasure began.
    """
    if load(folder).names != kept.names:
        raise index.began(str(folder))


def from_json(text: bytes | None, where: str) -> Ledger:
    """Read the text of ``erasures.json``; where there is none, a new ledger.

    Raises:
        DataError: it cannot be read, so nobody knows what was erased.
    """
    if text is None:
        return Ledger(secrets.token_hex(16))
    try:
        fields: dict[str, Any] = json.loads(text)
        if (fields["format"], fields["format_version"]) != FORMAT:
            raise ValueError("another format")  # noqa: TRY301 - told like any other fault of the file
        bytes.fromhex(fields["salt"])
        return Ledger(fields["salt"], msgspec.convert(fields["erasures"], tuple[Receipt, ...]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(where, error) from None


def _unreadable(where: str, error: Exception) -> DataError:
    return DataError(f"{where} cannot be read: {error}.", "Restore it: it keeps erased articles out.")


def to_json(ledger: Ledger) -> str:
    """The text of ``erasures.json``."""
    fields = {"format": FORMAT[0], "format_version": FORMAT[1], **asdict(ledger)}
    return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"
