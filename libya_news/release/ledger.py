"""A store's record of erasures: what was erased from which release, and the blocklist that later builds honour.

It never holds a text or an address, only article ids and salted hashes. The salt is the store's own, so that nobody who
sees a tombstone elsewhere can try out which text it stands for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from libya_news.errors import DataError
from libya_news.records import Article, Drop

from .shelf import Chosen

FILE_NAME: Final = "erasures.json"
FORMAT: Final = ("libya_news/erasures", 1)


@dataclass(frozen=True, slots=True)
class Blocked:
    """An article that must not come back.

    Attributes:
        article_id: its id.
        text: salted hash of its text's SHA-256.
        url: salted hash of its address; None where it had none.
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
        return Blocked(article_id, self.salted(text_sha256), self.salted(url) if url else None)

    def with_receipt(self, receipt: Receipt) -> Ledger:
        """The ledger with a receipt added, or put in the place of the one with its number."""
        others = (old for old in self.erasures if old.number != receipt.number)
        return replace(self, erasures=tuple(sorted((*others, receipt), key=lambda row: row.number)))

    def sift(self, articles: Sequence[Article]) -> tuple[Sequence[Article], list[Drop]]:
        """The articles that may be published, and a drop for each that was erased: by id, text or address."""
        blocked = [row for receipt in self.erasures for row in receipt.articles]
        if not blocked:
            return articles, []
        names = {name for row in blocked for name in (row.article_id, row.text, row.url) if name}
        erased = {i: article.id for i, article in enumerate(articles) if names & self._names(article)}
        drops = [Drop(id_, "release", "erased: on the blocklist of the store") for id_ in erased.values()]
        return Chosen(articles, (i for i in range(len(articles)) if i not in erased)), drops

    def _names(self, article: Article) -> set[str | None]:
        return set(asdict(self.entry(article.id, article.text_sha256, article.url)).values())


def load(store: Path) -> Ledger:
    """The ledger of a store; a new one, not written yet, where it has none.

    Raises:
        DataError: it cannot be read, so nobody knows what was erased.
    """
    path = store / FILE_NAME
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if (fields["format"], fields["format_version"]) != FORMAT:
            raise ValueError("another format")  # noqa: TRY301 - told like any other fault of the file
        return Ledger(fields["salt"], tuple(map(_receipt, fields["erasures"])))
    except (FileNotFoundError, NotADirectoryError):
        return Ledger(secrets.token_hex(16))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Restore it: it keeps erased articles out.") from None


def _receipt(row: dict[str, Any]) -> Receipt:
    parts = {"articles": Blocked, "releases": Rewritten, "near_duplicates": Neighbour}
    return Receipt(**{**row, **{key: tuple(kind(**part) for part in row[key]) for key, kind in parts.items()}})


def save(store: Path, ledger: Ledger) -> None:
    """Write the ledger: the old one or the new one is there at any moment.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    fields = {"format": FORMAT[0], "format_version": FORMAT[1], **asdict(ledger)}
    new = store / f".{FILE_NAME}.new"
    with new.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(fields, ensure_ascii=False, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(store / FILE_NAME)
